#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/fd.h"
#include "loop.h"
#include "program.h"

// One client of the control socket: a request, then frames both ways. docs/monitor.md has the protocol.
class Connection {
 public:
  enum Type : unsigned char { kStdin = 0, kStdout = 1, kStderr = 2, kWords = 3 };

  struct Events {
    std::function<void(const Program&)> request;
    std::function<void(std::string_view)> stdin_data;
    std::function<void()> stdin_end;
    std::function<void(const std::vector<std::string>&)> words;
    // What waited to be sent is sent.
    std::function<void()> drained;
    // `read_all`: the client took everything that was sent to it. Called once, at the end.
    std::function<void(bool read_all)> closed;
  };

  Connection(Loop& loop, Fd socket);
  ~Connection();

  Events on;

  void send(Type type, std::string_view payload);
  void answer(const std::vector<std::string>& words) { send(kWords, encode_words(words)); }
  void answer_last(const std::vector<std::string>& words);
  // After what waits was sent.
  void close_when_sent();
  // At once, with what waits.
  void drop();
  // Bytes that wait for the client to read.
  size_t waiting() const { return out_.size() - sent_; }
  // Stops and goes on reading, for stdin that nobody takes.
  void pause_reading(bool paused);

 private:
  void handle(uint32_t events);
  void read_some();
  void take_input();
  bool take_request(std::string_view& input);
  bool take_frame(std::string_view& input);
  void write_some();
  void update();
  void close(bool read_all);

  Loop& loop_;
  Fd socket_;
  std::string in_;
  std::string out_;
  size_t sent_ = 0;
  bool requested_ = false;
  bool closing_ = false;
  bool paused_ = false;
  bool hung_up_ = false;
  bool ended_ = false;
};
