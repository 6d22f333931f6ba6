// A netlink request under construction. All padding, lengths and nesting are computed here and nowhere else.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace netlink {

class Message {
 public:
  template <typename Header>
  Message(std::uint16_t type, std::uint16_t flags, const Header& fixed) {
    header(nlmsghdr{.nlmsg_len = 0, .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = 0, .nlmsg_pid = 0});
    header(fixed);
  }

  // A fixed structure, a multiple of four bytes: after the message's header, or at the start of a nest that has one.
  template <typename Header>
  Message& header(const Header& fixed) {
    static_assert(sizeof fixed % NLMSG_ALIGNTO == 0);
    append(&fixed, sizeof fixed);
    return *this;
  }

  Message& bytes(std::uint16_t type, const void* data, std::size_t size) {
    const std::size_t start = open(type);
    append(data, size);
    return close(start, size);
  }

  template <typename T>
  Message& value(std::uint16_t type, const T& value) {
    return bytes(type, &value, sizeof value);
  }

  // Ends with NUL, as the kernel wants names.
  Message& text(std::uint16_t type, std::string_view text) {
    const std::size_t start = open(type);
    append(text.data(), text.size());
    buffer_.push_back('\0');
    return close(start, text.size() + 1);
  }

  template <typename Fill>
  Message& nest(std::uint16_t type, Fill fill) {
    const std::size_t start = open(type);
    fill(*this);
    return close(start, buffer_.size() - start - sizeof(rtattr));
  }

  // Stamps length and sequence number; the bytes are ready to be sent.
  const std::vector<char>& seal(std::uint32_t sequence) {
    nlmsghdr stamp;
    std::memcpy(&stamp, buffer_.data(), sizeof stamp);
    stamp.nlmsg_len = static_cast<std::uint32_t>(buffer_.size());
    stamp.nlmsg_seq = sequence;
    std::memcpy(buffer_.data(), &stamp, sizeof stamp);
    return buffer_;
  }

 private:
  std::size_t open(std::uint16_t type) {
    const std::size_t start = buffer_.size();
    header(rtattr{.rta_len = 0, .rta_type = type});
    return start;
  }

  Message& close(std::size_t start, std::size_t payload) {
    const auto length = static_cast<std::uint16_t>(sizeof(rtattr) + payload);
    std::memcpy(buffer_.data() + start, &length, sizeof length);
    buffer_.resize(NLMSG_ALIGN(buffer_.size()));
    return *this;
  }

  void append(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    buffer_.insert(buffer_.end(), from, from + size);
  }

  std::vector<char> buffer_;
};

}  // namespace netlink
