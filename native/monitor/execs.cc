#include "execs.h"

#include <signal.h>
#include <sys/epoll.h>

#include "record.h"
#include "text.h"

namespace {

// A client that reads slowly holds the program up when this much waits for it, and a program its client.
constexpr size_t kAhead = 256u << 10;

}  // namespace

struct Execs::Exec {
  Started started;
  std::unique_ptr<Streams> streams;
  // Null when the client has left.
  Connection* client = nullptr;
  bool detached = false;
  // It may end before the channel says that it runs.
  std::optional<int> status;
};

Execs::Execs(Loop& loop) : loop_(loop) {}

Execs::~Execs() = default;

void Execs::start(Connection& client, const Program& program, pid_t container) {
  auto exec = std::make_unique<Exec>();
  try {
    check_ends_in_exec(program);
    Settings settings = settings_of(program);
    exec->detached = settings.detach;
    exec->started = start_exec(settings, program, container);
  } catch (const BadProgram& error) {
    return client.answer_last({"error", std::to_string(error.index), "exec", "", "EINVAL", error.what()});
  } catch (const StepError& error) {
    return client.answer_last(error.failure);
  } catch (const SysError& error) {
    return client.answer_last(failure_of(0, "exec", error.subject, error.number));
  }
  exec->client = &client;
  // Its stdin waits until there is somebody to read it.
  client.pause_reading(true);
  Exec& made = *execs_.emplace_back(std::move(exec));
  loop_.watch(made.started.channel.get(), EPOLLIN, [this, &made](uint32_t) { progress(made); });
}

void Execs::progress(Exec& exec) {
  int channel = exec.started.channel.get();
  Progress next = next_progress(exec.started, false);
  if (next.phase == Phase::kOnTheWay) return;
  loop_.forget(channel);
  // Both between and program gone without a word: somebody killed them.
  if (next.phase == Phase::kRunning && exec.started.pid < 0) next = {Phase::kFailed, failure_of(0, "exec", "", ESRCH)};
  if (next.phase != Phase::kFailed) return running(exec);
  if (exec.client != nullptr) exec.client->answer_last(next.failure);
  remove(exec);
}

void Execs::running(Exec& exec) {
  exec.streams = std::make_unique<Streams>(loop_, exec.started, [&exec](Stream stream, std::string_view data) {
    if (exec.client == nullptr || exec.detached) return;
    exec.client->send(stream == Stream::kOut ? Connection::kStdout : Connection::kStderr, data);
    if (exec.client->waiting() > kAhead && !exec.status) exec.streams->pause(true);
  });
  if (exec.client != nullptr) {
    exec.client->answer({"ok", std::to_string(exec.started.pid)});
    connect(exec);
    exec.client->pause_reading(false);
  } else {
    exec.streams->end();
  }
  if (exec.status) finish(exec);
}

void Execs::connect(Exec& exec) {
  Connection& client = *exec.client;
  exec.streams->taken = [&exec] {
    if (exec.client != nullptr) exec.client->pause_reading(false);
  };
  client.on.drained = [&exec] { exec.streams->pause(false); };
  client.on.stdin_data = [&exec, &client](std::string_view data) {
    exec.streams->write(data);
    if (exec.streams->waiting() > kAhead) client.pause_reading(true);
  };
  client.on.stdin_end = [&exec] { exec.streams->end(); };
  client.on.words = [&exec](const std::vector<std::string>& words) {
    if (words.size() == 3 && words[0] == "resize") exec.streams->resize(words[1], words[2]);
    if (words.size() == 2 && words[0] == "signal" && !exec.status) ::kill(exec.started.pid, number<int>(words[1]));
  };
}

void Execs::look() {
  for (auto at = execs_.begin(); at != execs_.end();) {
    Exec& exec = **at++;
    if (!exec.streams) progress(exec);
  }
}

void Execs::ended(pid_t pid, int status) {
  for (auto& exec : execs_) {
    if (exec->started.pid != pid || exec->status) continue;
    exec->status = status;
    if (exec->streams) finish(*exec);
    return;
  }
}

void Execs::finish(Exec& exec) {
  exec.streams->pause(false);
  exec.streams->drain();
  if (exec.client != nullptr) {
    Exit exit = exit_of(*exec.status, 0);
    exec.client->on.stdin_data = nullptr;
    exec.client->on.stdin_end = nullptr;
    exec.client->on.words = nullptr;
    exec.client->on.drained = nullptr;
    exec.client->answer_last({"exited", std::to_string(exit.code), std::to_string(exit.signal)});
  }
  remove(exec);
}

void Execs::client_left(const Connection& client) {
  for (auto& exec : execs_) {
    if (exec->client != &client) continue;
    exec->client = nullptr;
    if (!exec->streams) return;
    exec->streams->pause(false);
    exec->streams->end();
    return;
  }
}

// It may be one of its own handlers that is running: gone a turn later.
void Execs::remove(Exec& exec) {
  for (auto at = execs_.begin(); at != execs_.end(); ++at) {
    if (at->get() != &exec) continue;
    std::shared_ptr<Exec> last = std::move(*at);
    execs_.erase(at);
    if (last->streams) last->streams->pause(true);
    loop_.after(0, [last] {});
    return;
  }
}
