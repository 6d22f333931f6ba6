#include "wake.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

extern char** environ;

namespace {

// Who starts a container watches it soon after; a busy machine takes its time.
constexpr int64_t kAtStart = 1000;
constexpr int64_t kAfterLoss = 20;
constexpr int64_t kFirstPause = 1000;
constexpr int64_t kLongestPause = 30'000;

Fd take(const std::string& name) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A zero byte in front makes it abstract: it goes with its holder.
  size_t size = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, name.data(), size);
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) < 0) return Fd();
  return socket;
}

// A child of our parent's, not of ours: it has nothing to do with the container, and stays when we leave.
void start(const std::vector<std::string>& command) {
  clone_args arguments{};
  arguments.flags = CLONE_PARENT;
  if (syscall(SYS_clone3, &arguments, sizeof arguments) != 0) return;
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  syscall(SYS_close_range, 3u, ~0u, 0);
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execve(command[0].c_str(), words.data(), environ);
  ::_exit(127);
}

}  // namespace

Wake::Wake(Loop& loop, std::string lock, std::vector<std::string> command)
    : loop_(loop), lock_(std::move(lock)), command_(std::move(command)) {
  if (!command_.empty()) arm(kAtStart);
}

void Wake::watchers_changed(size_t watchers) {
  if (command_.empty()) return;
  if (watchers == 0) return arm(kAfterLoss);
  loop_.cancel(timer_);
  held_.reset();
  pause_ = 0;
}

void Wake::arm(int64_t milliseconds) {
  loop_.cancel(timer_);
  timer_ = loop_.after(milliseconds, [this] { attempt(); });
}

// Who has the lock keeps it until it is watched, so that the others do not start a second one meanwhile.
void Wake::attempt() {
  if (!held_) held_ = take(lock_);
  if (held_) start(command_);
  pause_ = std::clamp<int64_t>(pause_ * 2, kFirstPause, kLongestPause);
  arm(pause_);
}
