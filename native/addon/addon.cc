// The whole surface: types and sentences for each export stand in src/native/binding.ts.
#include <napi.h>

#include <filesystem>

#include "../bpf/devices.h"
#include "../bpf/services.h"
#include "../mounts/mount.h"
#include "../namespaces/in_netns.h"
#include "../namespaces/netns.h"
#include "../namespaces/pins.h"
#include "../netlink/address.h"
#include "../netlink/flow.h"
#include "../netlink/link.h"
#include "../netlink/route.h"
#include "../netlink/shaping.h"
#include "../netlink/tables.h"
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
  const Arguments options(info);
  return promise(info.Env(), [path = options.text("path"), pins = options.text_or_empty("pins")] {
    ::create_netns(path, pins);
  });
}

Napi::Value delete_netns(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [paths = options.texts("paths"), pins = options.text_or_empty("pins")] {
    ::delete_netns(paths, pins);
  });
}

Napi::Value open_pins(const Napi::CallbackInfo& info) {
  auto work = [file = Arguments(info).text("file")] { return ::open_pins(file).release(); };
  return Task<int>::run(info.Env(), work, [](Napi::Env env, int directory) { return Napi::Number::New(env, directory); });
}

Napi::Value close_pins(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [file = Arguments(info).text("file")] { ::close_pins(file); });
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

Napi::Value forget_flows(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  const auto protocol = static_cast<std::uint8_t>(options.number("protocol"));
  const auto port = static_cast<std::uint16_t>(options.number("port"));
  return promise(info.Env(), [protocol, port] {
    Socket socket(NETLINK_NETFILTER);
    netlink::forget_flows(socket, protocol, port);
  });
}

Napi::Value attach_device_program(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [cgroup = options.text("cgroup"), program = options.bytes("program")] {
    ::attach_device_program(cgroup, program);
  });
}

Napi::Value mount(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  Mount mount{.source = options.text("source"),
              .target = options.text("target"),
              .type = options.text("type"),
              .flags = static_cast<unsigned long>(options.number("flags")),
              .data = options.text("data")};
  return promise(info.Env(), [mount] { ::mount_at(mount); });
}

Napi::Value unmount(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [target = Arguments(info).text("target")] { ::unmount(target); });
}

Napi::Value remove_tree(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [path = Arguments(info).text("path")] {
    std::error_code failure;
    // ENOENT is of something in it that somebody else has removed meanwhile: there may be more.
    do {
      std::filesystem::remove_all(path, failure);
    } while (failure.value() == ENOENT && std::filesystem::exists(path));
    if (failure && failure.value() != ENOENT) throw SysError("remove", path, failure.value());
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

bpf::Place place_of(const Arguments& options) { return {options.text("cgroup"), options.text("owner")}; }

Napi::Value attach_services(const Napi::CallbackInfo& info) {
  auto work = [place = place_of(Arguments(info))] { return bpf::attach_services(place); };
  return Task<bool>::run(info.Env(), work,
                         [](Napi::Env env, const bool& is_new) { return Napi::Value(Napi::Boolean::New(env, is_new)); });
}

Napi::Value detach_services(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [place = place_of(Arguments(info))] { bpf::detach_services(place); });
}

Napi::Value put_service(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  bpf::Service service{options.text("address"), options.texts("replicas")};
  return promise(info.Env(), [place = place_of(options), service] { bpf::put_service(place, service); });
}

Napi::Value remove_service(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [place = place_of(options), address = options.text("address")] {
    bpf::remove_service(place, address);
  });
}

Napi::Value list_services(const Napi::CallbackInfo& info) {
  auto work = [place = place_of(Arguments(info))] { return bpf::list_services(place); };
  return promise_list<bpf::Service>(info.Env(), work, [](Napi::Object object, const bpf::Service& service) {
    object["address"] = service.address;
    Napi::Array replicas = Napi::Array::New(object.Env(), service.replicas.size());
    for (std::uint32_t index = 0; index < service.replicas.size(); ++index) replicas[index] = service.replicas[index];
    object["replicas"] = replicas;
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

struct TableState {
  std::uint32_t generation;
  std::uint32_t rules;
};

Napi::Value table_state(const Napi::CallbackInfo& info) {
  auto work = [table = Arguments(info).text("table")] {
    Socket socket(NETLINK_NETFILTER);
    const std::uint32_t generation = netlink::tables_generation(socket);
    return TableState{generation, netlink::count_rules(socket, table)};
  };
  return Task<TableState>::run(info.Env(), work, [](Napi::Env env, const TableState& state) {
    Napi::Object object = Napi::Object::New(env);
    object["generation"] = state.generation;
    object["rules"] = state.rules;
    return Napi::Value(object);
  });
}

Napi::Value tables_generation(const Napi::CallbackInfo& info) {
  auto work = [] {
    Socket socket(NETLINK_NETFILTER);
    return netlink::tables_generation(socket);
  };
  return Task<std::uint32_t>::run(info.Env(), work, [](Napi::Env env, const std::uint32_t& generation) {
    return Napi::Value(Napi::Number::New(env, generation));
  });
}

Napi::Object exports_of(Napi::Env env, Napi::Object exports) {
  const auto publish = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  publish("createNetns", create_netns);
  publish("deleteNetns", delete_netns);
  publish("openPins", open_pins);
  publish("closePins", close_pins);
  publish("createBridge", create_bridge);
  publish("createVeth", create_veth);
  publish("linkBridges", link_bridges);
  publish("deleteLink", delete_link);
  publish("listLinks", list_links);
  publish("listRoutes", list_routes);
  publish("listAddresses", list_addresses);
  publish("forgetFlows", forget_flows);
  publish("attachDeviceProgram", attach_device_program);
  publish("mount", mount);
  publish("unmount", unmount);
  publish("removeTree", remove_tree);
  publish("runProgram", run_program);
  publish("attachServices", attach_services);
  publish("detachServices", detach_services);
  publish("putService", put_service);
  publish("removeService", remove_service);
  publish("listServices", list_services);
  publish("addAddress", add_address);
  publish("deleteAddress", delete_address);
  publish("shapeLink", shape_link);
  publish("tablesGeneration", tables_generation);
  publish("tableState", table_state);
  publish("changeTree", change_tree);
  publish("isOpaque", is_opaque);
  publish("openInside", open_inside);
  publish("openOverlay", open_overlay);
  return exports;
}

}  // namespace

NODE_API_MODULE(stack, exports_of)
