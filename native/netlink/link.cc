#include "link.h"

#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <array>
#include <cstdio>

#include "address.h"
#include "attributes.h"
#include "route.h"

namespace netlink {

namespace {

using Mac = std::array<std::uint8_t, 6>;

Mac parse_mac(const std::string& text) {
  Mac mac{};
  int end = 0;
  const int parts = std::sscanf(text.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
                                &mac[3], &mac[4], &mac[5], &end);
  if (parts != 6 || text.size() != static_cast<std::size_t>(end)) throw SysError("parse MAC address", text, EINVAL);
  return mac;
}

std::string format_mac(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char part[4];
    std::snprintf(part, sizeof part, "%s%02x", text.empty() ? "" : ":", static_cast<unsigned char>(byte));
    text += part;
  }
  return text;
}

Message link_message(const std::string& name, ifinfomsg fixed = {}) {
  Message message(RTM_NEWLINK, kChange, fixed);
  message.text(IFLA_IFNAME, name);
  return message;
}

// Link-local addresses make every port's neighbour discovery a flood to all ports of the bridge. The mode must be
// set in a message of its own before the one that brings the link up: in the same message it comes too late.
Request quiet(const std::string& name) {
  Message message = link_message(name);
  message.nest(IFLA_AF_SPEC, [](Message& families) {
    families.nest(AF_INET6, [](Message& inet6) {
      inet6.value(IFLA_INET6_ADDR_GEN_MODE, std::uint8_t{IN6_ADDR_GEN_MODE_NONE});
    });
  });
  // A kernel without IPv6 has nothing to turn off.
  return {std::move(message), "turn off IPv6 autoconfiguration of", name, EAFNOSUPPORT};
}

Request alias(const std::string& name, const std::string& text) {
  Message message = link_message(name);
  message.text(IFLA_IFALIAS, text);
  return {std::move(message), "set alias of", name};
}

// With hairpin the bridge sends a frame back by the port that it came from.
Request port(const Veth& veth) {
  Request request = alias(veth.name, veth.alias);
  if (!veth.hairpin) return request;
  request.message.nest(IFLA_LINKINFO, [](Message& info) {
    info.text(IFLA_INFO_SLAVE_KIND, "bridge").nest(IFLA_INFO_SLAVE_DATA, [](Message& data) {
      data.value(IFLA_BRPORT_MODE, std::uint8_t{BRIDGE_MODE_HAIRPIN});
    });
  });
  request.call = "set alias and hairpin mode of";
  return request;
}

Request master(const std::string& name, int bridge) {
  Message message = link_message(name);
  message.value(IFLA_MASTER, bridge);
  return {std::move(message), "add to its bridge", name};
}

Request up(const std::string& name) {
  ifinfomsg fixed{};
  fixed.ifi_flags = fixed.ifi_change = IFF_UP;
  return {link_message(name, fixed), "bring up", name};
}

void add_addresses(std::vector<Request>& requests, int link, const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    requests.push_back({address_message(link, parse_prefix(address)), "add address", address});
  }
}

void undo(Socket& socket, const std::string& name) {
  try {
    delete_link(socket, name);
  } catch (const SysError&) {
    // What made the creation fail is the better error.
  }
}

Message veth_message(const Veth& veth, int bridge, const Fd& netns) {
  const auto mtu = static_cast<std::uint32_t>(veth.mtu);
  Message message(RTM_NEWLINK, kCreate, ifinfomsg{});
  message.text(IFLA_IFNAME, veth.name).value(IFLA_MTU, mtu).value(IFLA_MASTER, bridge);
  message.nest(IFLA_LINKINFO, [&](Message& info) {
    info.text(IFLA_INFO_KIND, "veth").nest(IFLA_INFO_DATA, [&](Message& data) {
      data.nest(VETH_INFO_PEER, [&](Message& peer) {
        peer.header(ifinfomsg{}).text(IFLA_IFNAME, veth.peer).value(IFLA_MTU, mtu);
        peer.value(IFLA_ADDRESS, parse_mac(veth.mac)).value(IFLA_NET_NS_FD, netns.get());
      });
    });
  });
  return message;
}

// IFF_UP of the peer only here: in the creating message it fails, for the peer has no other end yet.
void furnish_peer(Socket& inner, const Veth& veth) {
  const int link = index_of(inner, veth.peer);
  std::vector<Request> requests;
  requests.push_back(quiet(veth.peer));
  requests.push_back(up(veth.peer));
  add_addresses(requests, link, veth.addresses);
  for (const Route& route : veth.routes) {
    requests.push_back({route_message(link, route.destination, route.gateway), "add route", route.destination});
  }
  inner.change(std::move(requests));
}

}  // namespace

void create_bridge(Socket& socket, const Bridge& bridge) {
  Message message(RTM_NEWLINK, kCreate, ifinfomsg{});
  // Without an address of its own a bridge takes the lowest of its ports', and changes with them.
  message.text(IFLA_IFNAME, bridge.name)
      .value(IFLA_MTU, static_cast<std::uint32_t>(bridge.mtu))
      .value(IFLA_ADDRESS, parse_mac(bridge.mac))
      .nest(IFLA_LINKINFO, [](Message& info) { info.text(IFLA_INFO_KIND, "bridge"); });
  socket.change(std::move(message), "create bridge", bridge.name);
  try {
    std::vector<Request> requests;
    requests.push_back(quiet(bridge.name));
    requests.push_back(alias(bridge.name, bridge.alias));
    add_addresses(requests, index_of(socket, bridge.name), bridge.addresses);
    requests.push_back(up(bridge.name));
    socket.change(std::move(requests));
  } catch (...) {
    undo(socket, bridge.name);
    throw;
  }
}

void create_veth(Socket& socket, Socket& inner, const Fd& netns, const Veth& veth) {
  socket.change(veth_message(veth, index_of(socket, veth.bridge), netns), "create veth", veth.name);
  try {
    std::vector<Request> requests;
    requests.push_back(quiet(veth.name));
    requests.push_back(port(veth));
    requests.push_back(up(veth.name));
    socket.change(std::move(requests));
    furnish_peer(inner, veth);
  } catch (...) {
    undo(socket, veth.name);
    throw;
  }
}

void link_bridges(Socket& socket, const BridgeLink& link) {
  const auto mtu = static_cast<std::uint32_t>(link.mtu);
  Message message(RTM_NEWLINK, kCreate, ifinfomsg{});
  message.text(IFLA_IFNAME, link.name).value(IFLA_MTU, mtu).value(IFLA_MASTER, index_of(socket, link.bridge));
  message.nest(IFLA_LINKINFO, [&](Message& info) {
    info.text(IFLA_INFO_KIND, "veth").nest(IFLA_INFO_DATA, [&](Message& data) {
      data.nest(VETH_INFO_PEER, [&](Message& peer) {
        peer.header(ifinfomsg{}).text(IFLA_IFNAME, link.peer).value(IFLA_MTU, mtu);
      });
    });
  });
  const int other = index_of(socket, link.peer_bridge);
  socket.change(std::move(message), "create veth", link.name);
  try {
    std::vector<Request> requests;
    for (const std::string& end : {link.name, link.peer}) {
      requests.push_back(quiet(end));
      requests.push_back(alias(end, link.alias));
    }
    requests.push_back(master(link.peer, other));
    for (const std::string& end : {link.name, link.peer}) requests.push_back(up(end));
    socket.change(std::move(requests));
  } catch (...) {
    undo(socket, link.name);
    throw;
  }
}

void delete_link(Socket& socket, const std::string& name) {
  Message message(RTM_DELLINK, kChange, ifinfomsg{});
  message.text(IFLA_IFNAME, name);
  socket.change(std::move(message), "delete link", name);
}

void set_up(Socket& socket, const std::string& name) {
  std::vector<Request> requests;
  requests.push_back(up(name));
  socket.change(std::move(requests));
}

// Not by RTM_GETLINK, which tells all that there is of a link while no other can be changed.
int index_of(Socket& socket, const std::string& name) {
  ifreq request{};
  if (name.size() >= sizeof request.ifr_name) throw SysError("find link", name, ENODEV);
  name.copy(request.ifr_name, name.size());
  socket.control(SIOCGIFINDEX, &request, "find link", name);
  return request.ifr_ifindex;
}

std::vector<LinkFacts> list_links(Socket& socket) {
  std::vector<LinkFacts> found;
  socket.dump(Message(RTM_GETLINK, kDump, ifinfomsg{}), "list links", [&](const nlmsghdr& answer) {
    if (answer.nlmsg_type != RTM_NEWLINK) return;
    const auto& fixed = *static_cast<const ifinfomsg*>(NLMSG_DATA(&answer));
    const Attributes attributes = Attributes::after(answer, sizeof fixed);
    found.push_back({.index = fixed.ifi_index,
                     .name = attributes.text(IFLA_IFNAME),
                     .alias = attributes.text(IFLA_IFALIAS),
                     .kind = attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND),
                     .master = attributes.value<int>(IFLA_MASTER, 0),
                     .up = (fixed.ifi_flags & IFF_UP) != 0,
                     .mtu = attributes.value<int>(IFLA_MTU, 0),
                     .mac = format_mac(attributes.bytes(IFLA_ADDRESS))});
  });
  return found;
}

}  // namespace netlink
