#include "netns.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../base/kernel.h"
#include "../base/sys_error.h"
#include "in_netns.h"
#include "pins.h"

namespace {

void pin(const Fd& netns, const std::string& path) {
  const Fd file(
      check(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400), "create network namespace", path));
  try {
    kernel::move_mount(netns.get(), file.get(), path);
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
}

// EINVAL: a file that a crash left before a namespace was pinned to it.
bool is_unmounted() { return errno == EINVAL || errno == ENOENT; }

void remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  // What a crash left of where they were gathered.
  check(errno == EISDIR ? ::rmdir(path.c_str()) : -1, "remove network namespace", path);
}

void unpin(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && !is_unmounted()) {
    throw SysError("unpin network namespace", path);
  }
  remove(path);
}

bool is_moved(const std::string& path, const std::string& to) {
  const Fd place(::open(to.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0400));
  return place && ::mount(path.c_str(), to.c_str(), nullptr, MS_MOVE, nullptr) == 0;
}

// The first one's, of all that failed.
SysError joined(const std::vector<SysError>& failures) {
  std::string subjects;
  for (const SysError& each : failures) subjects += (subjects.empty() ? "" : ", ") + each.subject;
  return SysError(failures.front().call, subjects, failures.front().number);
}

// After an unmount the kernel waits until every processor has seen it. Moved into one mount they go together; what
// cannot be moved goes by itself.
void unpin_together(const std::vector<std::string>& paths) {
  const std::string& first = paths.front();
  const std::string gathered = first.substr(0, first.rfind('/') + 1) + ".gone-" + std::to_string(::gettid());
  std::vector<SysError> failures;
  const auto attempt = [&](const std::string& path, auto work) {
    try {
      work(path);
    } catch (const SysError& error) {
      failures.push_back(error);
    }
  };
  // Of a thread before that had this number and was killed.
  attempt(gathered, unpin);
  const bool is_made = ::mkdir(gathered.c_str(), 0700) == 0 &&
                       ::mount("tmpfs", gathered.c_str(), "tmpfs", 0, "mode=0700") == 0;
  for (std::size_t index = 0; index < paths.size(); ++index) {
    const std::string to = gathered + "/" + std::to_string(index);
    attempt(paths[index], is_made && is_moved(paths[index], to) ? remove : unpin);
  }
  attempt(gathered, unpin);
  if (!failures.empty()) throw joined(failures);
}

}  // namespace

void create_netns(const std::string& path, const std::string& pins, const std::vector<netlink::Veth>& links) {
  const Fd place = open_namespace(pins);
  netlink::Socket outside;
  on_own_thread([&] {
    check(::unshare(CLONE_NEWNET), "create network namespace", path);
    netlink::Socket inside;
    netlink::set_up(inside, "lo");
    const Fd here(check(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "open network namespace", path));
    const Fd tree = kernel::open_tree(here.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
    enter(place);
    pin(tree, path);
    for (const netlink::Veth& link : links) netlink::create_veth(outside, inside, here, link);
    return true;
  });
}

void pin_netns(const std::string& held, const std::string& path, const std::string& pins) {
  const Fd place = open_namespace(pins);
  const Fd netns = kernel::open_tree(open_netns(held).get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  on_own_thread([&] {
    enter(place);
    pin(netns, path);
    return true;
  });
}

void delete_netns(const std::vector<std::string>& paths, const std::string& pins) {
  if (paths.empty()) return;
  const Fd place = open_namespace(pins);
  on_own_thread([&] {
    enter(place);
    if (paths.size() == 1) {
      unpin(paths.front());
    } else {
      unpin_together(paths);
    }
    return true;
  });
}

Fd open_netns(const std::string& path) {
  return Fd(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open network namespace", path));
}
