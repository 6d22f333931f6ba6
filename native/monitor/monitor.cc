#include "monitor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "../base/sys_error.h"

namespace {

// A client of a container's output that reads nothing is dropped when this much waits; an exec is held up instead.
constexpr size_t kPatience = 4u << 20;
constexpr size_t kExecAhead = 256u << 10;
constexpr size_t kStdinAhead = 256u << 10;
constexpr int64_t kLinger = 5000;
// How often, and how far apart, to look whether process 1 handles a signal before it is taken to ignore it.
constexpr int kIgnoredRounds = 5;
constexpr int64_t kIgnoredPause = 50;

Fd signal_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  check(::sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
  return Fd(check(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

// Whether a process catches, blocks or waits for a signal. Process 1 of a pid namespace never sees one that it does not.
bool handles(pid_t pid, int signal) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  uint64_t bit = 1ull << (signal - 1);
  for (std::string line; std::getline(status, line);) {
    if ((line.starts_with("SigCgt:") || line.starts_with("SigBlk:")) && (std::stoull(line.substr(7), nullptr, 16) & bit) != 0) return true;
  }
  return false;
}

bool has(const std::vector<std::string>& names, const char* name) {
  for (const auto& each : names) {
    if (each == name) return true;
  }
  return false;
}

}  // namespace

struct Monitor::Exec {
  Started started;
  std::unique_ptr<Streams> streams;
  bool detached = false;
};

struct Monitor::Client {
  Client(Loop& loop, Fd socket) : connection(loop, std::move(socket)) {}
  Connection connection;
  bool watching = false;
  bool attached = false;
  bool gives_stdin = false;
  bool wants_exit = false;
  bool wants_go = false;
  // The client has left, its program runs on.
  bool away = false;
  std::unique_ptr<Exec> exec;
};

Monitor::Monitor(const Settings& settings, Fd control, Started started, bool held)
    : settings_(settings),
      log_(settings.log_path, settings.log_bytes, settings.log_files),
      signals_(signal_descriptor()),
      control_(std::move(control)),
      started_(std::move(started)),
      streams_(loop_, started_, [this](Stream stream, std::string_view data) { output(stream, data); }),
      wake_(loop_, settings.wake_lock, settings.wake),
      held_(held),
      started_at_(now_milliseconds()) {
  loop_.watch(signals_.get(), EPOLLIN, [this](uint32_t) { reap(); });
  if (control_) loop_.watch(control_.get(), EPOLLIN, [this](uint32_t) { accept(); });
  if (held_) loop_.watch(started_.channel.get(), EPOLLIN, [this](uint32_t) { hold_ended(); });
  if (!settings_.pid_path.empty()) {
    write_whole(settings_.pid_path, std::to_string(started_.pid) + " " + std::to_string(started_at_) + "\n");
  }
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
  if (!settings_.control_path.empty()) ::unlink(settings_.control_path.c_str());
  if (!settings_.pid_path.empty()) ::unlink(settings_.pid_path.c_str());
}

void Monitor::accept() {
  Fd socket(::accept4(control_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return;
  Client& client = *clients_.emplace_back(std::make_unique<Client>(loop_, std::move(socket)));
  client.connection.on.request = [this, &client](const Program& program) { request(client, program); };
  client.connection.on.closed = [this, &client] { leave(client); };
}

// A connection may say that it is closed from within its own handler: it is destroyed a turn later.
void Monitor::leave(Client& client) {
  if (client.watching) {
    client.watching = false;
    wake_.watchers_changed(--watchers_);
  }
  if (client.exec) {
    // Its program runs on, and what it writes is dropped.
    client.away = true;
    client.exec->streams->pause(false);
    client.exec->streams->end();
    return;
  }
  for (auto at = clients_.begin(); at != clients_.end(); ++at) {
    if (at->get() != &client) continue;
    gone_.splice(gone_.begin(), clients_, at);
    break;
  }
  loop_.after(0, [this] { gone_.clear(); });
  if (client.gives_stdin && settings_.stdin_mode == "once") streams_.end();
  maybe_leave();
}

void Monitor::maybe_leave() {
  if (exit_ && told_ && watchers_ == 0) loop_.stop();
}

void Monitor::request(Client& client, const Program& program) {
  const Step& step = program[0];
  const std::string& name = step[0];
  Connection& connection = client.connection;
  if (name == "status" || name == "watch") {
    if (exit_) tell_exit(client);
    else connection.answer({held_ ? "held" : "running", std::to_string(started_.pid), std::to_string(started_at_)});
    if (name == "status") return connection.close_when_sent();
    client.watching = true;
    wake_.watchers_changed(++watchers_);
    if (exit_) told_to(client);
  } else if (name == "go") {
    if (!held_) {
      connection.answer({"ok"});
      return connection.close_when_sent();
    }
    client.wants_go = true;
    let_go(started_);
  } else if (name == "signal") {
    if (exit_ || ::kill(started_.pid, std::stoi(step[1])) < 0) {
      if (exit_) errno = ESRCH;
      return answer_errno(client, "signal");
    }
    connection.answer({"ok"});
    connection.close_when_sent();
  } else if (name == "stop") {
    stop(client, std::stoi(step[1]), std::stoll(step[2]));
  } else if (name == "resize") {
    streams_.resize(static_cast<unsigned short>(std::stoi(step[1])), static_cast<unsigned short>(std::stoi(step[2])));
    connection.answer({"ok"});
    connection.close_when_sent();
  } else if (name == "attach") {
    attach(client, step);
  } else if (name == "exec") {
    start_exec_for(client, program);
  } else {
    connection.answer({"error", "0", name, "", "EINVAL", "not a request"});
    connection.close_when_sent();
  }
}

void Monitor::answer_errno(Client& client, const std::string& operation) {
  int number = errno;
  client.connection.answer({"error", "0", operation, "", errno_name(number), strerror(number)});
  client.connection.close_when_sent();
}

void Monitor::tell_exit(Client& client) {
  client.connection.answer({"exited", std::to_string(exit_->code), std::to_string(exit_->signal), exit_->oom ? "1" : "0",
                            std::to_string(exit_->started), std::to_string(exit_->finished)});
}

void Monitor::attach(Client& client, const Step& step) {
  Connection& connection = client.connection;
  connection.answer({"ok"});
  if (exit_) {
    tell_exit(client);
    return connection.close_when_sent();
  }
  client.attached = client.wants_exit = true;
  if (step.size() > 1 && step[1] == "stdin") {
    client.gives_stdin = true;
    connection.on.stdin_data = [this, &client](std::string_view data) {
      streams_.write(data);
      if (streams_.waiting() > kStdinAhead) client.connection.pause_reading(true);
    };
    connection.on.stdin_end = [this] {
      if (settings_.stdin_mode == "once") streams_.end();
    };
  }
  connection.on.words = [this](const std::vector<std::string>& words) {
    if (words.size() == 3 && words[0] == "resize") {
      streams_.resize(static_cast<unsigned short>(std::stoi(words[1])), static_cast<unsigned short>(std::stoi(words[2])));
    } else if (words.size() == 2 && words[0] == "signal" && !exit_) {
      ::kill(started_.pid, std::stoi(words[1]));
    }
  };
}

void Monitor::stop(Client& client, int signal, int64_t grace) {
  if (exit_) {
    tell_exit(client);
    return client.connection.close_when_sent();
  }
  client.wants_exit = true;
  ::kill(started_.pid, signal);
  // A frozen program would see no signal but in its thaw; whoever froze it thaws it.
  loop_.after(grace, [this] {
    if (!exit_) ::kill(started_.pid, SIGKILL);
  });
  if (has(settings_.namespaces, "pid") && signal != SIGKILL) stop_ignored(signal, kIgnoredRounds);
}

void Monitor::stop_ignored(int signal, int rounds) {
  if (exit_ || handles(started_.pid, signal)) return;
  if (rounds == 0) {
    ::kill(started_.pid, SIGKILL);
    return;
  }
  loop_.after(kIgnoredPause, [this, signal, rounds] {
    // It may have learnt to listen meanwhile.
    if (!exit_ && handles(started_.pid, signal)) ::kill(started_.pid, signal);
    else stop_ignored(signal, rounds - 1);
  });
}

void Monitor::start_exec_for(Client& client, const Program& program) {
  Connection& connection = client.connection;
  if (exit_ || held_) {
    errno = ESRCH;
    return answer_errno(client, "exec");
  }
  auto exec = std::make_unique<Exec>();
  try {
    Settings settings = settings_of(program);
    exec->detached = settings.detach;
    exec->started = start_exec(settings, program, started_.pid);
    Progress progress = next_progress(exec->started);
    if (!progress.running) {
      connection.answer(progress.failure);
      return connection.close_when_sent();
    }
  } catch (const SysError& error) {
    connection.answer(failure_of(0, {"exec"}, error.subject, error.number));
    return connection.close_when_sent();
  }
  connection.answer({"ok", std::to_string(exec->started.pid)});
  client.exec = std::move(exec);
  Exec& made = *client.exec;
  made.streams = std::make_unique<Streams>(loop_, made.started, [&client](Stream stream, std::string_view data) {
    if (client.away || client.exec->detached) return;
    client.connection.send(stream == Stream::kOut ? Connection::kStdout : Connection::kStderr, data);
    if (client.connection.waiting() > kExecAhead) client.exec->streams->pause(true);
  });
  made.streams->taken = [&client] {
    if (!client.away) client.connection.pause_reading(false);
  };
  connection.on.drained = [&made] { made.streams->pause(false); };
  connection.on.stdin_data = [&client](std::string_view data) {
    client.exec->streams->write(data);
    if (client.exec->streams->waiting() > kStdinAhead) client.connection.pause_reading(true);
  };
  connection.on.stdin_end = [&made] { made.streams->end(); };
  connection.on.words = [&made](const std::vector<std::string>& words) {
    if (words.size() == 3 && words[0] == "resize") {
      made.streams->resize(static_cast<unsigned short>(std::stoi(words[1])), static_cast<unsigned short>(std::stoi(words[2])));
    } else if (words.size() == 2 && words[0] == "signal") {
      ::kill(made.started.pid, std::stoi(words[1]));
    }
  };
}

void Monitor::hold_ended() {
  Progress progress = next_progress(started_);
  if (progress.held) return;
  loop_.forget(started_.channel ? started_.channel.get() : -1);
  held_ = false;
  for (auto& client : clients_) {
    if (!client->wants_go) continue;
    client->connection.answer(progress.running ? std::vector<std::string>{"ok"} : progress.failure);
    client->connection.close_when_sent();
  }
}

void Monitor::output(Stream stream, std::string_view data) {
  log_.write(stream, data);
  for (auto& client : clients_) {
    if (!client->attached) continue;
    client->connection.send(stream == Stream::kOut ? Connection::kStdout : Connection::kStderr, data);
    if (client->connection.waiting() > kPatience) {
      client->attached = false;
      client->connection.close_when_sent();
    }
  }
}

void Monitor::reap() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) > 0) {
  }
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == started_.pid) {
      ended(status);
      continue;
    }
    for (auto& client : clients_) {
      if (client->exec && client->exec->started.pid == pid) {
        exec_ended(*client, status);
        break;
      }
    }
  }
}

void Monitor::exec_ended(Client& client, int status) {
  Exit exit = exit_of(status, 0);
  client.exec->streams->pause(false);
  client.exec->streams->drain();
  client.connection.answer({"exited", std::to_string(exit.code), std::to_string(exit.signal)});
  bool away = client.away;
  std::shared_ptr<Exec> last = std::move(client.exec);
  client.connection.on.stdin_data = nullptr;
  client.connection.on.stdin_end = nullptr;
  client.connection.on.words = nullptr;
  client.connection.on.drained = nullptr;
  loop_.after(0, [last] {});
  if (away) leave(client);
  else client.connection.close_when_sent();
}

void Monitor::ended(int status) {
  if (held_) hold_ended();
  streams_.drain();
  log_.flush();
  Exit exit = exit_of(status, started_at_);
  exit.oom = was_out_of_memory(settings_.oom_path);
  exit_ = exit;
  try {
    if (!settings_.exit_path.empty()) write_whole(settings_.exit_path, exit_json(exit));
  } catch (const SysError&) {
    // A full disk: whoever watches is told all the same.
  }
  for (auto& client : clients_) {
    if (!client->watching && !client->wants_exit) continue;
    tell_exit(*client);
    if (client->watching) told_to(*client);
    else client->connection.close_when_sent();
  }
}

// Somebody knows of the end: we may go when they have closed, and do not wait for ever.
void Monitor::told_to(Client& client) {
  client.connection.close_when_sent();
  if (!told_) loop_.after(kLinger, [this] { loop_.stop(); });
  told_ = true;
}
