#include "netns.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "../base/sys_error.h"
#include "../netlink/link.h"
#include "in_netns.h"

void create_netns(const std::string& path) {
  Fd(check(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400), "create network namespace", path));
  try {
    on_own_thread([&] {
      check(::unshare(CLONE_NEWNET), "create network namespace", path);
      netlink::Socket socket;
      netlink::set_up(socket, "lo");
      return check(::mount("/proc/thread-self/ns/net", path.c_str(), nullptr, MS_BIND, nullptr),
                   "pin network namespace", path);
    });
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
}

void delete_netns(const std::string& path) {
  // EINVAL: a file that a crash left before the namespace was pinned to it.
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL) {
    throw SysError("unpin network namespace", path);
  }
  check(::unlink(path.c_str()), "remove network namespace", path);
}

Fd open_netns(const std::string& path) {
  return Fd(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open network namespace", path));
}
