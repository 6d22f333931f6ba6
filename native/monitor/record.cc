#include "record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>

#include "../base/fd.h"
#include "../base/sys_error.h"

int64_t now_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void write_whole(const std::string& path, const std::string& text) {
  std::string beside = path + ".tmp";
  Fd file(check(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), "open", beside));
  check(::write(file.get(), text.data(), text.size()), "write", beside);
  check(::fsync(file.get()), "fsync", beside);
  check(::rename(beside.c_str(), path.c_str()), "rename", path);
}

std::string exit_json(const Exit& exit) {
  return "{\"code\":" + std::to_string(exit.code) + ",\"signal\":" + std::to_string(exit.signal) +
         ",\"oom\":" + (exit.oom ? "true" : "false") + ",\"startedAt\":" + std::to_string(exit.started) +
         ",\"finishedAt\":" + std::to_string(exit.finished) + "}\n";
}

Exit exit_of(int status, int64_t started) {
  Exit exit;
  exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  exit.code = WIFSIGNALED(status) ? 128 + exit.signal : WEXITSTATUS(status);
  exit.started = started;
  exit.finished = now_milliseconds();
  return exit;
}

bool was_out_of_memory(const std::string& path) {
  if (path.empty()) return false;
  std::ifstream file(path);
  std::string key;
  long long count = 0;
  while (file >> key >> count) {
    if (key == "oom_kill") return count > 0;
  }
  return false;
}
