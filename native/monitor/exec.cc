// The start of another program inside a container.

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "steps.h"

namespace {

constexpr int kAll = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;

// Between the monitor and the program: it enters, and makes the program a child of the monitor.
[[noreturn]] void go_between(Context& context, const Program& program, const Fd& target) {
  try {
    enter_cgroups(program);
    Fd cgroup = birth_cgroup(program);
    check(::setns(target.get(), kAll), "setns", "container");
    if (clone_process(CLONE_PARENT, cgroup) > 0) ::_exit(0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    context.rootfs.use_current();
    // Its number is different in here; the kernel translates that of a sender.
    send_message(context.channel, {"here"});
  } catch (const StepError& error) {
    fail(context.channel, error.failure);
  } catch (const SysError& error) {
    fail(context.channel, failure_of(0, "exec", error.subject, error.number));
  }
  run_steps(context, program);
}

}  // namespace

Started start_exec(const Settings& settings, const Program& program, pid_t container) {
  Context context;
  context.filters = filters_of(program);
  Pipes pipes = make_pipes(settings);
  Channel channel = make_channel();
  context.stdio = &pipes.theirs;
  context.channel = channel.theirs.get();
  Fd target(static_cast<int>(check(syscall(SYS_pidfd_open, container, 0), "pidfd_open", "container")));
  if (clone_process(0) == 0) {
    channel.ours.reset();
    go_between(context, program, target);
  }
  Started started = std::move(pipes.ours);
  started.channel = std::move(channel.ours);
  return started;
}
