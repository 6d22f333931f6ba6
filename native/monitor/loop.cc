#include "loop.h"

#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "../base/sys_error.h"

namespace {

int64_t monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

}  // namespace

Loop::Loop() : epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create")) {}

void Loop::watch(int fd, uint32_t events, Handler handler) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
}

void Loop::change(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd) {
  if (handlers_.erase(fd) > 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

int Loop::after(int64_t milliseconds, std::function<void()> action) {
  timers_[next_timer_] = {monotonic() + milliseconds, std::move(action)};
  return next_timer_++;
}

void Loop::cancel(int timer) { timers_.erase(timer); }

int Loop::next_timeout() const {
  if (timers_.empty()) return -1;
  int64_t first = INT64_MAX;
  for (const auto& [number, timer] : timers_) first = std::min(first, timer.at);
  return static_cast<int>(std::clamp<int64_t>(first - monotonic(), 0, 1 << 30));
}

void Loop::run_timers() {
  int64_t now = monotonic();
  std::vector<std::function<void()>> due;
  for (auto at = timers_.begin(); at != timers_.end();) {
    if (at->second.at <= now) {
      due.push_back(std::move(at->second.action));
      at = timers_.erase(at);
    } else {
      ++at;
    }
  }
  for (auto& action : due) action();
}

void Loop::run() {
  while (running_) {
    epoll_event events[16];
    int count = ::epoll_wait(epoll_.get(), events, 16, next_timeout());
    if (count < 0 && errno != EINTR) throw SysError("epoll_wait", "");
    for (int at = 0; at < count; ++at) {
      // A handler may forget others, and itself.
      auto found = handlers_.find(events[at].data.fd);
      if (found == handlers_.end()) continue;
      std::shared_ptr<Handler> handler = found->second;
      (*handler)(events[at].events);
    }
    run_timers();
  }
}
