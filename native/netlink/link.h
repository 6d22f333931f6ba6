// Links: bridges, veth pairs, and what there is.
#pragma once

#include <string>
#include <vector>

#include "../base/fd.h"
#include "socket.h"

namespace netlink {

struct Bridge {
  std::string name;
  std::string alias;
  std::string mac;
  int mtu;
  std::vector<std::string> addresses;
};

struct Route {
  std::string destination;
  std::string gateway;
};

// One end stays here on `bridge`, the other is born in another namespace.
struct Veth {
  std::string name;
  std::string alias;
  std::string bridge;
  std::string peer;
  std::string mac;
  int mtu;
  bool hairpin;
  std::vector<std::string> addresses;
  std::vector<Route> routes;
};

// A veth pair whose ends are ports of two bridges.
struct BridgeLink {
  std::string name;
  std::string bridge;
  std::string peer;
  std::string peer_bridge;
  std::string alias;
  int mtu;
};

struct LinkFacts {
  int index;
  std::string name;
  std::string alias;
  std::string kind;
  int master;
  bool up;
  int mtu;
  std::string mac;
};

void create_bridge(Socket& socket, const Bridge& bridge);
// `inner` is a socket of the namespace `netns`. Nothing is left where it fails.
void create_veth(Socket& socket, Socket& inner, const Fd& netns, const Veth& veth);
// Nothing is left where it fails.
void link_bridges(Socket& socket, const BridgeLink& link);
void delete_link(Socket& socket, const std::string& name);
void set_up(Socket& socket, const std::string& name);
int index_of(Socket& socket, const std::string& name);
std::vector<LinkFacts> list_links(Socket& socket);

}  // namespace netlink
