#pragma once

#include <sys/types.h>

// Whether a signal would reach a process: it catches, blocks or waits for it. Process 1 of a pid namespace gets no other:
// the kernel drops them. In doubt it is true.
bool takes_signal(pid_t pid, int signal);
