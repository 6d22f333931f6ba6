// Mounts, and trees of files.
#pragma once

#include <napi.h>

namespace exported {

Napi::Value mount(const Napi::CallbackInfo& info);
Napi::Value unmount(const Napi::CallbackInfo& info);
Napi::Value remove_tree(const Napi::CallbackInfo& info);

}  // namespace exported
