// The whole surface, in files by subject: types and sentences for each export stand in src/native/binding.ts.
#include <napi.h>

#include "bpf.h"
#include "extract.h"
#include "files.h"
#include "links.h"
#include "pinning.h"
#include "running.h"
#include "tables.h"

namespace {

Napi::Object exports_of(Napi::Env env, Napi::Object exports) {
  const auto publish = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  publish("createNetns", exported::create_netns);
  publish("pinNetns", exported::pin_netns);
  publish("deleteNetns", exported::delete_netns);
  publish("openPins", exported::open_pins);
  publish("closePins", exported::close_pins);
  publish("createBridge", exported::create_bridge);
  publish("createVeth", exported::create_veth);
  publish("linkBridges", exported::link_bridges);
  publish("deleteLink", exported::delete_link);
  publish("listLinks", exported::list_links);
  publish("listRoutes", exported::list_routes);
  publish("listAddresses", exported::list_addresses);
  publish("forgetFlows", exported::forget_flows);
  publish("attachDeviceProgram", exported::attach_device_program);
  publish("mount", exported::mount);
  publish("unmount", exported::unmount);
  publish("removeTree", exported::remove_tree);
  publish("runProgram", exported::run_program);
  publish("startMonitor", exported::start_monitor);
  publish("attachServices", exported::attach_services);
  publish("detachServices", exported::detach_services);
  publish("putService", exported::put_service);
  publish("removeService", exported::remove_service);
  publish("listServices", exported::list_services);
  publish("addAddress", exported::add_address);
  publish("deleteAddress", exported::delete_address);
  publish("shapeLink", exported::shape_link);
  publish("tablesGeneration", exported::tables_generation);
  publish("tableState", exported::table_state);
  publish("changeTree", change_tree);
  publish("isOpaque", is_opaque);
  publish("openInside", open_inside);
  publish("openOverlay", open_overlay);
  return exports;
}

}  // namespace

NODE_API_MODULE(stack, exports_of)
