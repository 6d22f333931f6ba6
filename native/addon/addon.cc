// The whole surface: types and sentences for each export stand in src/native/binding.ts.
#include <napi.h>

#include "../namespaces/in_netns.h"
#include "../namespaces/netns.h"
#include "../netlink/address.h"
#include "../netlink/flow.h"
#include "../netlink/link.h"
#include "../netlink/route.h"
#include "arguments.h"
#include "extract.h"
#include "program.h"
#include "task.h"

namespace {

using netlink::Socket;

struct Nothing {};

// Work that gives nothing back: `undefined` in JavaScript.
template <typename Work>
Napi::Value promise(Napi::Env env, Work work) {
  auto doing = [work = std::move(work)] {
    work();
    return Nothing{};
  };
  return Task<Nothing>::run(env, doing, [](Napi::Env env, const Nothing&) { return env.Undefined(); });
}

template <typename Facts>
using Fill = void (*)(Napi::Object, const Facts&);

template <typename Facts, typename Work>
Napi::Value promise_list(Napi::Env env, Work work, Fill<Facts> fill) {
  return Task<std::vector<Facts>>::run(env, std::move(work), [fill](Napi::Env env, const std::vector<Facts>& found) {
    Napi::Array list = Napi::Array::New(env, found.size());
    for (std::uint32_t index = 0; index < found.size(); ++index) {
      Napi::Object object = Napi::Object::New(env);
      fill(object, found[index]);
      list[index] = object;
    }
    return Napi::Value(list);
  });
}

Napi::Value create_netns(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [path = Arguments(info).text("path")] { ::create_netns(path); });
}

Napi::Value delete_netns(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [path = Arguments(info).text("path")] { ::delete_netns(path); });
}

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

Napi::Value create_veth(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [veth = veth_of(options), path = options.text("netns")] {
    const Fd netns = open_netns(path);
    Socket inner = in_netns(netns, path, [] { return Socket(); });
    Socket socket;
    netlink::create_veth(socket, inner, netns, veth);
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

Napi::Value forget_flows(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  const auto protocol = static_cast<std::uint8_t>(options.number("protocol"));
  const auto port = static_cast<std::uint16_t>(options.number("port"));
  return promise(info.Env(), [protocol, port] {
    Socket socket(NETLINK_NETFILTER);
    netlink::forget_flows(socket, protocol, port);
  });
}

Napi::Value run_program(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  Program program{.file = options.text("file"),
                  .args = options.texts("args"),
                  .env = options.texts("env"),
                  .input = options.bytes("input"),
                  .log = options.text("log")};
  auto work = [program = std::move(program)] { return ::run_program(program); };
  return Task<Outcome>::run(info.Env(), work, [](Napi::Env env, const Outcome& outcome) {
    Napi::Object object = Napi::Object::New(env);
    object["output"] = outcome.output;
    object["status"] = outcome.status;
    return Napi::Value(object);
  });
}

Napi::Object exports_of(Napi::Env env, Napi::Object exports) {
  const auto publish = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  publish("createNetns", create_netns);
  publish("deleteNetns", delete_netns);
  publish("createBridge", create_bridge);
  publish("createVeth", create_veth);
  publish("deleteLink", delete_link);
  publish("listLinks", list_links);
  publish("listRoutes", list_routes);
  publish("listAddresses", list_addresses);
  publish("forgetFlows", forget_flows);
  publish("runProgram", run_program);
  publish("changeTree", change_tree);
  publish("isOpaque", is_opaque);
  return exports;
}

}  // namespace

NODE_API_MODULE(stack, exports_of)
