// Programs of the kernel: who may use which device, and where connections to services go.
#pragma once

#include <napi.h>

namespace exported {

Napi::Value attach_device_program(const Napi::CallbackInfo& info);
Napi::Value attach_services(const Napi::CallbackInfo& info);
Napi::Value detach_services(const Napi::CallbackInfo& info);
Napi::Value put_service(const Napi::CallbackInfo& info);
Napi::Value remove_service(const Napi::CallbackInfo& info);
Napi::Value list_services(const Napi::CallbackInfo& info);

}  // namespace exported
