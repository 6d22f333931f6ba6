#include "netns.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "../base/kernel.h"
#include "../base/sys_error.h"
#include "../netlink/link.h"
#include "in_netns.h"
#include "pins.h"

namespace {

Fd new_netns(const std::string& path) {
  check(::unshare(CLONE_NEWNET), "create network namespace", path);
  netlink::Socket socket;
  netlink::set_up(socket, "lo");
  const Fd here(check(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "open network namespace", path));
  return kernel::open_tree(here.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
}

void pin(const Fd& netns, const std::string& path) {
  const Fd file(
      check(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400), "create network namespace", path));
  try {
    kernel::move_mount(netns.get(), file.get(), path);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
}

void unpin(const std::string& path) {
  // EINVAL: a file that a crash left before the namespace was pinned to it.
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL) {
    throw SysError("unpin network namespace", path);
  }
  check(::unlink(path.c_str()), "remove network namespace", path);
}

}  // namespace

void create_netns(const std::string& path, const std::string& pins) {
  const Fd place = open_namespace(pins);
  on_own_thread([&] {
    const Fd netns = new_netns(path);
    enter(place);
    pin(netns, path);
    return true;
  });
}

void delete_netns(const std::string& path, const std::string& pins) {
  if (pins.empty()) return unpin(path);
  const Fd place = open_namespace(pins);
  on_own_thread([&] {
    enter(place);
    unpin(path);
    return true;
  });
}

Fd open_netns(const std::string& path) {
  return Fd(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open network namespace", path));
}
