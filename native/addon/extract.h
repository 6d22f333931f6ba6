// Changes below one directory, in order: the options of `changeTree`, read on the event loop, done on the pool.
#pragma once

#include <napi.h>

Napi::Value change_tree(const Napi::CallbackInfo& info);
Napi::Value is_opaque(const Napi::CallbackInfo& info);
Napi::Value open_inside(const Napi::CallbackInfo& info);
Napi::Value open_overlay(const Napi::CallbackInfo& info);
