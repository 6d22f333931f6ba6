#include "launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/sys_error.h"
#include "channel.h"
#include "find.h"
#include "init.h"
#include "privileges.h"

namespace {

constexpr unsigned kCloseOnExec = 1u << 2;

// The terminal comes from the container's own devpts, so that its name is right inside.
void open_terminal(Context& context) {
  Fd master(check(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "open", "/dev/pts/ptmx"));
  int locked = 0;
  check(::ioctl(master.get(), TIOCSPTLCK, &locked), "unlock terminal", "/dev/pts/ptmx");
  Fd slave(check(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY), "open terminal", "/dev/pts/ptmx"));
  winsize size{context.stdio->rows, context.stdio->columns, 0, 0};
  if (size.ws_row > 0) check(::ioctl(slave.get(), TIOCSWINSZ, &size), "set terminal size", "/dev/pts/ptmx");
  check(::ioctl(slave.get(), TIOCSCTTY, 0), "take terminal", "/dev/pts/ptmx");
  send_message(context.channel, {"tty"}, master.get());
  for (int fd = 0; fd < 3; ++fd) check(::dup2(slave.get(), fd), "dup2");
}

void use_pipes(const Stdio& stdio) {
  check(::dup2(stdio.in.get(), 0), "dup2");
  check(::dup2(stdio.out.get(), 1), "dup2");
  check(::dup2(stdio.err.get(), 2), "dup2");
}

void wait_for_go(int channel) {
  send_message(channel, {"held"});
  Message message;
  if (receive_message(channel, message, true) != Receipt::kMessage) ::_exit(1);
}

// By system call: the library keeps two of them, 32 and 33, to itself.
void reset_signals() {
  constexpr size_t kSetSize = 8;
  const uint64_t defaults[4] = {};
  for (int signal = 1; signal <= 64; ++signal) syscall(SYS_rt_sigaction, signal, defaults, nullptr, kSetSize);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// A change of user or more capabilities clear it, so it is set after the user; fewer do not.
void die_with_monitor(int channel) {
  check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "set parent death signal");
  if (is_hung_up(channel)) ::_exit(1);
}

// The filter comes as late as it can, so that a strict one need let through nothing of ours but capset and the exec.
void confine(const Context& context) {
  if (!context.seccomp.empty()) use_permitted();
  for (const auto& path : context.seccomp) load_filter(context.filters.at(path));
  if (context.capabilities) set_capabilities(*context.capabilities);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

}  // namespace

void launch(Context& context, const std::vector<std::string>& words) {
  if (context.init) split_off_init([&] { confine(context); });
  check(::setsid(), "setsid");
  if (context.stdio->tty) open_terminal(context);
  else use_pipes(*context.stdio);
  if (context.hold) wait_for_go(context.channel);
  std::string file = find_program(words[0], context.environment);
  ::umask(context.umask);
  reset_signals();
  die_with_monitor(context.channel);
  check(syscall(SYS_close_range, 3u, ~0u, kCloseOnExec), "close_range");
  confine(context);
  ::execve(file.c_str(), pointers(words).data(), pointers(context.environment).data());
  throw SysError("exec", words[0]);
}
