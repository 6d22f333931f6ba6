#include "process.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "../base/sys_error.h"
#include "privileges.h"
#include "settings.h"

namespace {

const std::map<std::string, int> kNamespaces = {{"pid", CLONE_NEWPID}, {"mount", CLONE_NEWNS}, {"ipc", CLONE_NEWIPC},
                                                {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET},  {"cgroup", CLONE_NEWCGROUP},
                                                {"user", CLONE_NEWUSER}};

int flag_of(const std::string& name) {
  auto found = kNamespaces.find(name);
  if (found == kNamespaces.end()) throw SysError("namespace", name, EINVAL);
  return found->second;
}

pid_t clone_into(uint64_t flags) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
  return static_cast<pid_t>(check(syscall(SYS_clone3, &arguments, sizeof arguments), "clone"));
}

void join(const std::string& kind, const std::string& path) {
  Fd at(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open", path));
  check(::setns(at.get(), flag_of(kind)), "setns", path);
}

void enter_cgroup(const std::string& directory, pid_t pid) {
  std::string path = directory + "/cgroup.procs";
  Fd file(check(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open", path));
  std::string text = std::to_string(pid);
  check(::write(file.get(), text.data(), text.size()), "write", path);
}

struct Pipes {
  Started ours;
  Stdio theirs;
};

Pipes make_streams(const Settings& settings) {
  Pipes pipes;
  pipes.theirs.tty = settings.tty;
  pipes.theirs.rows = settings.rows;
  pipes.theirs.columns = settings.columns;
  if (settings.tty) return pipes;
  auto make = [](Fd& reader, Fd& writer) {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "pipe");
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  };
  make(pipes.ours.out, pipes.theirs.out);
  make(pipes.ours.err, pipes.theirs.err);
  if (settings.stdin_mode == "null") pipes.theirs.in = Fd(check(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open", "/dev/null"));
  else make(pipes.theirs.in, pipes.ours.in);
  for (int fd : {pipes.ours.out.get(), pipes.ours.err.get(), pipes.ours.in.get()}) {
    if (fd >= 0) check(::fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
  }
  // A program that drops its rights may open /proc/self/fd/1 again, as /dev/stdout is.
  ::fchmod(pipes.theirs.out.get(), 0666);
  ::fchmod(pipes.theirs.err.get(), 0666);
  return pipes;
}

std::map<std::string, std::vector<sock_filter>> filters_of(const Program& program) {
  std::map<std::string, std::vector<sock_filter>> filters;
  for (const Step& step : program) {
    if (step[0] == "seccomp") filters.emplace(step[1], read_filter(step[1]));
  }
  return filters;
}

// In the new process: every container step, then exec. What fails is told over the channel.
[[noreturn]] void run_steps(Context& context, const Program& program) {
  ::umask(0);
  for (size_t index = 0; index < program.size(); ++index) {
    const Step& step = program[index];
    // The first step of a request is a bare `exec`.
    if (!is_container_step(step[0]) || (step[0] == "exec" && step.size() == 1)) continue;
    try {
      run_step(context, step);
    } catch (const SysError& error) {
      try {
        send_message(context.channel, failure_of(index, step, error.subject, error.number));
      } catch (const std::exception&) {
      }
      ::_exit(125);
    } catch (const std::exception& error) {
      try {
        send_message(context.channel, failure_of(index, step, error.what(), EINVAL));
      } catch (const std::exception&) {
      }
      ::_exit(125);
    }
  }
  ::_exit(125);
}

[[noreturn]] void fail(int channel, size_t index, const Step& step, const SysError& error) {
  try {
    send_message(channel, failure_of(index, step, error.subject, error.number));
  } catch (const std::exception&) {
  }
  ::_exit(125);
}

[[noreturn]] void be_container(Context& context, const Settings& settings, const Program& program) {
  // A held program would keep the starter waiting for the end of the reply.
  ::close(kReply);
  Step at{"join"};
  try {
    // The go-ahead: by now we are in our cgroups, so that the new cgroup namespace begins there.
    if (!receive_message(context.channel)) ::_exit(125);
    for (const auto& [kind, path] : settings.joins) {
      if (kind != "pid") join(kind, path);
    }
    at = {"namespaces"};
    for (const auto& name : settings.namespaces) {
      if (name == "cgroup") check(::unshare(CLONE_NEWCGROUP), "unshare", "cgroup");
    }
  } catch (const SysError& error) {
    fail(context.channel, 0, at, error);
  }
  run_steps(context, program);
}

}  // namespace

Failure failure_of(size_t index, const Step& step, const std::string& subject, int number) {
  return {"error", std::to_string(index), step[0], subject, errno_name(number), strerror(number)};
}

Started start_container(const Settings& settings, const Program& program) {
  Context context;
  context.filters = filters_of(program);
  Pipes pipes = make_streams(settings);
  Channel channel = make_channel();
  context.stdio = &pipes.theirs;
  context.channel = channel.theirs.get();
  context.hold = settings.hold;
  uint64_t flags = 0;
  for (const auto& name : settings.namespaces) {
    if (name != "cgroup") flags |= static_cast<uint64_t>(flag_of(name));
  }
  // Joining a pid namespace is for our children, and we have but one that is not an exec.
  for (const auto& [kind, path] : settings.joins) {
    if (kind == "pid") join(kind, path);
  }
  pid_t pid = clone_into(flags);
  if (pid == 0) be_container(context, settings, program);
  Started started = std::move(pipes.ours);
  started.pid = pid;
  started.channel = std::move(channel.ours);
  try {
    for (const auto& directory : settings.cgroups) enter_cgroup(directory, pid);
    send_message(started.channel.get(), {"go"});
  } catch (...) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw;
  }
  return started;
}

Started start_exec(const Settings& settings, const Program& program, pid_t container) {
  Context context;
  context.filters = filters_of(program);
  Pipes pipes = make_streams(settings);
  Channel channel = make_channel();
  context.stdio = &pipes.theirs;
  context.channel = channel.theirs.get();
  Fd target(static_cast<int>(check(syscall(SYS_pidfd_open, container, 0), "pidfd_open")));
  pid_t middle = clone_into(0);
  if (middle == 0) {
    try {
      for (const auto& directory : settings.cgroups) enter_cgroup(directory, 0);
      check(::setns(target.get(), CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP), "setns", "container");
      context.rootfs.use_current();
      // The program becomes the monitor's child, in the container's pid namespace.
      pid_t pid = clone_into(CLONE_PARENT);
      if (pid == 0) run_steps(context, program);
      send_message(context.channel, {"pid", std::to_string(pid)});
    } catch (const SysError& error) {
      fail(context.channel, 0, {"exec"}, error);
    }
    ::_exit(0);
  }
  ::waitpid(middle, nullptr, 0);
  Started started = std::move(pipes.ours);
  started.channel = std::move(channel.ours);
  return started;
}

Progress next_progress(Started& started) {
  for (;;) {
    auto message = receive_message(started.channel.get());
    if (!message) {
      started.channel.reset();
      return {.running = true, .held = false, .failure = {}};
    }
    const std::string& word = message->words[0];
    if (word == "tty") {
      started.terminal = std::move(message->fd);
      check(::fcntl(started.terminal.get(), F_SETFL, O_NONBLOCK), "fcntl");
    } else if (word == "pid") {
      started.pid = std::stoi(message->words[1]);
    } else if (word == "held") {
      return {.running = false, .held = true, .failure = {}};
    } else {
      return {.running = false, .held = false, .failure = message->words};
    }
  }
}

void let_go(const Started& started) { send_message(started.channel.get(), {"go"}); }
