#include "process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

Failure failure_of(size_t index, const std::string& operation, const std::string& subject, int number) {
  return {"error", std::to_string(index), operation, subject, errno_name(number), strerror(number)};
}

namespace {

void keep_terminal(Started& started, Fd master) {
  check(::fcntl(master.get(), F_SETFL, O_NONBLOCK), "fcntl");
  started.terminal = std::move(master);
}

}  // namespace

Progress next_progress(Started& started, bool wait) {
  for (;;) {
    Message message;
    switch (receive_message(started.channel.get(), message, wait)) {
      case Receipt::kNothing:
        return {};
      case Receipt::kClosed:
        started.channel.reset();
        return {Phase::kRunning, {}};
      case Receipt::kMessage:
        break;
    }
    const std::string& word = message.words[0];
    if (word == "here") {
      started.pid = message.sender;
    } else if (word == "tty") {
      keep_terminal(started, std::move(message.fd));
    } else if (word == "held") {
      return {Phase::kHeld, {}};
    } else {
      return {Phase::kFailed, message.words};
    }
  }
}

void let_go(const Started& started) { send_message(started.channel.get(), {"go"}); }
