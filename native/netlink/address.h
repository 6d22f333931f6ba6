// IP addresses and prefixes as the kernel takes them.
#pragma once

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message.h"

namespace netlink {

class Socket;

struct Prefix {
  std::uint8_t family;
  std::uint8_t length;
  std::uint8_t size;
  std::array<std::uint8_t, 16> bytes;
};

// `10.1.0.1/24`, `fd00::1/64`; without a length, the whole address. EINVAL for anything else.
Prefix parse_prefix(const std::string& text);
std::string format_address(std::uint8_t family, std::string_view bytes);

Message address_message(int link, const Prefix& address);

// EEXIST and EADDRNOTAVAIL where it is there already, or not.
void add_address(Socket& socket, const std::string& link, const std::string& address);
void delete_address(Socket& socket, const std::string& link, const std::string& address);

struct AddressFacts {
  std::string address;
  int link;
};
std::vector<AddressFacts> list_addresses(Socket& socket);

}  // namespace netlink
