#include "links.h"

#include "../namespaces/in_netns.h"
#include "../namespaces/netns.h"
#include "../netlink/address.h"
#include "../netlink/link.h"
#include "../netlink/route.h"
#include "../netlink/shaping.h"
#include "arguments.h"
#include "promise.h"

using netlink::Socket;

netlink::Veth veth_of(const Arguments& options) {
  netlink::Veth veth{.name = options.text("name"),
                     .alias = options.text("alias"),
                     .bridge = options.text("bridge"),
                     .peer = options.text("peer"),
                     .mac = options.text("mac"),
                     .mtu = options.number("mtu"),
                     .hairpin = options.flag("hairpin"),
                     .addresses = options.texts("addresses"),
                     .routes = {}};
  for (const Arguments& route : options.objects("routes")) {
    veth.routes.push_back({route.text("destination"), route.text("gateway")});
  }
  return veth;
}

namespace exported {

Napi::Value create_bridge(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  netlink::Bridge bridge{.name = options.text("name"),
                         .alias = options.text("alias"),
                         .mac = options.text("mac"),
                         .mtu = options.number("mtu"),
                         .addresses = options.texts("addresses")};
  return promise(info.Env(), [bridge] {
    Socket socket;
    netlink::create_bridge(socket, bridge);
  });
}

Napi::Value create_veth(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [veth = veth_of(options), path = options.text("netns")] {
    const Fd netns = open_netns(path);
    Socket inner = in_netns(netns, path, [] { return Socket(); });
    Socket socket;
    netlink::create_veth(socket, inner, netns, veth);
  });
}

Napi::Value link_bridges(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  netlink::BridgeLink link{.name = options.text("name"),
                           .bridge = options.text("bridge"),
                           .peer = options.text("peer"),
                           .peer_bridge = options.text("peerBridge"),
                           .alias = options.text("alias"),
                           .mtu = options.number("mtu")};
  return promise(info.Env(), [link] {
    Socket socket;
    netlink::link_bridges(socket, link);
  });
}

Napi::Value delete_link(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [name = Arguments(info).text("name")] {
    Socket socket;
    netlink::delete_link(socket, name);
  });
}

Napi::Value list_links(const Napi::CallbackInfo& info) {
  auto work = [path = Arguments(info).text_or_empty("netns")] {
    Socket socket = path.empty() ? Socket() : in_netns(open_netns(path), path, [] { return Socket(); });
    return netlink::list_links(socket);
  };
  return promise_list<netlink::LinkFacts>(info.Env(), work, [](Napi::Object object, const netlink::LinkFacts& link) {
    object["index"] = link.index;
    object["name"] = link.name;
    object["alias"] = link.alias;
    object["kind"] = link.kind;
    object["master"] = link.master;
    object["up"] = link.up;
    object["mtu"] = link.mtu;
    object["mac"] = link.mac;
  });
}

Napi::Value list_routes(const Napi::CallbackInfo& info) {
  auto work = [] {
    Socket socket;
    return netlink::list_routes(socket);
  };
  return promise_list<netlink::RouteFacts>(info.Env(), work, [](Napi::Object object, const netlink::RouteFacts& route) {
    object["destination"] = route.destination;
    object["gateway"] = route.gateway;
    object["link"] = route.link;
  });
}

Napi::Value list_addresses(const Napi::CallbackInfo& info) {
  auto work = [] {
    Socket socket;
    return netlink::list_addresses(socket);
  };
  return promise_list<netlink::AddressFacts>(info.Env(), work, [](Napi::Object object, const netlink::AddressFacts& at) {
    object["address"] = at.address;
    object["link"] = at.link;
  });
}

Napi::Value add_address(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [link = options.text("link"), address = options.text("address")] {
    Socket socket;
    netlink::add_address(socket, link, address);
  });
}

Napi::Value delete_address(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [link = options.text("link"), address = options.text("address")] {
    Socket socket;
    netlink::delete_address(socket, link, address);
  });
}

Napi::Value shape_link(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  netlink::Shape shape{.rate = static_cast<std::uint64_t>(options.large("rate")),
                       .burst = static_cast<std::uint32_t>(options.large("burst")),
                       .queue = static_cast<std::uint32_t>(options.large("queue"))};
  return promise(info.Env(), [shape, name = options.text("name"), path = options.text_or_empty("netns")] {
    Socket socket = path.empty() ? Socket() : in_netns(open_netns(path), path, [] { return Socket(); });
    netlink::shape_link(socket, name, shape);
  });
}

}  // namespace exported
