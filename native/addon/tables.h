// What the kernel's packet filter has: rules and flows.
#pragma once

#include <napi.h>

namespace exported {

Napi::Value forget_flows(const Napi::CallbackInfo& info);
Napi::Value table_state(const Napi::CallbackInfo& info);
Napi::Value tables_generation(const Napi::CallbackInfo& info);

}  // namespace exported
