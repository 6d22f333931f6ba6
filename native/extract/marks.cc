#include "marks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys_error.h"
#include "listing.h"

void remove_marks(int parent, const std::string& name, const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd directory(check(::openat(parent, name.c_str(), kFlags), "open", path));
  for (const std::string& each : names_in(directory, path)) {
    struct stat status {};
    check(::fstatat(directory.get(), each.c_str(), &status, AT_SYMLINK_NOFOLLOW), "stat", path);
    const bool is_directory = S_ISDIR(status.st_mode);
    if (is_directory) remove_marks(directory.get(), each, path);
    else if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(0, 0)) throw SysError("replace", path, ENOTEMPTY);
    check(::unlinkat(directory.get(), each.c_str(), is_directory ? AT_REMOVEDIR : 0), "replace", path);
  }
}
