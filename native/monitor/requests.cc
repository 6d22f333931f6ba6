// What clients of the control socket ask for.

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "../base/sys_error.h"
#include "client.h"
#include "dropped.h"
#include "text.h"

namespace {

constexpr size_t kStdinAhead = 256u << 10;
// How often, and how far apart, to look whether process 1 takes a signal before it is held to ignore it.
constexpr int kDroppedRounds = 5;
constexpr int64_t kDroppedPause = 50;
constexpr int64_t kAcceptPause = 100;

void answer_errno(Connection& connection, const std::string& request, int number) {
  connection.answer_last({"error", request, errno_name(number), strerror(number)});
}

}  // namespace

void Monitor::accept() {
  Fd socket(::accept4(control_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return pause_accepting();
  Client& client = *clients_.emplace_back(std::make_unique<Client>(loop_, std::move(socket)));
  client.connection.on.request = [this, &client](const Program& program) {
    try {
      request(client, program);
    } catch (const SysError& error) {
      answer_errno(client.connection, program[0][0], error.number);
    }
  };
  client.connection.on.closed = [this, &client](bool read_all) { leave(client, read_all); };
  client.connection.on.drained = [this] { maybe_leave(); };
}

// Out of descriptors, most likely: epoll would tell of the waiting client without end.
void Monitor::pause_accepting() {
  loop_.forget(control_.get());
  loop_.after(kAcceptPause, [this] { listen(); });
}

void Monitor::listen() {
  loop_.watch(control_.get(), EPOLLIN, [this](uint32_t) { accept(); });
}

void Monitor::request(Client& client, const Program& program) {
  const Step& step = program[0];
  const std::string& name = step[0];
  if (name == "exec") {
    if (exit_ || held_) return answer_errno(client.connection, name, ESRCH);
    return execs_.start(client.connection, program, started_.pid);
  }
  if (program.size() > 1) return answer_errno(client.connection, name, EINVAL);
  if (name == "status" || name == "watch") {
    client.watching = name == "watch";
    answer_status(client);
  } else if (name == "go") {
    go(client);
  } else if (name == "signal") {
    send_signal(client, number<int>(step[1]));
  } else if (name == "stop") {
    stop(client, number<int>(step[1]), number<int64_t>(step[2]));
  } else if (name == "resize") {
    resize(client, step);
  } else if (name == "attach") {
    attach(client, step.size() > 1);
  } else {
    answer_errno(client.connection, name, EINVAL);
  }
}

void Monitor::answer_status(Client& client) {
  if (client.watching) wake_.watchers_changed(++watchers_);
  if (exit_) return tell_exit(client);
  std::string pid = std::to_string(started_.pid);
  client.connection.answer({held_ ? "held" : "running", pid, std::to_string(started_at_)});
  if (!client.watching) client.connection.close_when_sent();
}

// Answered when the exec has worked or not.
void Monitor::go(Client& client) {
  if (!held_) return client.connection.answer_last({"ok"});
  client.wants_go = true;
  let_go(started_);
}

void Monitor::send_signal(Client& client, int signal) {
  int number = exit_ ? ESRCH : ::kill(started_.pid, signal) < 0 ? errno : 0;
  if (number != 0) return answer_errno(client.connection, "signal", number);
  client.connection.answer_last({"ok"});
}

void Monitor::resize(Client& client, const Step& step) {
  if (!streams_.resize(step[1], step[2])) return answer_errno(client.connection, "resize", ENOTTY);
  client.connection.answer_last({"ok"});
}

void Monitor::attach(Client& client, bool with_stdin) {
  Connection& connection = client.connection;
  connection.answer({"ok"});
  if (exit_) return tell_exit(client);
  client.attached = client.wants_exit = true;
  client.gives_stdin = with_stdin;
  if (with_stdin) {
    connection.on.stdin_data = [this, &connection](std::string_view data) {
      streams_.write(data);
      if (streams_.waiting() > kStdinAhead) connection.pause_reading(true);
    };
    connection.on.stdin_end = [this] {
      if (settings_.stdin_mode == "once") streams_.end();
    };
  }
  connection.on.words = [this](const std::vector<std::string>& words) {
    if (words.size() == 3 && words[0] == "resize") streams_.resize(words[1], words[2]);
    if (words.size() == 2 && words[0] == "signal" && !exit_) ::kill(started_.pid, number<int>(words[1]));
  };
}

void Monitor::stop(Client& client, int signal, int64_t grace) {
  if (exit_) return tell_exit(client);
  client.wants_exit = true;
  // Held, it is still our own code, which is not to be asked but ended.
  if (held_) signal = SIGKILL;
  bool may_be_dropped = settings_.has_namespace("pid") && !settings_.init && signal != SIGKILL;
  bool taken = !may_be_dropped || takes_signal(started_.pid, signal);
  ::kill(started_.pid, signal);
  if (!taken) stop_dropped(signal, kDroppedRounds);
  loop_.after(grace, [this] {
    if (!exit_) ::kill(started_.pid, SIGKILL);
  });
}

void Monitor::stop_dropped(int signal, int rounds) {
  loop_.after(kDroppedPause, [this, signal, rounds] {
    if (exit_) return;
    // It has learnt to listen since, and has not heard the first one.
    if (takes_signal(started_.pid, signal)) ::kill(started_.pid, signal);
    else if (rounds > 1) stop_dropped(signal, rounds - 1);
    else ::kill(started_.pid, SIGKILL);
  });
}

void Monitor::leave(Client& client, bool read_all) {
  execs_.client_left(client.connection);
  if (client.watching) wake_.watchers_changed(--watchers_);
  if (client.told && read_all) acknowledged_ = true;
  if (client.gives_stdin && settings_.stdin_mode == "once") streams_.end();
  for (auto at = clients_.begin(); at != clients_.end(); ++at) {
    if (at->get() != &client) continue;
    // It may be one of its own handlers that is running: gone a turn later.
    std::shared_ptr<Client> last = std::move(*at);
    clients_.erase(at);
    loop_.after(0, [last] {});
    break;
  }
  maybe_leave();
}
