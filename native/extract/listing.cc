#include "listing.h"

#include <dirent.h>
#include <fcntl.h>

#include <memory>

#include "../base/sys_error.h"

std::vector<std::string> names_in(const Fd& directory, const std::string& path) {
  // A stream closes its descriptor.
  Fd own(check(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0), "duplicate", path));
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(own.get()), close);
  if (!stream) throw SysError("read", path);
  own.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}
