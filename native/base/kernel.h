#pragma once

// System calls of the new mount API and openat2, which this libc may have no wrappers for.

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "fd.h"
#include "sys_error.h"

namespace kernel {

// Empty, with errno, where it fails: an exception costs more than ten calls of the kernel.
inline Fd try_openat2(int directory, const std::string& path, int flags, mode_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = resolve;
  return Fd(static_cast<int>(syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
}

inline Fd openat2(int directory, const std::string& path, int flags, mode_t mode, uint64_t resolve) {
  Fd opened = try_openat2(directory, path, flags, mode, resolve);
  if (!opened) throw SysError("open", path);
  return opened;
}

inline Fd fsopen(const char* type) {
  return Fd(static_cast<int>(check(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), "fsopen", type)));
}

inline Fd open_tree(int directory, const std::string& path, unsigned flags) {
  return Fd(static_cast<int>(
      check(syscall(SYS_open_tree, directory, path.c_str(), flags | OPEN_TREE_CLOEXEC), "open_tree", path)));
}

inline void move_mount(int mount, int target, const std::string& subject) {
  check(syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), "move_mount",
        subject);
}

inline void mount_setattr(int mount, unsigned flags, mount_attr attributes, const std::string& subject) {
  check(syscall(SYS_mount_setattr, mount, "", flags | AT_EMPTY_PATH, &attributes, sizeof attributes), "mount_setattr",
        subject);
}

}  // namespace kernel
