#include "address.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>

#include <algorithm>
#include <charconv>

#include "attributes.h"
#include "link.h"
#include "socket.h"

namespace netlink {

Prefix parse_prefix(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  Prefix prefix{};
  prefix.family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  prefix.size = prefix.family == AF_INET ? 4 : 16;
  const unsigned whole = prefix.size * 8u;
  unsigned length = whole;
  if (slash != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto [at, failed] = std::from_chars(text.data() + slash + 1, end, length);
    if (failed != std::errc() || at != end || length > whole) throw SysError("parse address", text, EINVAL);
  }
  if (inet_pton(prefix.family, address.c_str(), prefix.bytes.data()) != 1) {
    throw SysError("parse address", text, EINVAL);
  }
  prefix.length = static_cast<std::uint8_t>(length);
  return prefix;
}

std::string format_address(std::uint8_t family, std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const std::size_t size = family == AF_INET ? 4 : 16;
  if (bytes.size() >= size) inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

Message address_message(int link, const Prefix& address) {
  // Duplicate address detection would keep an IPv6 address unusable for its first second.
  const std::uint8_t flags = address.family == AF_INET6 ? IFA_F_NODAD : 0;
  Message message(RTM_NEWADDR, kCreate,
                  ifaddrmsg{.ifa_family = address.family,
                            .ifa_prefixlen = address.length,
                            .ifa_flags = flags,
                            .ifa_scope = RT_SCOPE_UNIVERSE,
                            .ifa_index = static_cast<std::uint32_t>(link)});
  message.bytes(IFA_LOCAL, address.bytes.data(), address.size);
  message.bytes(IFA_ADDRESS, address.bytes.data(), address.size);
  if (address.family == AF_INET && address.length < 31) {
    std::array<std::uint8_t, 4> broadcast;
    for (unsigned index = 0; index < 4; ++index) {
      const unsigned fixed = address.length > index * 8 ? std::min(8u, address.length - index * 8) : 0;
      broadcast[index] = static_cast<std::uint8_t>(address.bytes[index] | (0xff >> fixed));
    }
    message.value(IFA_BROADCAST, broadcast);
  }
  return message;
}

void add_address(Socket& socket, const std::string& link, const std::string& address) {
  socket.change(address_message(index_of(socket, link), parse_prefix(address)), "add address", address);
}

void delete_address(Socket& socket, const std::string& link, const std::string& address) {
  const Prefix prefix = parse_prefix(address);
  Message message(RTM_DELADDR, kChange,
                  ifaddrmsg{.ifa_family = prefix.family,
                            .ifa_prefixlen = prefix.length,
                            .ifa_flags = 0,
                            .ifa_scope = 0,
                            .ifa_index = static_cast<std::uint32_t>(index_of(socket, link))});
  message.bytes(IFA_LOCAL, prefix.bytes.data(), prefix.size);
  socket.change(std::move(message), "delete address", address);
}

std::vector<AddressFacts> list_addresses(Socket& socket) {
  std::vector<AddressFacts> found;
  socket.dump(Message(RTM_GETADDR, kDump, ifaddrmsg{}), "list addresses", [&](const nlmsghdr& answer) {
    if (answer.nlmsg_type != RTM_NEWADDR) return;
    const auto& fixed = *static_cast<const ifaddrmsg*>(NLMSG_DATA(&answer));
    if (fixed.ifa_family != AF_INET && fixed.ifa_family != AF_INET6) return;
    const Attributes attributes = Attributes::after(answer, sizeof fixed);
    const std::string_view local = attributes.bytes(IFA_LOCAL);
    const std::string address = format_address(fixed.ifa_family, local.empty() ? attributes.bytes(IFA_ADDRESS) : local);
    found.push_back({address + "/" + std::to_string(fixed.ifa_prefixlen), static_cast<int>(fixed.ifa_index)});
  });
  return found;
}

}  // namespace netlink
