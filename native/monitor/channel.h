#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "../base/fd.h"

// Between the monitor and a program on its way: one packet a message, and at most one descriptor with it.
// The program's end is closed by its exec, so the end of the channel says that it runs.

struct Message {
  std::vector<std::string> words;
  Fd fd;
  // Who sent it, as the monitor's pid namespace numbers it.
  pid_t sender = 0;
};

struct Channel {
  Fd ours;
  Fd theirs;
};

enum class Receipt { kMessage, kNothing, kClosed };

Channel make_channel();
void send_message(int channel, const std::vector<std::string>& words, int fd = -1);
Receipt receive_message(int channel, Message& message, bool wait);
// The other end is gone.
bool is_hung_up(int channel);
