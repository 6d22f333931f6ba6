#include "files.h"

#include <filesystem>

#include "../base/sys_error.h"
#include "../mounts/mount.h"
#include "arguments.h"
#include "promise.h"

namespace exported {

Napi::Value mount(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  Mount mount{.source = options.text("source"),
              .target = options.text("target"),
              .type = options.text("type"),
              .flags = static_cast<unsigned long>(options.number("flags")),
              .data = options.text("data")};
  return promise(info.Env(), [mount] { ::mount_at(mount); });
}

Napi::Value unmount(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [target = Arguments(info).text("target")] { ::unmount(target); });
}

Napi::Value remove_tree(const Napi::CallbackInfo& info) {
  return promise(info.Env(), [path = Arguments(info).text("path")] {
    std::error_code failure;
    // ENOENT is of something in it that somebody else has removed meanwhile: there may be more.
    do {
      std::filesystem::remove_all(path, failure);
    } while (failure.value() == ENOENT && std::filesystem::exists(path));
    if (failure && failure.value() != ENOENT) throw SysError("remove", path, failure.value());
  });
}

}  // namespace exported
