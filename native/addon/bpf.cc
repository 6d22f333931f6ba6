#include "bpf.h"

#include "../bpf/devices.h"
#include "../bpf/services.h"
#include "arguments.h"
#include "promise.h"

namespace {

bpf::Place place_of(const Arguments& options) { return {options.text("cgroup"), options.text("owner")}; }

}  // namespace

namespace exported {

Napi::Value attach_device_program(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  return promise(info.Env(), [cgroup = options.text("cgroup"), program = options.bytes("program")] {
    ::attach_device_program(cgroup, program);
  });
}

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

}  // namespace exported
