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

#include <cstring>
#include <optional>
#include <string>

#include "../base/sys_error.h"
#include "copies.h"
#include "monitor.h"
#include "owned_file.h"
#include "reply.h"
#include "undo.h"

namespace {

std::string read_all(int fd) {
  std::string text;
  char buffer[16 * 1024];
  for (ssize_t length; (length = check(::read(fd, buffer, sizeof buffer), "read", "the program")) > 0;) {
    text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

// A starter that is gone by now has nothing to hear; its container runs all the same.
void reply(const std::vector<std::string>& words) {
  std::string text = encode_words(words);
  [[maybe_unused]] ssize_t wrote = ::write(kReply, text.data(), text.size());
  ::close(kReply);
}

// A pipe end that lands on 0, 1 or 2 would be closed by the dup2 of another; and 3 is where we are asked.
void fill_first_descriptors() {
  int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd < 3) fd = ::dup(fd);
  check(syscall(SYS_close_range, 4u, ~0u, 0), "close_range");
}

// What ends the starter's session does not end ours.
void leave_starter() {
  check(::setsid(), "setsid");
  for (int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_IGN);
  check(::chdir("/"), "chdir", "/");
}

void stand_alone() {
  check(::setsid(), "setsid");
  check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper");
  Fd null(check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null"));
  for (int fd = 0; fd < 3; ++fd) check(::dup2(null.get(), fd), "dup2");
}

Fd listen_on(const std::string& path) {
  if (path.empty()) return Fd();
  Fd socket(check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw SysError("bind", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  mode_t mask = ::umask(0177);
  int bound = ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::umask(mask);
  check(bound, "bind", path);
  check(::listen(socket.get(), 128), "listen", path);
  return socket;
}

// Runs `action`; what it throws is said with the step that it belongs to.
template <typename Action>
auto at_step(const Program& program, const char* name, Action action) {
  try {
    return action();
  } catch (const SysError& error) {
    size_t index = 0;
    while (index + 1 < program.size() && program[index][0] != name) ++index;
    throw StepError(index, name, error);
  }
}

// Kills what a failed start has left, and waits for it, so that its mounts and names are gone when that is told.
void end(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

void remove_made(const OwnedFile& socket, const OwnedFile& pid) {
  socket.remove();
  pid.remove();
}

void serve(const Program& program) {
  Settings settings = settings_of(program);
  // Outlives what unmakes it.
  std::optional<Log> log;
  Undo undo;
  Fd control = at_step(program, "control", [&] { return listen_on(settings.control_path); });
  OwnedFile socket(settings.control_path);
  undo.add([socket] { socket.remove(); });
  at_step(program, "log", [&] { log.emplace(settings.log_path, settings.log_bytes, settings.log_files); });
  undo.add([&] { log->discard(); });
  Started started = start_container(settings, program);
  undo.add([pid = started.pid] { end(pid); });
  Progress progress = next_progress(started, true);
  if (progress.phase == Phase::kFailed) throw progress.failure;
  int64_t now = now_milliseconds();
  if (!settings.pid_path.empty()) at_step(program, "pid", [&] { write_pid(settings.pid_path, started.pid, now); });
  OwnedFile pid(settings.pid_path);
  // The end of an earlier run would be taken for that of this one.
  if (!settings.exit_path.empty()) ::unlink(settings.exit_path.c_str());
  undo.keep();
  reply({"ok", std::to_string(started.pid)});
  Monitor({settings, *log, std::move(control), std::move(started), progress.phase == Phase::kHeld, now}).run();
  remove_made(socket, pid);
}

}  // namespace

int main(int, char** words) {
  try {
    fill_first_descriptors();
    leave_starter();
    serve_copies(kReply, words[0]);
    Program program = decode(read_all(0));
    check_ends_in_exec(program);
    stand_alone();
    serve(program);
    return 0;
  } catch (const BadProgram& error) {
    reply({"error", std::to_string(error.index), "program", "", "EINVAL", error.what()});
  } catch (const Failure& failure) {
    reply(failure);
  } catch (const StepError& error) {
    reply(error.failure);
  } catch (const SysError& error) {
    reply(failure_of(0, error.call, error.subject, error.number));
  }
  return 1;
}
