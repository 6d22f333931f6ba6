// Routes of the main table.
#pragma once

#include <string>
#include <vector>

#include "message.h"

namespace netlink {

class Socket;

Message route_message(int link, const std::string& destination, const std::string& gateway);

struct RouteFacts {
  std::string destination;
  std::string gateway;
  int link;
};
std::vector<RouteFacts> list_routes(Socket& socket);

}  // namespace netlink
