#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "../base/fd.h"
#include "channel.h"
#include "operations.h"
#include "program.h"

// Where the monitor's starter reads its answer.
constexpr int kReply = 3;

// A program that was cloned and is on its way to its exec, or runs: our ends of its streams and the channel to it.
struct Started {
  pid_t pid = -1;
  Fd channel;
  // Our ends. With a tty, `terminal` is all three.
  Fd in, out, err, terminal;
};

// A step that failed, in the words of an `error` answer.
using Failure = std::vector<std::string>;
Failure failure_of(size_t index, const Step& step, const std::string& subject, int number);

struct Settings;

// Clones the container's program into its namespaces and lets it begin with its steps.
Started start_container(const Settings& settings, const Program& program);
// Forks into the namespaces of `container` and lets the program begin with its steps.
Started start_exec(const Settings& settings, const Program& program, pid_t container);

struct Progress {
  bool running = false;
  bool held = false;
  Failure failure;
};

// Waits for the next word of a program on its way: a terminal (kept in `started`), held, failed, or running.
Progress next_progress(Started& started);
// Lets a held program go on.
void let_go(const Started& started);
