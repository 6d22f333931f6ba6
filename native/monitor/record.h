#pragma once

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
// Beside, fsync, rename.
void write_whole(const std::string& path, const std::string& text);
std::string exit_json(const Exit& exit);
Exit exit_of(int status, int64_t started);
// The file has a line `oom_kill N` with N above 0.
bool was_out_of_memory(const std::string& path);
