#include "pins.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <vector>

#include "../base/kernel.h"
#include "../base/sys_error.h"
#include "in_netns.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

namespace {

std::string directory_of(const std::string& file) { return file.substr(0, file.rfind('/')); }

// All that it has is an empty file system of its own.
Fd new_namespace(const std::string& directory, int processor) {
  return on_own_thread([&] {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    check(::sched_setaffinity(0, sizeof only, &only), "run on one processor");
    check(::unshare(CLONE_NEWNS), "create mount namespace", directory);
    const Fd here(check(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC), "open mount namespace"));
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make private", "/");
    check(::mount("tmpfs", directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0711"), "mount",
          directory);
    check(::chdir(directory.c_str()), "enter", directory);
    check(::syscall(SYS_pivot_root, ".", "."), "pivot_root", directory);
    check(::umount2(".", MNT_DETACH), "unmount", "/");
    return kernel::open_tree(here.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  });
}

bool is_namespace(const std::string& file) {
  struct statfs facts;
  return ::statfs(file.c_str(), &facts) == 0 && facts.f_type == NSFS_MAGIC;
}

std::vector<int> processors() {
  cpu_set_t allowed;
  check(::sched_getaffinity(0, sizeof allowed, &allowed), "find processors");
  std::vector<int> all;
  for (int each = 0; each < CPU_SETSIZE; ++each) {
    if (CPU_ISSET(each, &allowed)) all.push_back(each);
  }
  return all;
}

// Only a younger namespace can be held in ours. Since Linux 6.18 each processor numbers what it makes from a stock of its
// own, so a younger one has the higher number for sure only on the processor that ours was made on.
bool is_held(const Fd& made, const Fd& place, const std::string& file) {
  try {
    kernel::move_mount(made.get(), place.get(), file);
    return true;
  } catch (const SysError& error) {
    if (error.number != ELOOP) throw;
    return false;
  }
}

// A namespace cannot be held where mounts are passed on to others: it would be passed on to itself.
void hold(const std::string& file) {
  const std::string directory = directory_of(file);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) throw SysError("create", directory);
  check(::mount(directory.c_str(), directory.c_str(), nullptr, MS_BIND, nullptr), "bind", directory);
  check(::mount(nullptr, directory.c_str(), nullptr, MS_PRIVATE, nullptr), "make private", directory);
  const Fd place(check(::open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0400), "create", file));
  for (int processor : processors()) {
    const Fd made = new_namespace(directory, processor);
    if (is_held(made, place, file)) return;
  }
  throw SysError("hold mount namespace", file, ELOOP);
}

}  // namespace

Fd open_pins(const std::string& file) {
  if (!is_namespace(file)) {
    close_pins(file);
    try {
      hold(file);
    } catch (...) {
      close_pins(file);
      throw;
    }
  }
  const Fd found = open_namespace(file);
  return on_own_thread([&] {
    enter(found);
    return Fd(check(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", file));
  });
}

void close_pins(const std::string& file) {
  ::umount2(directory_of(file).c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  ::unlink(file.c_str());
  ::rmdir(directory_of(file).c_str());
}

Fd open_namespace(const std::string& file) {
  if (file.empty()) return Fd();
  return Fd(check(::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open mount namespace", file));
}

void enter(const Fd& mount_namespace) {
  if (!mount_namespace) return;
  // Threads share their root and working directory, which a change of the namespace is not allowed to.
  check(::unshare(CLONE_FS), "leave the other threads' root");
  check(::setns(mount_namespace.get(), CLONE_NEWNS), "enter mount namespace");
}
