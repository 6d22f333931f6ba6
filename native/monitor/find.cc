#include "find.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../base/sys_error.h"

namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string path_of(const std::vector<std::string>& environment) {
  for (const auto& each : environment) {
    if (each.starts_with("PATH=")) return each.substr(5);
  }
  return std::string(kDefaultPath);
}

// 0, or why it cannot be run.
int obstacle(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) < 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::access(file.c_str(), X_OK) < 0 ? errno : 0;
}

}  // namespace

std::string find_program(const std::string& name, const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) {
    if (int reason = obstacle(name); reason != 0) throw SysError("exec", name, reason);
    return name;
  }
  int reason = ENOENT;
  std::string path = path_of(environment);
  for (size_t at = 0; !name.empty() && at <= path.size();) {
    size_t end = std::min(path.find(':', at), path.size());
    // An empty part is the current directory.
    std::string file = (end == at ? "." : path.substr(at, end - at)) + "/" + name;
    int found = obstacle(file);
    if (found == 0) return file;
    // As a shell does: it goes on looking, but remembers that there was one that may not be run.
    if (found == EACCES) reason = EACCES;
    at = end + 1;
  }
  throw SysError("exec", name, reason);
}
