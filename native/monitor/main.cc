// One process per container: docs/monitor.md.

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "../base/sys_error.h"
#include "monitor.h"

namespace {

std::string read_all(int fd) {
  std::string text;
  char buffer[64 * 1024];
  for (ssize_t length; (length = check(::read(fd, buffer, sizeof buffer), "read", "the program")) > 0;) {
    text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

void reply(const std::vector<std::string>& words) {
  std::string text = encode_words(words);
  if (::write(kReply, text.data(), text.size()) < 0) ::_exit(1);
  ::close(kReply);
}

// A pipe end that lands on 0, 1 or 2 would be closed by the dup2 of another.
void fill_standard_descriptors() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0 && fd < 3;) fd = ::dup(fd);
}

void leave_starter() {
  pid_t child = check(::fork(), "fork");
  if (child > 0) ::_exit(0);
  check(::setsid(), "setsid");
  check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper");
  for (int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_IGN);
  check(::chdir("/"), "chdir", "/");
  check(syscall(SYS_close_range, 4u, ~0u, 0), "close_range");
}

Fd listen_on(const std::string& path) {
  if (path.empty()) return Fd();
  Fd socket(check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw SysError("control", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  mode_t mask = ::umask(0177);
  int bound = ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::umask(mask);
  check(bound, "bind", path);
  check(::listen(socket.get(), 128), "listen", path);
  return socket;
}

int serve(const Program& program) {
  Settings settings = settings_of(program);
  Fd control;
  Started started;
  Progress progress;
  try {
    control = listen_on(settings.control_path);
    started = start_container(settings, program);
    progress = next_progress(started);
  } catch (const SysError& error) {
    progress.failure = failure_of(0, {error.call}, error.subject, error.number);
  }
  if (!progress.running && !progress.held) {
    if (started.pid > 0) ::waitpid(started.pid, nullptr, 0);
    if (control) ::unlink(settings.control_path.c_str());
    reply(progress.failure);
    return 1;
  }
  std::string pid = std::to_string(started.pid);
  Monitor monitor(settings, std::move(control), std::move(started), progress.held);
  reply({"ok", pid});
  monitor.run();
  return 0;
}

}  // namespace

int main() {
  fill_standard_descriptors();
  ::fcntl(kReply, F_SETFD, FD_CLOEXEC);
  try {
    Program program = decode(read_all(0));
    leave_starter();
    return serve(program);
  } catch (const BadProgram& error) {
    reply({"error", std::to_string(error.index), "program", error.what(), "EINVAL", "Invalid argument"});
  } catch (const SysError& error) {
    reply({"error", "0", error.call, error.subject, errno_name(error.number), strerror(error.number)});
  }
  return 1;
}
