#include "dropped.h"

#include <dirent.h>
#include <sys/syscall.h>

#include <memory>
#include <string>

#include "record.h"
#include "text.h"

namespace {

// A program with more threads than this has thought about signals.
constexpr int kManyThreads = 64;

bool has_bit(const std::string& status, std::string_view field, int signal) {
  size_t at = status.find(field);
  if (at == std::string::npos) return true;
  std::string_view rest = std::string_view(status).substr(at + field.size());
  size_t begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return true;
  rest = rest.substr(begin, rest.find('\n') - begin);
  return (number<uint64_t>(rest, 16) >> (signal - 1) & 1) != 0;
}

// While a thread is in sigtimedwait, what it waits for is not among what it blocks.
bool waits_for_signals(const std::string& task) {
  std::string call = read_small(task + "/syscall");
  return call.empty() || call.starts_with(std::to_string(SYS_rt_sigtimedwait) + " ");
}

}  // namespace

bool takes_signal(pid_t pid, int signal) {
  std::string process = "/proc/" + std::to_string(pid);
  if (has_bit(read_small(process + "/status"), "SigCgt:", signal)) return true;
  std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir((process + "/task").c_str()), ::closedir);
  if (!tasks) return true;
  int count = 0;
  while (const dirent* entry = ::readdir(tasks.get())) {
    if (entry->d_name[0] == '.') continue;
    std::string task = process + "/task/" + entry->d_name;
    if (++count > kManyThreads || has_bit(read_small(task + "/status"), "SigBlk:", signal) || waits_for_signals(task)) return true;
  }
  return false;
}
