#include "wake.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

extern char** environ;

namespace {

// A start, or a daemon that has just died, is over long before these; a busy machine takes its time.
constexpr int64_t kFirst = 1000;
constexpr int64_t kAfterLoss = 50;
constexpr int64_t kLongest = 30'000;

struct Address {
  sockaddr_un address{};
  socklen_t length = 0;

  explicit Address(const std::string& name) {
    address.sun_family = AF_UNIX;
    size_t size = std::min(name.size(), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path + 1, name.data(), size);
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Fd abstract_socket() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

bool is_held(const std::string& name) {
  Fd socket = abstract_socket();
  Address address(name);
  return ::connect(socket.get(), address.get(), address.length) == 0 || errno == EAGAIN;
}

Fd take(const std::string& name) {
  Fd socket = abstract_socket();
  Address address(name);
  if (::bind(socket.get(), address.get(), address.length) < 0) return Fd();
  return socket;
}

void spawn(const std::vector<std::string>& command) {
  pid_t middle = ::fork();
  if (middle > 0) {
    ::waitpid(middle, nullptr, 0);
    return;
  }
  if (middle < 0) return;
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_DFL);
  syscall(SYS_close_range, 3u, ~0u, 0);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execve(command[0].c_str(), arguments.data(), environ);
  ::_exit(127);
}

}  // namespace

Wake::Wake(Loop& loop, std::string lock, std::vector<std::string> command)
    : loop_(loop), lock_(std::move(lock)), command_(std::move(command)) {
  if (!command_.empty()) arm(kFirst);
}

void Wake::watchers_changed(size_t watchers) {
  if (command_.empty()) return;
  if (watchers == 0) {
    arm(kAfterLoss);
    return;
  }
  loop_.cancel(timer_);
  held_.reset();
  pause_ = 0;
}

void Wake::arm(int64_t milliseconds) {
  loop_.cancel(timer_);
  timer_ = loop_.after(milliseconds, [this] { attempt(); });
}

void Wake::attempt() {
  if (!held_) held_ = take(lock_ + ".wake");
  if (held_ && !is_held(lock_)) spawn(command_);
  pause_ = std::clamp<int64_t>(pause_ * 2, kFirst, kLongest);
  arm(pause_);
}
