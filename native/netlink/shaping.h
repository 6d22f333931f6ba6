// How fast a link sends.
#pragma once

#include <cstdint>
#include <string>

namespace netlink {

class Socket;

// Bytes each second, bytes that may be sent at once, bytes that wait; what is more is dropped.
struct Shape {
  std::uint64_t rate;
  std::uint32_t burst;
  std::uint32_t queue;
};

// A token bucket at the root of what the link sends, instead of what is there. ENOENT from a kernel without tbf.
void shape_link(Socket& socket, const std::string& name, const Shape& shape);

}  // namespace netlink
