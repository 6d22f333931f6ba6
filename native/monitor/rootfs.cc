#include "rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "../base/sys_error.h"
#include "kernel.h"
#include "text.h"

namespace {

// As the kernel has it.
constexpr int kMostLinks = 40;

std::string by_fd(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

struct Flag {
  std::string_view name;
  uint64_t mount;
  uint64_t attribute;
  uint64_t propagation;
};

constexpr Flag kFlags[] = {{"ro", MS_RDONLY, MOUNT_ATTR_RDONLY, 0},
                           {"nosuid", MS_NOSUID, MOUNT_ATTR_NOSUID, 0},
                           {"nodev", MS_NODEV, MOUNT_ATTR_NODEV, 0},
                           {"noexec", MS_NOEXEC, MOUNT_ATTR_NOEXEC, 0},
                           {"relatime", MS_RELATIME, 0, 0},
                           {"strictatime", MS_STRICTATIME, 0, 0},
                           {"private", 0, 0, MS_PRIVATE},
                           {"slave", 0, 0, MS_SLAVE},
                           {"shared", 0, 0, MS_SHARED}};

const Flag& flag_of(const std::string& name) {
  for (const auto& each : kFlags) {
    if (each.name == name) return each;
  }
  throw SysError("flag", name, EINVAL);
}

unsigned long mount_flags(const std::string& flags) {
  unsigned long bits = 0;
  for (const auto& name : split(flags, ',')) bits |= flag_of(name).mount;
  return bits;
}

// The file system context has a text for what went wrong; errno alone says "Invalid argument".
[[noreturn]] void throw_with_log(const Fd& context, const char* call, const std::string& subject) {
  int number = errno;
  std::string detail;
  char text[512];
  // One message a read, each with a letter for its weight and a space in front.
  for (ssize_t length; (length = ::read(context.get(), text, sizeof text)) > 0;) {
    std::string_view message(text, static_cast<size_t>(length));
    message.remove_prefix(std::min<size_t>(2, message.size()));
    while (message.ends_with('\n')) message.remove_suffix(1);
    detail.append(detail.empty() ? " (" : "; ").append(message);
  }
  throw SysError(call, detail.empty() ? subject : subject + detail + ")", number);
}

void configure(const Fd& context, unsigned command, const char* key, const char* value, const std::string& subject) {
  if (syscall(SYS_fsconfig, context.get(), command, key, value, 0) < 0) throw_with_log(context, "overlay", subject);
}

Fd overlay_mount(const std::string& upper, const std::string& work, const std::vector<std::string>& lowers) {
  Fd context = kernel::fsopen("overlay");
  for (const auto& lower : lowers) configure(context, FSCONFIG_SET_STRING, "lowerdir+", lower.c_str(), lower);
  if (!upper.empty()) {
    configure(context, FSCONFIG_SET_STRING, "upperdir", upper.c_str(), upper);
    configure(context, FSCONFIG_SET_STRING, "workdir", work.c_str(), work);
  }
  configure(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, upper.empty() ? lowers.front() : upper);
  return Fd(static_cast<int>(check(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0), "fsmount", upper)));
}

}  // namespace

void set_propagation(const std::string& kind) {
  unsigned long flag = kind == "slave" ? MS_SLAVE : MS_PRIVATE;
  check(::mount("", "/", nullptr, MS_REC | flag, nullptr), "mount propagation", kind);
}

void Rootfs::use_current() { root_ = Fd(check(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/")); }

Fd Rootfs::open(const std::string& path, int flags, mode_t mode) const {
  return kernel::openat2(root_.get(), path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

void Rootfs::overlay(const std::string& target, const std::string& upper, const std::string& work,
                     const std::vector<std::string>& lowers) {
  Fd made = overlay_mount(upper, work, lowers);
  if (target != "/") {
    kernel::move_mount(made.get(), directory(target).get(), target);
    return;
  }
  // A root must hang somewhere before the pivot: over its own upper directory, where nobody looks for anything else.
  const std::string& place = upper.empty() ? lowers.front() : upper;
  Fd below(check(::open(place.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", place));
  kernel::move_mount(made.get(), below.get(), place);
  root_ = std::move(made);
}

std::optional<std::string> Rootfs::link_at(const std::string& path) const {
  char target[4096];
  try {
    Fd link = open(path, O_PATH | O_NOFOLLOW);
    ssize_t length = ::readlinkat(link.get(), "", target, sizeof target);
    if (length < 0) return std::nullopt;
    return std::string(target, static_cast<size_t>(length));
  } catch (const SysError& error) {
    if (error.number == ENOENT) return std::nullopt;
    throw;
  }
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
  try {
    return open(path);
  } catch (const SysError& error) {
    if (error.number == ENOENT || error.number == ENOTDIR) return std::nullopt;
    throw;
  }
}

// Opens a directory, making it and its parents where missing.
Fd Rootfs::directory(const std::string& path) const {
  if (auto there = find(path.empty() ? "/" : path)) return std::move(*there);
  std::string walked;
  Fd current = open("/");
  for (const auto& part : split(canonical(path), '/')) {
    walked += "/" + part;
    // The umask is 0 here.
    if (::mkdirat(current.get(), part.c_str(), 0755) < 0 && errno != EEXIST) throw SysError("mkdir", walked);
    current = open(walked, O_PATH | O_DIRECTORY);
  }
  return current;
}

Fd Rootfs::target_like(const std::string& path, bool is_directory) const {
  if (is_directory) return directory(path);
  if (auto there = find(path)) return std::move(*there);
  std::string place = canonical(path);
  auto [above, name] = parent(place);
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  Fd made(check(::openat(above.get(), name.c_str(), flags, 0644), "create", path));
  return open(place);
}

void Rootfs::mount(const std::string& source, const std::string& target, const std::string& type,
                   const std::string& flags, const std::string& data) {
  Fd at = directory(target);
  check(::mount(source.c_str(), by_fd(at).c_str(), type.c_str(), mount_flags(flags), data.c_str()), "mount", target);
}

void Rootfs::bind(const std::string& source, const std::string& target, const std::string& flags) {
  unsigned recursive = 0;
  mount_attr attributes{};
  attributes.propagation = MS_PRIVATE;
  for (const auto& name : split(flags, ',')) {
    if (name == "rec") {
      recursive = AT_RECURSIVE;
      continue;
    }
    const Flag& flag = flag_of(name);
    attributes.attr_set |= flag.attribute;
    if (flag.propagation != 0) attributes.propagation = flag.propagation;
  }
  Fd tree = kernel::open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | recursive);
  struct stat status {};
  check(::fstat(tree.get(), &status), "stat", source);
  kernel::mount_setattr(tree.get(), recursive, attributes, source);
  kernel::move_mount(tree.get(), target_like(target, S_ISDIR(status.st_mode)).get(), target);
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
  check(::mknodat(above.get(), name.c_str(), mode, makedev(device.major_number, device.minor_number)), "mknod", path);
  check(::fchownat(above.get(), name.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), "chown", path);
  check(::fchmodat(above.get(), name.c_str(), mode & 07777, 0), "chmod", path);
}

void Rootfs::mask(const std::string& path) {
  auto found = find(path);
  if (!found) return;
  const Fd& at = *found;
  struct stat status {};
  check(::fstat(at.get(), &status), "stat", path);
  if (S_ISDIR(status.st_mode)) {
    check(::mount("tmpfs", by_fd(at).c_str(), "tmpfs", MS_RDONLY, "size=0k"), "mask", path);
  } else {
    kernel::move_mount(kernel::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE).get(), at.get(), path);
  }
}

void Rootfs::readonly(const std::string& path) {
  auto found = find(path);
  if (!found) return;
  const Fd& at = *found;
  Fd tree = kernel::open_tree(at.get(), "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  kernel::mount_setattr(tree.get(), AT_RECURSIVE, attributes, path);
  kernel::move_mount(tree.get(), at.get(), path);
}

// pivot_root(".", ".") stacks the old root over the new one; detaching it leaves the new one.
void Rootfs::pivot() {
  check(::fchdir(root_.get()), "fchdir", "root");
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(::umount2(".", MNT_DETACH), "umount", "old root");
  check(::chdir("/"), "chdir", "/");
  use_current();
}

void Rootfs::root_readonly() {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  kernel::mount_setattr(root_.get(), 0, attributes, "/");
}
