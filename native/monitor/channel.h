#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../base/fd.h"

// Between the monitor and a program on its way: one packet a message, and at most one descriptor with it.
// The program's end is closed by its exec, so the end of the channel says that it runs.

struct Message {
  std::vector<std::string> words;
  Fd fd;
};

struct Channel {
  Fd ours;
  Fd theirs;
};

Channel make_channel();
void send_message(int channel, const std::vector<std::string>& words, int fd = -1);
// Nothing at the end of the channel.
std::optional<Message> receive_message(int channel);
