// Network namespaces, and the mount namespace that they are pinned in.
#pragma once

#include <napi.h>

namespace exported {

Napi::Value create_netns(const Napi::CallbackInfo& info);
Napi::Value pin_netns(const Napi::CallbackInfo& info);
Napi::Value delete_netns(const Napi::CallbackInfo& info);
Napi::Value open_pins(const Napi::CallbackInfo& info);
Napi::Value close_pins(const Napi::CallbackInfo& info);

}  // namespace exported
