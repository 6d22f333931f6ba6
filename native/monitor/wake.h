#pragma once

#include <string>
#include <vector>

#include "../base/fd.h"
#include "loop.h"

// Starts a program, the daemon, when nobody watches. Of many monitors one does it: who holds the abstract socket.
class Wake {
 public:
  Wake(Loop& loop, std::string lock, std::vector<std::string> command);
  void watchers_changed(size_t watchers);

 private:
  void arm(int64_t milliseconds);
  void attempt();

  Loop& loop_;
  std::string lock_;
  std::vector<std::string> command_;
  Fd held_;
  int timer_ = 0;
  int64_t pause_ = 0;
};
