#include "operations.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "../base/sys_error.h"
#include "launch.h"
#include "privileges.h"

namespace {

using Words = const std::vector<std::string>&;
using Operation = void (*)(Context&, Words);

mode_t octal(const std::string& text) { return static_cast<mode_t>(std::stoul(text, nullptr, 8)); }
unsigned number(const std::string& text) { return static_cast<unsigned>(std::stoul(text)); }

void write_file(const std::string& path, const std::string& text) {
  Fd file(check(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open", path));
  check(::write(file.get(), text.data(), text.size()), "write", path);
}

void sysctl(Context&, Words words) {
  std::string path = "/proc/sys/" + words[1];
  std::replace(path.begin() + 10, path.end(), '.', '/');
  write_file(path, words[2]);
}

void oom_score_adj(Context&, Words words) {
  try {
    write_file("/proc/self/oom_score_adj", words[1]);
  } catch (const SysError& error) {
    // Lowering it needs CAP_SYS_RESOURCE.
    if (error.number != EACCES && error.number != EPERM) throw;
  }
}

void user(Context& context, Words words) {
  std::vector<gid_t> groups;
  std::istringstream list(words[3]);
  for (std::string group; std::getline(list, group, ',');) groups.push_back(number(group));
  uid_t uid = number(words[1]);
  set_user(uid, number(words[2]), groups);
  if (context.capabilities_set && uid == 0) set_capabilities(context.effective);
}

void device(Context& context, Words words) {
  mode_t kind = words[2] == "b" ? S_IFBLK : S_IFCHR;
  context.rootfs.device(words[1], kind | octal(words[5]), number(words[3]), number(words[4]), number(words[6]),
                        number(words[7]));
}

void cwd(Context&, Words words) { check(::chdir(words[1].c_str()), "chdir", words[1]); }

// The operations of a container, by name.
const std::map<std::string, Operation> kTable = {
    {"propagation", [](Context&, Words w) { set_propagation(w[1]); }},
    {"overlay", [](Context& c, Words w) { c.rootfs.overlay(w[1], w[2], w[3], {w.begin() + 4, w.end()}); }},
    {"mount", [](Context& c, Words w) { c.rootfs.mount(w[1], w[2], w[3], w[4], w[5]); }},
    {"bind", [](Context& c, Words w) { c.rootfs.bind(w[1], w[2], w[3]); }},
    {"mkdir", [](Context& c, Words w) { c.rootfs.mkdir(w[1], octal(w[2]), number(w[3]), number(w[4])); }},
    {"file", [](Context& c, Words w) { c.rootfs.file(w[1], octal(w[2]), w[3]); }},
    {"symlink", [](Context& c, Words w) { c.rootfs.symlink(w[1], w[2]); }},
    {"device", device},
    {"mask", [](Context& c, Words w) { c.rootfs.mask(w[1]); }},
    {"readonly", [](Context& c, Words w) { c.rootfs.readonly(w[1]); }},
    {"root", [](Context& c, Words) { c.rootfs.pivot(); }},
    {"root-readonly", [](Context& c, Words) { c.rootfs.root_readonly(); }},
    {"hostname", [](Context&, Words w) { check(::sethostname(w[1].data(), w[1].size()), "sethostname", w[1]); }},
    {"domainname", [](Context&, Words w) { check(::setdomainname(w[1].data(), w[1].size()), "setdomainname", w[1]); }},
    {"sysctl", sysctl},
    {"rlimit", [](Context&, Words w) { set_rlimit(w[1], w[2], w[3]); }},
    {"oom-score-adj", oom_score_adj},
    {"umask", [](Context& c, Words w) { c.umask = octal(w[1]); }},
    {"no-new-privileges", [](Context&, Words) { check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs"); }},
    {"seccomp", [](Context& c, Words w) { load_filter(c.filters.at(w[1])); }},
    {"capabilities",
     [](Context& c, Words w) {
       c.effective = std::stoull(w[2], nullptr, 16);
       c.capabilities_set = true;
       limit_bounding(std::stoull(w[1], nullptr, 16));
     }},
    {"user", user},
    {"cwd", cwd},
    {"env", [](Context& c, Words w) { c.environment.push_back(w[1]); }},
    {"init", [](Context& c, Words) { c.init = true; }},
    {"exec", [](Context& c, Words w) { launch(c, {w.begin() + 1, w.end()}); }},
};

}  // namespace

bool is_container_step(const std::string& name) { return kTable.contains(name); }

void run_step(Context& context, const Step& step) { kTable.at(step[0])(context, step); }
