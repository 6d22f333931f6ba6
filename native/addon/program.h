// Starts a program from a large, threaded process, and hears what it has to say.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "../base/fd.h"

struct Program {
  std::string file;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string input;
  std::string log;
  // How it calls itself; by its file where this is empty.
  std::string name = {};
};

struct Outcome {
  std::string output;
  int status;
};

struct Pipe {
  Fd read;
  Fd write;
};

// Both ends close-on-exec.
Pipe make_pipe();

// Starts it with these descriptors as 0 and 3; its own input is left alone.
pid_t spawn(const Program& program, const Fd& input, const Fd& reply);

// Writes all of `left`, as far as somebody reads it, and gives what comes from `reply` until its end.
std::string converse(Fd input, const Fd& reply, std::string_view left);

// In the child exactly descriptors 0 (reads `input`), 1 and 2 (append to `log`) and 3 (the reply) are open.
// Returns when 3 has been closed by all that inherited it and the child itself has ended.
Outcome run_program(const Program& program);
