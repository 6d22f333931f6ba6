#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/fd.h"
#include "log.h"
#include "loop.h"
#include "process.h"

// Our ends of a program's standard streams: what it writes is handed on, what is to be read by it waits until it can.
class Streams {
 public:
  using Output = std::function<void(Stream, std::string_view)>;

  // Takes the descriptors of `started`.
  Streams(Loop& loop, Started& started, Output output);
  ~Streams();

  void write(std::string_view data);
  // The program sees the end of its stdin after what waits.
  void end();
  size_t waiting() const { return pending_.size(); }
  // Called when what waited was taken.
  std::function<void()> taken;

  // While paused the program is held up by its full pipes.
  void pause(bool paused);
  // Hands on what is there, without waiting; for a program that has ended.
  void drain();
  // False where there is no terminal.
  bool resize(const std::string& rows, const std::string& columns);

 private:
  bool read_once(Fd& fd, Stream stream);
  void write_some();
  void finish_input();
  void listen();
  uint32_t terminal_events() const;

  Loop& loop_;
  Fd in_, out_, err_, terminal_, other_side_;
  Output output_;
  std::string pending_;
  bool ending_ = false;
  bool paused_ = false;
  bool writing_ = false;
};
