#include "init.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/sys_error.h"

namespace {

volatile pid_t forwarded_to = 0;

void forward(int signal) { ::kill(forwarded_to, signal); }

bool is_forwarded(int signal) {
  // The stop signals of a terminal go to its foreground group, which has the program.
  for (int other : {SIGCHLD, SIGKILL, SIGSTOP, SIGTTIN, SIGTTOU, SIGTSTP}) {
    if (signal == other) return false;
  }
  return true;
}

[[noreturn]] void be_init(pid_t program, const sigset_t& before, const std::function<void()>& confine) {
  forwarded_to = program;
  for (int signal = 1; signal < NSIG; ++signal) {
    if (is_forwarded(signal)) ::signal(signal, forward);
  }
  // The channel to the monitor is closed by the program's exec, so it must not stay open here.
  syscall(SYS_close_range, 3u, ~0u, 0);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  confine();
  for (;;) {
    int status = 0;
    if (::waitpid(-1, &status, 0) != program) continue;
    ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  }
}

}  // namespace

void split_off_init(const std::function<void()>& confine) {
  // A signal that comes before there are handlers would be lost on process 1.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  sigdelset(&before, SIGCHLD);
  check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "set parent death signal");
  // Where it is not process 1, orphans would go to whoever is.
  check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "set child subreaper");
  pid_t program = check(::fork(), "fork");
  if (program > 0) be_init(program, before, confine);
}
