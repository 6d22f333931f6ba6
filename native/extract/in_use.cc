#include "in_use.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "../base/sys_error.h"
#include "listing.h"

namespace {

constexpr std::array<long, 9> kKernelFileSystems = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
    TRACEFS_MAGIC,    SECURITYFS_MAGIC, BPF_FS_MAGIC,       EFIVARFS_MAGIC};

}  // namespace

void refuse_kernel(const Fd& directory, const std::string& path) {
  struct statfs status {};
  check(::fstatfs(directory.get(), &status), "statfs", path);
  if (std::ranges::find(kKernelFileSystems, status.f_type) != kKernelFileSystems.end()) {
    throw SysError("enter", path, EROFS);
  }
}

void remove_all(int parent, const std::string& name, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  Fd directory(static_cast<int>(check(syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how), "open", path)));
  for (const std::string& each : names_in(directory, path)) {
    if (::unlinkat(directory.get(), each.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR) throw SysError("unlink", path + "/" + each);
    remove_all(directory.get(), each, path + "/" + each);
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) throw SysError("rmdir", path);
}
