// What a layer takes over from those below it.

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "../base/sys_error.h"
#include "tree.h"

namespace {

// overlayfs' own marks belong to where they are.
bool is_ours(std::string_view name) { return name.starts_with("trusted.overlay."); }

std::vector<std::pair<std::string, std::string>> xattrs_of(const std::string& from) {
  std::string names(XATTR_LIST_MAX, '\0');
  const ssize_t length = ::llistxattr(from.c_str(), names.data(), names.size());
  if (length < 0 && errno == ENOTSUP) return {};
  names.resize(static_cast<size_t>(check(length, "listxattr", from)));
  std::vector<std::pair<std::string, std::string>> found;
  for (size_t at = 0; at < names.size(); at = names.find('\0', at) + 1) {
    const std::string name(names.c_str() + at);
    if (is_ours(name)) continue;
    std::string value(XATTR_SIZE_MAX, '\0');
    const ssize_t size = ::lgetxattr(from.c_str(), name.c_str(), value.data(), value.size());
    value.resize(static_cast<size_t>(check(size, "getxattr", from)));
    found.emplace_back(name, value);
  }
  return found;
}

struct stat status_of(const std::string& from) {
  struct stat status {};
  check(::lstat(from.c_str(), &status), "stat", from);
  return status;
}

Attributes attributes_of(const std::string& from, const struct stat& status) {
  return {.uid = status.st_uid,
          .gid = status.st_gid,
          .mode = status.st_mode,
          .modified = status.st_mtim,
          .xattrs = xattrs_of(from)};
}

}  // namespace

void Tree::like(const std::string& path, const std::string& from) {
  if (is_elsewhere(path)) return;
  attributes(path, attributes_of(from, status_of(from)));
}

void Tree::copy(const std::string& path, const std::string& from) {
  const struct stat status = status_of(from);
  if (S_ISLNK(status.st_mode)) {
    std::string target(PATH_MAX, '\0');
    target.resize(static_cast<size_t>(check(::readlink(from.c_str(), target.data(), target.size()), "readlink", from)));
    symlink(path, target);
  } else if (S_ISREG(status.st_mode)) {
    const Fd source(check(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), "open", from));
    file(path);
    std::string buffer(1 << 20, '\0');
    for (off_t offset = 0;;) {
      const ssize_t length = check(::read(source.get(), buffer.data(), buffer.size()), "read", from);
      if (length == 0) break;
      write(path, offset, {buffer.data(), static_cast<size_t>(length)});
      offset += length;
    }
  } else {
    node(path, status.st_mode & S_IFMT, status.st_rdev);
  }
  attributes(path, attributes_of(from, status));
}
