#include "rootfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "../base/kernel.h"
#include "../base/sys_error.h"
#include "text.h"

namespace {

// As the kernel has it.
constexpr int kMostLinks = 40;
constexpr uint64_t kBelow = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

}  // namespace

void Rootfs::use_current() { root_ = Fd(check(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/")); }

Fd Rootfs::open(const std::string& path, int flags, mode_t mode) const {
  return kernel::openat2(root_.get(), path, flags, mode, kBelow);
}

std::optional<std::string> Rootfs::link_at(const std::string& path) const {
  Fd link = kernel::try_openat2(root_.get(), path, O_PATH | O_NOFOLLOW, 0, kBelow);
  if (!link) {
    if (errno == ENOENT) return std::nullopt;
    throw SysError("open", path);
  }
  char target[4096];
  ssize_t length = ::readlinkat(link.get(), "", target, sizeof target);
  if (length < 0) return std::nullopt;
  return std::string(target, static_cast<size_t>(length));
}

// The path without links, those that lead to what is not there included: it is made where they say.
std::string Rootfs::canonical(const std::string& path) const {
  std::vector<std::string> rest = split(path, '/');
  std::reverse(rest.begin(), rest.end());
  std::string walked;
  for (int links = 0; !rest.empty();) {
    std::string part = std::move(rest.back());
    rest.pop_back();
    if (part == ".") continue;
    if (part == "..") {
      walked.erase(std::min(walked.rfind('/'), walked.size()));
      continue;
    }
    std::string next = walked + "/" + part;
    auto link = link_at(next);
    if (!link) {
      walked = next;
      continue;
    }
    if (++links > kMostLinks) throw SysError("open", path, ELOOP);
    if (link->starts_with('/')) walked.clear();
    std::vector<std::string> parts = split(*link, '/');
    rest.insert(rest.end(), parts.rbegin(), parts.rend());
  }
  return walked.empty() ? "/" : walked;
}

std::pair<Fd, std::string> Rootfs::parent(const std::string& path) const {
  size_t slash = path.find_last_of('/');
  return {directory(path.substr(0, slash)), path.substr(slash + 1)};
}

std::optional<Fd> Rootfs::find(const std::string& path) const {
  Fd found = kernel::try_openat2(root_.get(), path, O_PATH, 0, kBelow);
  if (found) return found;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw SysError("open", path);
}

// Makes what only the last part of a path is missing of, as most of what is mounted over is; nothing where more is, or
// where a link is in its place. Below the new one nobody has put anything yet.
std::optional<Fd> Rootfs::make_last(const std::string& path, bool is_directory) const {
  size_t slash = path.find_last_of('/');
  std::string name = path.substr(slash + 1);
  if (slash == std::string::npos || name.empty() || name == "." || name == "..") return std::nullopt;
  auto above = find(slash == 0 ? "/" : path.substr(0, slash));
  if (!above) return std::nullopt;
  // The umask is 0 here.
  if (is_directory) {
    if (::mkdirat(above->get(), name.c_str(), 0755) < 0) return std::nullopt;
  } else if (!Fd(::openat(above->get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644))) {
    return std::nullopt;
  }
  return Fd(check(::openat(above->get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), "open", path));
}

// Opens a directory, making it and its parents where missing.
Fd Rootfs::directory(const std::string& path) const {
  if (auto there = find(path.empty() ? "/" : path)) return std::move(*there);
  if (auto made = make_last(path, true)) return std::move(*made);
  std::string walked;
  Fd current = open("/");
  for (const auto& part : split(canonical(path), '/')) {
    walked += "/" + part;
    if (::mkdirat(current.get(), part.c_str(), 0755) < 0 && errno != EEXIST) throw SysError("mkdir", walked);
    current = open(walked, O_PATH | O_DIRECTORY);
  }
  return current;
}

Fd Rootfs::target_like(const std::string& path, bool is_directory) const {
  if (is_directory) return directory(path);
  if (auto there = find(path)) return std::move(*there);
  if (auto made = make_last(path, false)) return std::move(*made);
  std::string place = canonical(path);
  auto [above, name] = parent(place);
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  Fd made(check(::openat(above.get(), name.c_str(), flags, 0644), "create", path));
  return open(place);
}

void Rootfs::mkdir(const std::string& path, mode_t mode, Owner owner) {
  if (find(path)) return;
  auto [above, name] = parent(path);
  check(::mkdirat(above.get(), name.c_str(), mode), "mkdir", path);
  check(::fchownat(above.get(), name.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), "chown", path);
  check(::fchmodat(above.get(), name.c_str(), mode, 0), "chmod", path);
}

void Rootfs::file(const std::string& path, mode_t mode, const std::string& content) {
  std::string place = canonical(path);
  parent(place);
  Fd out = open(place, O_WRONLY | O_CREAT | O_TRUNC, mode);
  check(::fchmod(out.get(), mode), "chmod", path);
  ssize_t wrote = check(::write(out.get(), content.data(), content.size()), "write", path);
  if (wrote != static_cast<ssize_t>(content.size())) throw SysError("write", path, ENOSPC);
}

void Rootfs::symlink(const std::string& target, const std::string& path) {
  auto [above, name] = parent(path);
  if (::symlinkat(target.c_str(), above.get(), name.c_str()) < 0 && errno != EEXIST) throw SysError("symlink", path);
}

void Rootfs::device(const std::string& path, mode_t mode, Device device, Owner owner) {
  auto [above, name] = parent(path);
  const dev_t number = makedev(device.major_number, device.minor_number);
  if (::mknodat(above.get(), name.c_str(), mode, number) == -1) {
    // One outside of /dev is still there from the run before.
    const int reason = errno;
    struct stat there{};
    const bool same = reason == EEXIST && ::fstatat(above.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                      (there.st_mode & S_IFMT) == (mode & S_IFMT) && there.st_rdev == number;
    if (!same) throw SysError("mknod", path, reason);
  }
  check(::fchownat(above.get(), name.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), "chown", path);
  check(::fchmodat(above.get(), name.c_str(), mode & 07777, 0), "chmod", path);
}
