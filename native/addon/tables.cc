#include "tables.h"

#include "../netlink/flow.h"
#include "../netlink/tables.h"
#include "arguments.h"
#include "promise.h"

namespace {

using netlink::Socket;

struct TableState {
  std::uint32_t generation;
  std::uint32_t rules;
};

}  // namespace

namespace exported {

Napi::Value forget_flows(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  const auto protocol = static_cast<std::uint8_t>(options.number("protocol"));
  const auto port = static_cast<std::uint16_t>(options.number("port"));
  return promise(info.Env(), [protocol, port] {
    Socket socket(NETLINK_NETFILTER);
    netlink::forget_flows(socket, protocol, port);
  });
}

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

}  // namespace exported
