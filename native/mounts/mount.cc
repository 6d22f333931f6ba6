#include "mount.h"

#include <sys/mount.h>

#include "../base/sys_error.h"

namespace {

constexpr unsigned long kBind = MS_BIND | MS_REC;
constexpr unsigned long kPropagation = MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE;

void remount(const Mount& mount) {
  const unsigned long flags = mount.flags & ~(MS_REC | kPropagation);
  check(::mount(nullptr, mount.target.c_str(), nullptr, MS_REMOUNT | flags, nullptr), "remount", mount.source);
}

}  // namespace

void mount_at(const Mount& mount) {
  const bool is_bind = (mount.flags & MS_BIND) != 0;
  const unsigned long first = is_bind ? mount.flags & kBind : mount.flags & ~kPropagation;
  check(::mount(mount.source.c_str(), mount.target.c_str(), mount.type.c_str(), first, mount.data.c_str()), "mount",
        mount.source);
  try {
    if (is_bind && (mount.flags & ~(kBind | kPropagation)) != 0) remount(mount);
    const unsigned long propagation = mount.flags & kPropagation;
    if (propagation == 0) return;
    check(::mount(nullptr, mount.target.c_str(), nullptr, propagation | (mount.flags & MS_REC), nullptr),
          "set the propagation of", mount.source);
  } catch (...) {
    ::umount2(mount.target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    throw;
  }
}

void unmount(const std::string& target) {
  check(::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW), "unmount", target);
}
