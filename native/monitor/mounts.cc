// What is mounted in a container's root.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "../base/sys_error.h"
#include "../overlay/overlay.h"
#include "../base/kernel.h"
#include "rootfs.h"
#include "text.h"

namespace {

std::string by_fd(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

struct Flag {
  std::string_view name;
  uint64_t mount;
  uint64_t attribute;
  uint64_t propagation;
};

constexpr Flag kFlags[] = {{"ro", MS_RDONLY, MOUNT_ATTR_RDONLY, 0},
                           {"nosuid", MS_NOSUID, MOUNT_ATTR_NOSUID, 0},
                           {"nodev", MS_NODEV, MOUNT_ATTR_NODEV, 0},
                           {"noexec", MS_NOEXEC, MOUNT_ATTR_NOEXEC, 0},
                           {"noatime", MS_NOATIME, 0, 0},
                           {"nodiratime", MS_NODIRATIME, 0, 0},
                           {"relatime", MS_RELATIME, 0, 0},
                           {"strictatime", MS_STRICTATIME, 0, 0},
                           {"private", 0, 0, MS_PRIVATE},
                           {"slave", 0, 0, MS_SLAVE},
                           {"shared", 0, 0, MS_SHARED}};

const Flag& flag_of(const std::string& name) {
  for (const auto& each : kFlags) {
    if (each.name == name) return each;
  }
  throw SysError("flag", name, EINVAL);
}

unsigned long mount_flags(const std::string& flags) {
  unsigned long bits = 0;
  for (const auto& name : split(flags, ',')) bits |= flag_of(name).mount;
  return bits;
}

unsigned recursion(const std::string& flags) {
  std::vector<std::string> names = split(flags, ',');
  return std::find(names.begin(), names.end(), "rec") == names.end() ? 0 : AT_RECURSIVE;
}

}  // namespace

void set_propagation(const std::string& kind) {
  unsigned long flag = kind == "slave" ? MS_SLAVE : MS_PRIVATE;
  check(::mount("", "/", nullptr, MS_REC | flag, nullptr), "mount propagation", kind);
}

void Rootfs::overlay(const std::string& target, const std::string& upper, const std::string& work,
                     const std::vector<std::string>& lowers) {
  Fd made = overlay_mount(upper, work, lowers);
  if (target != "/") {
    kernel::move_mount(made.get(), directory(target).get(), target);
    return;
  }
  // A root must hang somewhere before the pivot: over its own upper directory, where nobody looks for anything else.
  const std::string& place = upper.empty() ? lowers.front() : upper;
  Fd below(check(::open(place.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", place));
  kernel::move_mount(made.get(), below.get(), place);
  root_ = std::move(made);
}

void Rootfs::mount(const std::string& source, const std::string& target, const std::string& type,
                   const std::string& flags, const std::string& data) {
  Fd at = directory(target);
  check(::mount(source.c_str(), by_fd(at).c_str(), type.c_str(), mount_flags(flags), data.c_str()), "mount", target);
}

void Rootfs::attach(const Fd& tree, const std::string& source, const std::string& target, const std::string& flags) {
  mount_attr attributes{};
  attributes.propagation = MS_PRIVATE;
  mount_attr top{};
  for (const auto& name : split(flags, ',')) {
    if (name == "rec") continue;
    if (name == "ro-top") {
      top.attr_set = MOUNT_ATTR_RDONLY;
      continue;
    }
    const Flag& flag = flag_of(name);
    attributes.attr_set |= flag.attribute;
    if (flag.propagation != 0) attributes.propagation = flag.propagation;
  }
  struct stat status {};
  check(::fstat(tree.get(), &status), "stat", source);
  kernel::mount_setattr(tree.get(), recursion(flags), attributes, source);
  if (top.attr_set != 0) kernel::mount_setattr(tree.get(), 0, top, source);
  kernel::move_mount(tree.get(), target_like(target, S_ISDIR(status.st_mode)).get(), target);
}

void Rootfs::bind(const std::string& source, const std::string& target, const std::string& flags) {
  attach(kernel::open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | recursion(flags)), source, target, flags);
}

// A tree can be cloned only by who is in its namespace; the clone hangs nowhere, so it can be taken along.
void Rootfs::bind_of(const std::string& space, const std::string& source, const std::string& target,
                     const std::string& flags) {
  const char* own_path = "/proc/self/ns/mnt";
  Fd own(check(::open(own_path, O_RDONLY | O_CLOEXEC), "open", own_path));
  Fd other(check(::open(space.c_str(), O_RDONLY | O_CLOEXEC), "open", space));
  check(::setns(other.get(), CLONE_NEWNS), "setns", space);
  Fd tree = kernel::open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW | recursion(flags));
  check(::setns(own.get(), CLONE_NEWNS), "setns", own_path);
  attach(tree, source, target, flags);
}

void Rootfs::mask(const std::string& path) {
  auto found = find(path);
  if (!found) return;
  const Fd& at = *found;
  struct stat status {};
  check(::fstat(at.get(), &status), "stat", path);
  if (S_ISDIR(status.st_mode)) {
    check(::mount("tmpfs", by_fd(at).c_str(), "tmpfs", MS_RDONLY, "size=0k"), "mask", path);
  } else {
    kernel::move_mount(kernel::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE).get(), at.get(), path);
  }
}

void Rootfs::readonly(const std::string& path) {
  auto found = find(path);
  if (!found) return;
  const Fd& at = *found;
  Fd tree = kernel::open_tree(at.get(), "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  kernel::mount_setattr(tree.get(), AT_RECURSIVE, attributes, path);
  kernel::move_mount(tree.get(), at.get(), path);
}

// pivot_root(".", ".") stacks the old root over the new one; detaching it leaves the new one.
void Rootfs::pivot() {
  check(::fchdir(root_.get()), "fchdir", "root");
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(::umount2(".", MNT_DETACH), "umount", "old root");
  check(::chdir("/"), "chdir", "/");
  use_current();
}

void Rootfs::root_attribute(uint64_t attribute) {
  mount_attr attributes{};
  attributes.attr_set = attribute;
  kernel::mount_setattr(root_.get(), 0, attributes, "/");
}
