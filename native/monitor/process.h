#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "../base/fd.h"
#include "../base/sys_error.h"
#include "channel.h"
#include "operations.h"
#include "program.h"
#include "settings.h"

// A program that was cloned and is on its way to its exec, or runs: our ends of its streams and the channel to it.
struct Started {
  // Of an exec, known once it has said that it is there.
  pid_t pid = -1;
  Fd channel;
  // Our ends. With a tty, `terminal` is all three.
  Fd in, out, err, terminal;
};

// A step that failed, in the words of an `error` answer.
using Failure = std::vector<std::string>;
Failure failure_of(size_t index, const std::string& operation, const std::string& subject, int number);

// Clones the container's program into its namespaces and lets it begin with its steps. Throws StepError.
Started start_container(const Settings& settings, const Program& program);
// Forks into the namespaces of the process `container` and lets the program begin with its steps.
Started start_exec(const Settings& settings, const Program& program, pid_t container);

enum class Phase { kOnTheWay, kHeld, kRunning, kFailed };

struct Progress {
  Phase phase = Phase::kOnTheWay;
  Failure failure;
};

// The next that is known of a program on its way; a terminal that it opened is kept in `started`.
Progress next_progress(Started& started, bool wait);
// Lets a held program go on.
void let_go(const Started& started);

// Something that failed before there was a process that could say so.
struct StepError : std::runtime_error {
  StepError(size_t index, const std::string& operation, const SysError& error)
      : std::runtime_error(error.what()), failure(failure_of(index, operation, error.subject, error.number)) {}
  Failure failure;
};
