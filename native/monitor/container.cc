// The start of a container's own program.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reply.h"
#include "steps.h"

namespace {

struct Namespace {
  std::string_view name;
  int flag;
};

constexpr Namespace kNamespaces[] = {{"pid", CLONE_NEWPID}, {"mount", CLONE_NEWNS}, {"ipc", CLONE_NEWIPC},
                                     {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET},  {"cgroup", CLONE_NEWCGROUP}};

int flag_of(std::string_view name) {
  for (const auto& each : kNamespaces) {
    if (each.name == name) return each.flag;
  }
  throw SysError("namespace", std::string(name), EINVAL);
}

void join(const std::string& kind, const std::string& path) {
  Fd at(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open", path));
  check(::setns(at.get(), flag_of(kind)), "setns", path);
}

// In the new process. The pid namespace to join was the parent's business: it is for children only.
void enter_namespaces(Context& context, const Settings& settings, const Program& program) {
  for (size_t index = 0; index < program.size(); ++index) {
    const Step& step = program[index];
    try {
      if (step[0] == "join" && step[1] != "pid") join(step[1], step[2]);
      if (step[0] == "namespaces" && settings.has_namespace("cgroup")) check(::unshare(CLONE_NEWCGROUP), "unshare", "cgroup");
    } catch (const SysError& error) {
      fail(context.channel, failure_of(index, step[0], error.subject, error.number));
    }
  }
}

[[noreturn]] void be_container(Context& context, const Settings& settings, const Program& program) {
  // Held, it would keep the starter waiting for the end of the reply.
  ::close(kReply);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  try {
    // Before the new cgroup namespace, which begins where we are.
    enter_cgroups(program);
  } catch (const StepError& error) {
    fail(context.channel, error.failure);
  }
  enter_namespaces(context, settings, program);
  context.rootfs.use_current();
  run_steps(context, program);
}

// Joins the pid namespace for the children that come next, and goes back to our own: execs find their own way.
class PidNamespace {
 public:
  explicit PidNamespace(const Program& program) {
    for (size_t index = 0; index < program.size(); ++index) {
      const Step& step = program[index];
      if (step[0] != "join" || step[1] != "pid") continue;
      try {
        own_ = Fd(check(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), "open", "/proc/self/ns/pid"));
        join(step[1], step[2]);
      } catch (const SysError& error) {
        throw StepError(index, step[0], error);
      }
    }
  }
  ~PidNamespace() {
    if (own_) ::setns(own_.get(), CLONE_NEWPID);
  }

 private:
  Fd own_;
};

pid_t clone_container(const Settings& settings, const Program& program) {
  Fd cgroup = birth_cgroup(program);
  PidNamespace joined(program);
  uint64_t flags = 0;
  for (const auto& name : settings.namespaces) {
    if (name != "cgroup") flags |= static_cast<uint64_t>(flag_of(name));
  }
  try {
    return clone_process(flags, cgroup);
  } catch (const SysError& error) {
    throw StepError(index_of(program, "namespaces"), "namespaces", error);
  }
}

}  // namespace

Started start_container(const Settings& settings, const Program& program) {
  Context context;
  context.filters = filters_of(program);
  Pipes pipes = make_pipes(settings);
  Channel channel = make_channel();
  context.stdio = &pipes.theirs;
  context.channel = channel.theirs.get();
  context.hold = settings.hold;
  pid_t pid = clone_container(settings, program);
  if (pid == 0) {
    channel.ours.reset();
    be_container(context, settings, program);
  }
  Started started = std::move(pipes.ours);
  started.pid = pid;
  started.channel = std::move(channel.ours);
  return started;
}
