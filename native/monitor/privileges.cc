#include "privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "../base/fd.h"
#include "../base/sys_error.h"
#include "text.h"

void set_rlimit(const std::string& name, const std::string& soft, const std::string& hard) {
  struct Row {
    std::string_view name;
    __rlimit_resource_t number;
  };
  static constexpr Row kLimits[] = {
      {"as", RLIMIT_AS}, {"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU}, {"data", RLIMIT_DATA},
      {"fsize", RLIMIT_FSIZE}, {"locks", RLIMIT_LOCKS}, {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE},
      {"nice", RLIMIT_NICE}, {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"rss", RLIMIT_RSS},
      {"rtprio", RLIMIT_RTPRIO}, {"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING}, {"stack", RLIMIT_STACK}};
  const Row* found = std::find_if(std::begin(kLimits), std::end(kLimits), [&](const Row& row) { return row.name == name; });
  if (found == std::end(kLimits)) throw SysError("rlimit", name, EINVAL);
  // -1 is "unlimited".
  auto limit = [](const std::string& text) { return parse<rlim_t>(text).value_or(RLIM_INFINITY); };
  rlimit wanted{limit(soft), limit(hard)};
  if (::setrlimit(found->number, &wanted) == 0) return;
  if (errno != EPERM) throw SysError("setrlimit", name);
  // Raising the hard limit needs CAP_SYS_RESOURCE, which a container host may lack: as much as there is.
  rlimit inherited{};
  check(::getrlimit(found->number, &inherited), "getrlimit", name);
  wanted.rlim_max = std::min(wanted.rlim_max, inherited.rlim_max);
  wanted.rlim_cur = std::min(wanted.rlim_cur, wanted.rlim_max);
  check(::setrlimit(found->number, &wanted), "setrlimit", name);
}

void limit_bounding(uint64_t bounding) {
  for (int capability = 0; capability < 64; ++capability) {
    if ((bounding >> capability & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    // The kernel has no capability of this number, and so none of a higher one.
    if (errno == EINVAL) break;
    throw SysError("drop capability", std::to_string(capability));
  }
  check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clear ambient capabilities");
}

void set_capabilities(uint64_t effective) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  __user_cap_data_struct held[2]{};
  check(syscall(SYS_capget, &header, held), "capget");
  for (int half = 0; half < 2; ++half) {
    // What we do not hold ourselves cannot be given.
    uint32_t wanted = static_cast<uint32_t>(effective >> (32 * half)) & held[half].permitted;
    data[half].permitted = data[half].effective = wanted;
  }
  check(syscall(SYS_capset, &header, data), "capset");
}

void use_permitted() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[2]{};
  check(syscall(SYS_capget, &header, held), "capget");
  for (auto& half : held) half.effective = half.permitted;
  check(syscall(SYS_capset, &header, held), "capset");
}

void set_user(uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
  check(::setgroups(groups.size(), groups.data()), "setgroups");
  check(::setresgid(gid, gid, gid), "setgid", std::to_string(gid));
  check(::setresuid(uid, uid, uid), "setuid", std::to_string(uid));
}

std::vector<sock_filter> read_filter(const std::string& path) {
  Fd file(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open", path));
  struct stat status {};
  check(::fstat(file.get(), &status), "stat", path);
  std::vector<sock_filter> filter(static_cast<size_t>(status.st_size) / sizeof(sock_filter));
  size_t bytes = filter.size() * sizeof(sock_filter);
  if (bytes == 0 || check(::read(file.get(), filter.data(), bytes), "read", path) != static_cast<ssize_t>(bytes)) {
    throw SysError("read filter", path, EINVAL);
  }
  return filter;
}

void load_filter(const std::vector<sock_filter>& filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}
