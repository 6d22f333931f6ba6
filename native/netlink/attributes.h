// The attributes of a netlink answer, by type. Views into the answer: they live no longer than it does.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace netlink {

class Attributes {
 public:
  // Those that follow `fixed` bytes of an answer's payload.
  static Attributes after(const nlmsghdr& answer, std::size_t fixed) {
    const char* data = static_cast<const char*>(NLMSG_DATA(&answer));
    const std::size_t payload = answer.nlmsg_len - NLMSG_HDRLEN;
    const std::size_t start = NLMSG_ALIGN(fixed);
    return start < payload ? Attributes({data + start, payload - start}) : Attributes({});
  }

  Attributes nested(std::uint16_t type) const { return Attributes(find(type)); }

  std::string_view bytes(std::uint16_t type) const { return find(type); }

  std::string text(std::uint16_t type) const {
    const std::string_view found = find(type);
    return std::string(found.substr(0, found.find('\0')));
  }

  template <typename T>
  T value(std::uint16_t type, T otherwise) const {
    const std::string_view found = find(type);
    if (found.size() >= sizeof(T)) std::memcpy(&otherwise, found.data(), sizeof(T));
    return otherwise;
  }

 private:
  explicit Attributes(std::string_view bytes) : bytes_(bytes) {}

  std::string_view find(std::uint16_t type) const {
    auto left = static_cast<int>(bytes_.size());
    for (auto* at = reinterpret_cast<const rtattr*>(bytes_.data()); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
      if ((at->rta_type & NLA_TYPE_MASK) == type) return {static_cast<const char*>(RTA_DATA(at)), RTA_PAYLOAD(at)};
    }
    return {};
  }

  std::string_view bytes_;
};

}  // namespace netlink
