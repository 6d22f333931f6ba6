#include "marks.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "../base/fd.h"
#include "../base/sys_error.h"

void remove_marks(int parent, const std::string& name, const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd directory(check(::openat(parent, name.c_str(), kFlags), "open", path));
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(directory.get()), close);
  if (!stream) throw SysError("read", path);
  const int here = directory.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) names.emplace_back(entry->d_name);
  for (const std::string& each : names) {
    if (each == "." || each == "..") continue;
    struct stat status {};
    check(::fstatat(here, each.c_str(), &status, AT_SYMLINK_NOFOLLOW), "stat", path);
    const bool is_directory = S_ISDIR(status.st_mode);
    if (is_directory) remove_marks(here, each, path);
    else if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(0, 0)) throw SysError("replace", path, ENOTEMPTY);
    check(::unlinkat(here, each.c_str(), is_directory ? AT_REMOVEDIR : 0), "replace", path);
  }
}
