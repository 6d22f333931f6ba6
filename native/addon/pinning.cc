#include "pinning.h"

#include "../namespaces/netns.h"
#include "../namespaces/pins.h"
#include "arguments.h"
#include "links.h"
#include "promise.h"

namespace exported {

Napi::Value create_netns(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  std::vector<netlink::Veth> links;
  for (const Arguments& link : options.objects_or_empty("links")) links.push_back(veth_of(link));
  auto work = [path = options.text("path"), pins = options.text_or_empty("pins"), links] {
    ::create_netns(path, pins, links);
  };
  return promise(info.Env(), work);
}

Napi::Value pin_netns(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  auto work = [held = options.text("held"), path = options.text("path"), pins = options.text_or_empty("pins")] {
    ::pin_netns(held, path, pins);
  };
  return promise(info.Env(), work);
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

}  // namespace exported
