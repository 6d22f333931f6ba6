#include "operations.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "../base/kernel.h"
#include "../base/sys_error.h"
#include "launch.h"
#include "privileges.h"
#include "text.h"

namespace {

using Words = const std::vector<std::string>&;
using Operation = void (*)(Context&, Words);

mode_t octal(const std::string& text) { return number<mode_t>(text, 8); }
unsigned decimal(const std::string& text) { return number<unsigned>(text); }

void write_text(const Fd& file, const std::string& text, const std::string& path) {
  check(::write(file.get(), text.data(), text.size()), "write", path);
}

// Where a name has a dot in itself (an interface eth0.5) it is written with a slash, as sysctl(8) has it.
void sysctl(Context& context, Words words) {
  std::string name = words[1];
  for (char& each : name) each = each == '.' ? '/' : each == '/' ? '.' : each;
  std::string path = "/proc/sys/" + name;
  write_text(context.rootfs.open(path, O_WRONLY), words[2], words[1]);
}

void oom_score_adj(Context&, Words words) {
  const char* path = "/proc/self/oom_score_adj";
  Fd file(check(::open(path, O_WRONLY | O_CLOEXEC), "open", path));
  // Lowering it takes CAP_SYS_RESOURCE, which the host may not have given us.
  bool wrote = ::write(file.get(), words[1].data(), words[1].size()) >= 0;
  if (!wrote && errno != EACCES && errno != EPERM) throw SysError("write", path);
}

// For the next exec, and for those of children that are forked before it. What is not the kernel's own is not written to.
void apparmor(Context&, Words words) {
  const char* path = "/proc/thread-self/attr/apparmor/exec";
  const char* older = "/proc/thread-self/attr/exec";
  Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file) file = Fd(check(::open(older, O_WRONLY | O_CLOEXEC), "open", older));
  struct statfs status {};
  check(::fstatfs(file.get(), &status), "statfs", path);
  if (status.f_type != PROC_SUPER_MAGIC) throw SysError("open", path, ELOOP);
  write_text(file, "exec " + words[1], words[1]);
}

void capabilities(Context& context, Words words) {
  limit_bounding(number<uint64_t>(words[1], 16));
  context.capabilities = number<uint64_t>(words[2], 16);
}

void user(Context& context, Words words) {
  std::vector<gid_t> groups;
  for (const auto& group : split(words[3], ',')) groups.push_back(decimal(group));
  uid_t uid = decimal(words[1]);
  // A filter takes a privilege to load: it is kept, but not effective, until then.
  if (!context.seccomp.empty()) check(::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities");
  set_user(uid, decimal(words[2]), groups);
  if (uid != 0 && context.capabilities) context.capabilities = 0;
}

void device(Context& context, Words words) {
  mode_t kind = words[2] == "b" ? S_IFBLK : S_IFCHR;
  context.rootfs.device(words[1], kind | octal(words[5]), {decimal(words[3]), decimal(words[4])},
                        {decimal(words[6]), decimal(words[7])});
}

struct Row {
  std::string_view name;
  Operation run;
};

// The operations of a container, by name.
constexpr Row kTable[] = {
    {"propagation", [](Context&, Words w) { set_propagation(w[1]); }},
    {"overlay", [](Context& c, Words w) { c.rootfs.overlay(w[1], w[2], w[3], {w.begin() + 4, w.end()}); }},
    {"mount", [](Context& c, Words w) { c.rootfs.mount(w[1], w[2], w[3], w[4], w[5]); }},
    {"bind", [](Context& c, Words w) { c.rootfs.bind(w[1], w[2], w[3]); }},
    {"bind-of", [](Context& c, Words w) { c.rootfs.bind_of(w[1], w[2], w[3], w[4]); }},
    {"mkdir", [](Context& c, Words w) { c.rootfs.mkdir(w[1], octal(w[2]), {decimal(w[3]), decimal(w[4])}); }},
    {"file", [](Context& c, Words w) { c.rootfs.file(w[1], octal(w[2]), w[3]); }},
    {"symlink", [](Context& c, Words w) { c.rootfs.symlink(w[1], w[2]); }},
    {"device", device},
    {"mask", [](Context& c, Words w) { c.rootfs.mask(w[1]); }},
    {"readonly", [](Context& c, Words w) { c.rootfs.readonly(w[1]); }},
    {"root", [](Context& c, Words) { c.rootfs.pivot(); }},
    {"root-readonly", [](Context& c, Words) { c.rootfs.root_attribute(MOUNT_ATTR_RDONLY); }},
    {"root-nodev", [](Context& c, Words) { c.rootfs.root_attribute(MOUNT_ATTR_NODEV); }},
    {"hostname", [](Context&, Words w) { check(::sethostname(w[1].data(), w[1].size()), "sethostname", w[1]); }},
    {"domainname", [](Context&, Words w) { check(::setdomainname(w[1].data(), w[1].size()), "setdomainname", w[1]); }},
    {"sysctl", sysctl},
    {"rlimit", [](Context&, Words w) { set_rlimit(w[1], w[2], w[3]); }},
    {"oom-score-adj", oom_score_adj},
    {"umask", [](Context& c, Words w) { c.umask = octal(w[1]); }},
    {"apparmor", apparmor},
    {"no-new-privileges", [](Context&, Words) { check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs"); }},
    {"seccomp", [](Context& c, Words w) { c.seccomp.push_back(w[1]); }},
    {"capabilities", capabilities},
    {"user", user},
    {"cwd", [](Context&, Words w) { check(::chdir(w[1].c_str()), "chdir", w[1]); }},
    {"env", [](Context& c, Words w) { c.environment.push_back(w[1]); }},
    {"init", [](Context& c, Words) { c.init = true; }},
    {"exec", [](Context& c, Words w) { launch(c, {w.begin() + 1, w.end()}); }},
};

const Row* find(std::string_view name) {
  return std::find_if(std::begin(kTable), std::end(kTable), [&](const Row& row) { return row.name == name; });
}

}  // namespace

bool is_container_step(std::string_view name) { return find(name) != std::end(kTable); }

void run_step(Context& context, const Step& step) { find(step[0])->run(context, step); }
