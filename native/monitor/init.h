#pragma once

#include <functional>

// Starts the tiny init: returns in the process that becomes the program. The other one, process 1 where the container
// has a pid namespace, forwards signals to it, reaps, and ends with its status; `confine` takes from it what the program has not either.
void split_off_init(const std::function<void()>& confine);
