// Monitors: each a copy of one process of its program, which is started with the first and ends with us.
#pragma once

#include <string>

#include "program.h"

// The answer of a new monitor to the program in `input`. Returns when all that inherited descriptor 3 have closed it.
// `env` counts with the first of a file; `args` are not used.
std::string start_monitor(const Program& program);
