#include "launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "../base/sys_error.h"
#include "channel.h"
#include "kernel.h"

namespace {

// The terminal comes from the container's own devpts, so that its name is right inside.
void open_terminal(Context& context) {
  Fd master(check(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "open", "/dev/pts/ptmx"));
  int locked = 0;
  check(::ioctl(master.get(), TIOCSPTLCK, &locked), "unlock terminal");
  Fd slave(check(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY), "open terminal"));
  winsize size{context.stdio->rows, context.stdio->columns, 0, 0};
  if (size.ws_row > 0) check(::ioctl(slave.get(), TIOCSWINSZ, &size), "set terminal size");
  check(::ioctl(slave.get(), TIOCSCTTY, 0), "take terminal");
  send_message(context.channel, {"tty"}, master.get());
  for (int fd = 0; fd < 3; ++fd) check(::dup2(slave.get(), fd), "dup2");
}

void use_streams(Stdio& stdio) {
  check(::dup2(stdio.in.get(), 0), "dup2");
  check(::dup2(stdio.out.get(), 1), "dup2");
  check(::dup2(stdio.err.get(), 2), "dup2");
}

std::string path_of(const std::vector<std::string>& environment) {
  for (const auto& each : environment) {
    if (each.starts_with("PATH=")) return each.substr(5);
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

[[noreturn]] void exec(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  std::vector<char*> arguments;
  std::vector<char*> variables;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  arguments.push_back(nullptr);
  variables.push_back(nullptr);
  if (words[0].find('/') != std::string::npos) {
    ::execve(words[0].c_str(), arguments.data(), variables.data());
    throw SysError("exec", words[0]);
  }
  int reason = ENOENT;
  std::istringstream path(path_of(environment));
  for (std::string directory; std::getline(path, directory, ':');) {
    ::execve(((directory.empty() ? "." : directory) + "/" + words[0]).c_str(), arguments.data(), variables.data());
    // As a shell does: go on looking, but remember that there was something that may not be run.
    if (errno == EACCES) reason = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR) throw SysError("exec", words[0]);
  }
  throw SysError("exec", words[0], reason);
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

pid_t forwarded_to = 0;

// Process 1 of a container with `init`: forwards signals to the program, reaps, ends with the program's status.
[[noreturn]] void be_init(pid_t program) {
  forwarded_to = program;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGCHLD && signal != SIGKILL && signal != SIGSTOP) {
      ::signal(signal, [](int received) { ::kill(forwarded_to, received); });
    }
  }
  for (;;) {
    int status = 0;
    pid_t ended = ::waitpid(-1, &status, 0);
    if (ended != program) continue;
    ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  }
}

void begin_session(Context& context) {
  check(::setsid(), "setsid");
  if (context.stdio->tty) open_terminal(context);
  else use_streams(*context.stdio);
}

}  // namespace

void launch(Context& context, const std::vector<std::string>& words) {
  if (context.init) {
    pid_t program = check(::fork(), "fork");
    if (program > 0) {
      // The channel must be closed by the program's exec, not stay open here.
      check(syscall(SYS_close_range, 3u, ~0u, 0), "close_range");
      ::umask(context.umask);
      be_init(program);
    }
  }
  begin_session(context);
  if (context.hold) {
    send_message(context.channel, {"held"});
    if (!receive_message(context.channel)) ::_exit(125);
  }
  ::umask(context.umask);
  reset_signals();
  // The monitor is what the container cannot be without; set last, since a change of user clears it.
  check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "set parent death signal");
  check(syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */), "close_range");
  exec(words, context.environment);
}
