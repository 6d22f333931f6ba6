// Connections that the kernel tracks.
#pragma once

#include <cstdint>

namespace netlink {

class Socket;

// Forgets all IPv4 flows of a protocol (IPPROTO_UDP) that were sent to a port: the next packet of each is new, and
// goes through the rules again. `socket` speaks NETLINK_NETFILTER.
void forget_flows(Socket& socket, std::uint8_t protocol, std::uint16_t port);

}  // namespace netlink
