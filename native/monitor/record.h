#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

// How a program ended.
struct Exit {
  int code = 0;
  int signal = 0;
  bool oom = false;
  int64_t started = 0;
  int64_t finished = 0;
};

int64_t now_milliseconds();
// The first 4 KiB of a file, nothing where it cannot be read.
std::string read_small(const std::string& path);
// Beside, fsync, rename.
void write_whole(const std::string& path, const std::string& text);
// `PID STARTED_MS`; it goes with the machine, so that it is not waited for.
void write_pid(const std::string& path, pid_t pid, int64_t started);
std::string exit_json(const Exit& exit);
Exit exit_of(int status, int64_t started);
// The file has a line `oom_kill N` with N above 0.
bool was_out_of_memory(const std::string& path);
