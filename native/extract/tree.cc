#include "tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <optional>

#include "../base/sys_error.h"
#include "in_use.h"
#include "marks.h"

namespace {

constexpr char kOpaque[] = "trusted.overlay.opaque";

uint64_t resolution_of(Kind kind) {
  return RESOLVE_NO_MAGICLINKS | (kind == Kind::layer ? RESOLVE_BENEATH | RESOLVE_NO_XDEV : RESOLVE_IN_ROOT);
}

int open_below(int root, const char* path, int flags, Kind kind, uint64_t more = 0) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = resolution_of(kind) | more;
  long fd;
  // A rename anywhere on the machine may disturb a resolution; the kernel says so.
  do fd = syscall(SYS_openat2, root, path, &how, sizeof how);
  while (fd < 0 && errno == EAGAIN);
  return static_cast<int>(fd);
}

std::optional<struct stat> status_of(const Fd& parent, const std::string& name, const std::string& path) {
  struct stat status {};
  if (::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw SysError("stat", path);
}

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0); }

std::string parent_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string name_in_parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.empty() ? "." : path.substr(slash == std::string::npos ? 0 : slash + 1);
}

// Extended attributes have no call that takes a directory and a name; the link of a descriptor stands for it.
std::string by_fd(const Fd& parent, const std::string& name) {
  return "/proc/self/fd/" + std::to_string(parent.get()) + "/" + name;
}

}  // namespace

Tree::Tree(const std::string& root, Kind kind)
    : root_(check(::open(root.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open", root)), kind_(kind) {}

Fd Tree::enter(const std::string& path) const {
  Fd found(open_below(root_.get(), path.empty() ? "." : path.c_str(), O_PATH | O_DIRECTORY, kind_));
  if (found && kind_ == Kind::container) refuse_kernel(found, path);
  return found;
}

Fd open_inside(const std::string& root, const std::string& path) {
  const Fd top(check(::open(root.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open", root));
  const char* wanted = path.empty() ? "." : path.c_str();
  return Fd(check(open_below(top.get(), wanted, O_PATH | O_DIRECTORY, Kind::container), "enter", path));
}

bool Tree::is_elsewhere(const std::string& directory) const {
  if (kind_ != Kind::layer || directory.empty()) return false;
  const Fd found(open_below(root_.get(), directory.c_str(), O_PATH | O_DIRECTORY, kind_, RESOLVE_NO_SYMLINKS));
  return !found && (errno == ENOTDIR || errno == ELOOP);
}

// One component of a path that is not all there: made, or a whiteout that gives way to a directory.
Fd Tree::step(const std::string& path) {
  Fd found = enter(path);
  if (found) return found;
  if (errno != ENOENT && errno != ENOTDIR) throw SysError("enter", path);
  const int number = errno;
  const Place at = existing(path);
  const auto status = status_of(*at.parent, at.name, path);
  if (status && !is_whiteout(*status)) throw SysError("enter", path, number);
  if (status) check(::unlinkat(at.parent->get(), at.name.c_str(), 0), "unlink", path);
  make_directory(at, path, status.has_value());
  implied_.push_back(path);
  Fd made = enter(path);
  return made ? std::move(made) : throw SysError("enter", path);
}

Fd Tree::parent_of(const std::string& path) {
  const std::string parent = parent_name(path);
  Fd found = enter(parent);
  if (found) return found;
  if (errno != ENOENT && errno != ENOTDIR) throw SysError("enter", parent);
  for (size_t end = parent.find('/'); end != std::string::npos; end = parent.find('/', end + 1)) {
    step(parent.substr(0, end));
  }
  return step(parent);
}

Tree::Place Tree::remember(const std::string& path, Fd parent) {
  last_path_ = path;
  return last_ = {std::make_shared<const Fd>(std::move(parent)), name_in_parent(path)};
}

Tree::Place Tree::place(const std::string& path) {
  return last_.parent && last_path_ == path ? last_ : remember(path, parent_of(path));
}

Tree::Place Tree::existing(const std::string& path) {
  if (last_.parent && last_path_ == path) return last_;
  Fd found = enter(parent_name(path));
  if (!found) throw SysError("enter", parent_name(path));
  return remember(path, std::move(found));
}

bool Tree::clear(const Place& place, const std::string& path) {
  if (path.empty()) throw SysError("replace", "/", EBUSY);
  const auto status = status_of(*place.parent, place.name, path);
  if (!status) return false;
  if (kind_ == Kind::container && S_ISDIR(status->st_mode)) {
    remove_all(place.parent->get(), place.name, path);
    return false;
  }
  const int flags = S_ISDIR(status->st_mode) ? AT_REMOVEDIR : 0;
  if (::unlinkat(place.parent->get(), place.name.c_str(), flags) == 0) return is_whiteout(*status);
  if (errno != ENOTEMPTY) throw SysError("replace", path);
  remove_marks(place.parent->get(), place.name, path);
  check(::unlinkat(place.parent->get(), place.name.c_str(), flags), "replace", path);
  return is_whiteout(*status);
}

void Tree::make_directory(const Place& place, const std::string& path, bool hides_lower) {
  check(::mkdirat(place.parent->get(), place.name.c_str(), 0755), "mkdir", path);
  // Whatever the umask.
  check(::fchmodat(place.parent->get(), place.name.c_str(), 0755, 0), "chmod", path);
  if (hides_lower) opaque(path);
}

void Tree::directory(const std::string& path) {
  const Place at = place(path);
  const auto status = status_of(*at.parent, at.name, path);
  if (status && S_ISDIR(status->st_mode)) return;
  make_directory(at, path, clear(at, path));
}

bool Tree::overwrite(const Place& place, const std::string& path) {
  const Fd found(::openat(place.parent->get(), place.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!found || ::fstat(found.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const std::string same = "/proc/self/fd/" + std::to_string(found.get());
  const Fd file(::open(same.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file && errno != ETXTBSY) throw SysError("open", path);
  return static_cast<bool>(file);
}

void Tree::file(const std::string& path) {
  const Place at = place(path);
  if (kind_ == Kind::container && overwrite(at, path)) return;
  clear(at, path);
  Fd(check(::openat(at.parent->get(), at.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
           "create", path));
}

void Tree::write(const std::string& path, off_t offset, std::string_view bytes) {
  const Place at = existing(path);
  const Fd file(check(::openat(at.parent->get(), at.name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
                      "open", path));
  while (!bytes.empty()) {
    const ssize_t written = check(::pwrite(file.get(), bytes.data(), bytes.size(), offset), "write", path);
    offset += written;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void Tree::truncate(const std::string& path, off_t size) {
  const Place at = existing(path);
  const Fd file(check(::openat(at.parent->get(), at.name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
                      "open", path));
  check(::ftruncate(file.get(), size), "truncate", path);
}

void Tree::symlink(const std::string& path, const std::string& target) {
  const Place at = place(path);
  clear(at, path);
  check(::symlinkat(target.c_str(), at.parent->get(), at.name.c_str()), "symlink", path);
}

// The target first: it may not be there, and what it is to replace must stay then.
void Tree::link(const std::string& path, const std::string& target) {
  const Place from = existing(target);
  const auto status = status_of(*from.parent, from.name, target);
  if (!status || is_whiteout(*status)) throw SysError("link", target, ENOENT);
  const Place at = place(path);
  if (const auto there = status_of(*at.parent, at.name, path); there && there->st_ino == status->st_ino) return;
  clear(at, path);
  check(::linkat(from.parent->get(), from.name.c_str(), at.parent->get(), at.name.c_str(), 0), "link", target);
}

void Tree::node(const std::string& path, mode_t type, dev_t device) {
  const Place at = place(path);
  clear(at, path);
  check(::mknodat(at.parent->get(), at.name.c_str(), type | 0600, device), "mknod", path);
}

void Tree::remove(const std::string& path) {
  Fd parent = enter(parent_name(path));
  if (!parent && (errno == ENOENT || errno == ENOTDIR)) return;
  if (!parent) throw SysError("enter", path);
  clear(remember(path, std::move(parent)), path);
}

void Tree::whiteout(const std::string& path) {
  if (is_elsewhere(parent_name(path))) return;
  const Place at = place(path);
  const auto status = status_of(*at.parent, at.name, path);
  if (status && S_ISDIR(status->st_mode)) return opaque(path);
  if (status) return;
  check(::mknodat(at.parent->get(), at.name.c_str(), S_IFCHR, makedev(0, 0)), "mknod", path);
}

void Tree::opaque_directory(const std::string& path) {
  if (is_elsewhere(path)) return;
  directory(path);
  opaque(path);
}

void Tree::opaque(const std::string& path) {
  const Place at = place(path);
  check(::lsetxattr(by_fd(*at.parent, at.name).c_str(), kOpaque, "y", 1, 0), "setxattr", path);
}

void Tree::attributes(const std::string& path, const Attributes& wanted) {
  const Place at = existing(path);
  const int parent = at.parent->get();
  const char* name = at.name.c_str();
  const auto status = status_of(*at.parent, at.name, path);
  if (!status) throw SysError("stat", path, ENOENT);
  check(::fchownat(parent, name, wanted.uid, wanted.gid, AT_SYMLINK_NOFOLLOW), "chown", path);
  if (!S_ISLNK(status->st_mode)) check(::fchmodat(parent, name, wanted.mode & 07777, 0), "chmod", path);
  for (const auto& [key, value] : wanted.xattrs) {
    if (::lsetxattr(by_fd(*at.parent, at.name).c_str(), key.c_str(), value.data(), value.size(), 0) == 0) continue;
    // File systems without them, and user.* of what is neither file nor directory.
    if (errno != ENOTSUP && !(errno == EPERM && key.starts_with("user."))) throw SysError("setxattr " + key, path);
  }
  modified(path, wanted.modified);
}

void Tree::modified(const std::string& path, timespec time) {
  const Place at = existing(path);
  const timespec times[2] = {time, time};
  check(::utimensat(at.parent->get(), at.name.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimes", path);
}

bool is_opaque(const std::string& path) {
  char value = 0;
  return ::lgetxattr(path.c_str(), kOpaque, &value, 1) == 1 && value == 'y';
}
