// Programs, started and waited for.
#pragma once

#include <napi.h>

namespace exported {

Napi::Value run_program(const Napi::CallbackInfo& info);

}  // namespace exported
