#pragma once

#include <string>
#include <vector>

#include "../base/fd.h"
#include "loop.h"

// Starts the daemon again when nobody has watched us for a while. Of many monitors one does it: who holds the abstract
// socket LOCK.wake. A daemon that holds LOCK is there, or on its way.
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
