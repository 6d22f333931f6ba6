// Links, their addresses and routes.
#pragma once

#include <napi.h>

#include "../netlink/link.h"
#include "arguments.h"

netlink::Veth veth_of(const Arguments& options);

namespace exported {

Napi::Value create_bridge(const Napi::CallbackInfo& info);
Napi::Value create_veth(const Napi::CallbackInfo& info);
Napi::Value link_bridges(const Napi::CallbackInfo& info);
Napi::Value delete_link(const Napi::CallbackInfo& info);
Napi::Value list_links(const Napi::CallbackInfo& info);
Napi::Value list_routes(const Napi::CallbackInfo& info);
Napi::Value list_addresses(const Napi::CallbackInfo& info);
Napi::Value add_address(const Napi::CallbackInfo& info);
Napi::Value delete_address(const Napi::CallbackInfo& info);
Napi::Value shape_link(const Napi::CallbackInfo& info);

}  // namespace exported
