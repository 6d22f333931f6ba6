// nftables as the kernel has them: only whether they are as they were.
#pragma once

#include <cstdint>
#include <string>

namespace netlink {

class Socket;

// The number of the last change of anybody's in this network namespace. `socket` speaks NETLINK_NETFILTER.
std::uint32_t tables_generation(Socket& socket);

// How many rules the `inet` table has; 0 also where there is none.
std::uint32_t count_rules(Socket& socket, const std::string& table);

}  // namespace netlink
