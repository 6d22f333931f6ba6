// Programs, started and waited for.
#pragma once

#include <napi.h>

namespace exported {

Napi::Value start_monitor(const Napi::CallbackInfo& info);
Napi::Value run_program(const Napi::CallbackInfo& info);

}  // namespace exported
