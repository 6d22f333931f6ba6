#include "record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys_error.h"
#include "text.h"

int64_t now_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

namespace {

void write_beside(const std::string& path, const std::string& text, bool durable) {
  std::string beside = path + ".tmp";
  try {
    Fd file(check(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), "open", beside));
    ssize_t wrote = check(::write(file.get(), text.data(), text.size()), "write", beside);
    if (wrote != static_cast<ssize_t>(text.size())) throw SysError("write", beside, ENOSPC);
    if (durable) check(::fsync(file.get()), "fsync", beside);
    check(::rename(beside.c_str(), path.c_str()), "rename", path);
  } catch (const SysError&) {
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace

void write_whole(const std::string& path, const std::string& text) { write_beside(path, text, true); }

std::string read_small(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  ssize_t length = file ? ::read(file.get(), text, sizeof text) : 0;
  return {text, static_cast<size_t>(length > 0 ? length : 0)};
}

void write_pid(const std::string& path, pid_t pid, int64_t started) {
  write_beside(path, std::to_string(pid) + " " + std::to_string(started) + "\n", false);
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
  for (const auto& line : split(read_small(path), '\n')) {
    if (line.starts_with("oom_kill ")) return number<uint64_t>(line.substr(9)) > 0;
  }
  return false;
}
