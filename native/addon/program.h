// Starts a program from a large, threaded process, and hears what it has to say.
#pragma once

#include <string>
#include <vector>

struct Program {
  std::string file;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string input;
  std::string log;
};

struct Outcome {
  std::string output;
  int status;
};

// In the child exactly descriptors 0 (reads `input`), 1 and 2 (append to `log`) and 3 (the reply) are open.
// Returns when 3 has been closed by all that inherited it and the child itself has ended.
Outcome run_program(const Program& program);
