#include "monitor.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/sys_error.h"
#include "client.h"

namespace {

// A client that reads nothing is dropped when this much waits for it: the container is never held up.
constexpr size_t kPatience = 4u << 20;
constexpr int64_t kLinger = 5000;

Fd signal_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  check(::sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
  return Fd(check(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

// One that waits to be reaped, or 0.
pid_t ended_child() {
  siginfo_t child{};
  return ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 ? child.si_pid : 0;
}

}  // namespace

Monitor::Monitor(Parts parts)
    : settings_(parts.settings),
      log_(parts.log),
      signals_(signal_descriptor()),
      control_(std::move(parts.control)),
      started_(std::move(parts.started)),
      execs_(loop_),
      streams_(loop_, started_, [this](Stream stream, std::string_view data) { output(stream, data); }),
      wake_(loop_, settings_.wake_lock, settings_.wake),
      held_(parts.held),
      started_at_(parts.started_at) {
  loop_.watch(signals_.get(), EPOLLIN, [this](uint32_t) { reap(); });
  if (control_) listen();
  if (held_) loop_.watch(started_.channel.get(), EPOLLIN, [this](uint32_t) { hold_progress(); });
  streams_.taken = [this] {
    for (auto& client : clients_) {
      if (client->gives_stdin) client->connection.pause_reading(false);
    }
  };
}

Monitor::~Monitor() = default;

void Monitor::run() {
  // It may have ended before the signal was blocked.
  reap();
  loop_.run();
}

// What became of the exec of a program that was held.
void Monitor::hold_progress() {
  int channel = started_.channel.get();
  Progress next = next_progress(started_, false);
  if (next.phase == Phase::kOnTheWay || next.phase == Phase::kHeld) return;
  loop_.forget(channel);
  held_ = false;
  started_at_ = now_milliseconds();
  bool failed = next.phase == Phase::kFailed;
  if (failed) exec_failure_ = next.failure[4] == "ENOENT" ? 127 : 126;
  for (auto& client : clients_) {
    if (client->wants_go) client->connection.answer_last(failed ? next.failure : std::vector<std::string>{"ok"});
    client->wants_go = false;
  }
}

void Monitor::output(Stream stream, std::string_view data) {
  log_.write(stream, data);
  for (auto& client : clients_) {
    if (!client->attached) continue;
    client->connection.send(stream == Stream::kOut ? Connection::kStdout : Connection::kStderr, data);
    if (client->connection.waiting() <= kPatience) continue;
    client->attached = client->wants_exit = false;
    client->connection.drop();
  }
}

void Monitor::reap() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) > 0) {
  }
  std::optional<int> end;
  for (pid_t pid; (pid = ended_child()) > 0;) {
    // Of this one too the message with its number is there by now: it was sent before the end.
    execs_.look();
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (pid == started_.pid && !exit_) end = status;
    else execs_.ended(pid, status);
  }
  if (end) ended(*end);
}

void Monitor::ended(int status) {
  if (held_) hold_progress();
  streams_.drain();
  log_.flush();
  exit_ = exit_of(status, started_at_);
  if (exec_failure_) exit_->code = *exec_failure_;
  exit_->oom = was_out_of_memory(settings_.oom_path);
  record_exit();
  for (auto& client : clients_) {
    if (client->watching || client->wants_exit) tell_exit(*client);
  }
  if (!control_) loop_.stop();
}

void Monitor::record_exit() {
  if (settings_.exit_path.empty()) return;
  try {
    write_whole(settings_.exit_path, exit_json(*exit_));
  } catch (const SysError&) {
    // A full disk: whoever watches is told all the same.
  }
}

void Monitor::tell_exit(Client& client) {
  client.connection.answer_last({"exited", std::to_string(exit_->code), std::to_string(exit_->signal),
                                 exit_->oom ? "1" : "0", std::to_string(exit_->started),
                                 std::to_string(exit_->finished)});
  client.attached = client.wants_exit = false;
  client.told = client.watching;
  if (!client.told || lingers_) return;
  lingers_ = true;
  loop_.after(kLinger, [this] { loop_.stop(); });
}

// A watcher has read of the end, and nobody waits for the rest of an output.
void Monitor::maybe_leave() {
  if (!acknowledged_) return;
  for (const auto& client : clients_) {
    if (client->connection.waiting() > 0) return;
  }
  loop_.stop();
}
