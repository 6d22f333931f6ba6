#include "steps.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"

namespace {

void make_pipe(Fd& reader, Fd& writer) {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe");
  reader = Fd(ends[0]);
  writer = Fd(ends[1]);
}

constexpr int kFailed = 125;

}  // namespace

Pipes make_pipes(const Settings& settings) {
  Pipes pipes;
  pipes.theirs.tty = settings.tty;
  pipes.theirs.rows = settings.rows;
  pipes.theirs.columns = settings.columns;
  if (settings.tty) return pipes;
  make_pipe(pipes.ours.out, pipes.theirs.out);
  make_pipe(pipes.ours.err, pipes.theirs.err);
  if (settings.stdin_mode == "null") {
    pipes.theirs.in = Fd(check(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open", "/dev/null"));
  } else {
    make_pipe(pipes.theirs.in, pipes.ours.in);
    ::fchmod(pipes.theirs.in.get(), 0666);
  }
  for (int fd : {pipes.ours.out.get(), pipes.ours.err.get(), pipes.ours.in.get()}) {
    if (fd >= 0) check(::fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
  }
  // A program that is not root may open them again by name, as /dev/stdout is.
  ::fchmod(pipes.theirs.out.get(), 0666);
  ::fchmod(pipes.theirs.err.get(), 0666);
  return pipes;
}

pid_t clone_process(uint64_t flags, const Fd& cgroup) {
  clone_args arguments{};
  arguments.flags = flags | (cgroup ? CLONE_INTO_CGROUP : 0);
  arguments.cgroup = cgroup ? static_cast<uint64_t>(cgroup.get()) : 0;
  // With CLONE_PARENT the kernel takes that of our own.
  arguments.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
  return static_cast<pid_t>(check(syscall(SYS_clone3, &arguments, sizeof arguments), "clone"));
}

size_t index_of(const Program& program, const std::string& operation) {
  for (size_t index = 0; index < program.size(); ++index) {
    if (program[index][0] == operation) return index;
  }
  return 0;
}

std::map<std::string, std::vector<sock_filter>> filters_of(const Program& program) {
  std::map<std::string, std::vector<sock_filter>> filters;
  for (size_t index = 0; index < program.size(); ++index) {
    const Step& step = program[index];
    if (step[0] != "seccomp") continue;
    try {
      filters.emplace(step[1], read_filter(step[1]));
    } catch (const SysError& error) {
      throw StepError(index, step[0], error);
    }
  }
  return filters;
}

// Moving a process by cgroup.procs makes the kernel wait for every other fork; a thread that moves itself by v1's
// `tasks`, and a process that is born in its v2 cgroup, do not.
void enter_cgroups(const Program& program) {
  for (size_t index = 0; index < program.size(); ++index) {
    const Step& step = program[index];
    if (step[0] != "cgroup") continue;
    std::string path = step[1] + "/tasks";
    Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) continue;
    try {
      check(file.get(), "open", path);
      check(::write(file.get(), "0", 1), "write", path);
    } catch (const SysError& error) {
      throw StepError(index, step[0], error);
    }
  }
}

// The last ones are looked at first: beside the trees of version 1 the one of version 2 comes last.
Fd birth_cgroup(const Program& program) {
  for (size_t index = program.size(); index-- > 0;) {
    const Step& step = program[index];
    if (step[0] != "cgroup" || ::access((step[1] + "/tasks").c_str(), F_OK) == 0) continue;
    Fd directory(::open(step[1].c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) throw StepError(index, step[0], SysError("open", step[1]));
    return directory;
  }
  return Fd();
}

void fail(int channel, const Failure& failure) {
  try {
    send_message(channel, failure);
  } catch (const SysError&) {
    // The monitor is gone, and so is everybody who could want to know.
  }
  ::_exit(kFailed);
}

void run_steps(Context& context, const Program& program) {
  ::umask(0);
  for (size_t index = 0; index < program.size(); ++index) {
    const Step& step = program[index];
    // The first step of a request is a bare `exec`.
    if (!is_container_step(step[0]) || step == Step{"exec"}) continue;
    try {
      run_step(context, step);
    } catch (const SysError& error) {
      fail(context.channel, failure_of(index, step[0], error.subject, error.number));
    } catch (const std::exception& error) {
      fail(context.channel, failure_of(index, step[0], error.what(), EINVAL));
    }
  }
  ::_exit(kFailed);
}
