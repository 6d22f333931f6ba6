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

// A number is used again soon: an event of the one before must not reach the next.
uint64_t Loop::key_of(int fd) const {
  return static_cast<uint64_t>(watched_.at(fd).generation) << 32 | static_cast<uint32_t>(fd);
}

void Loop::watch(int fd, uint32_t events, Handler handler) {
  watched_[fd] = {++generation_, std::make_shared<Handler>(std::move(handler))};
  epoll_event event{};
  event.events = events;
  event.data.u64 = key_of(fd);
  check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void Loop::change(int fd, uint32_t events) {
  if (!watched_.contains(fd)) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = key_of(fd);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::forget(int fd) {
  if (watched_.erase(fd) > 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
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
      int fd = static_cast<int>(events[at].data.u64 & 0xffffffff);
      // A handler may forget others, and itself.
      if (!watched_.contains(fd) || key_of(fd) != events[at].data.u64) continue;
      std::shared_ptr<Handler> handler = watched_.at(fd).handler;
      (*handler)(events[at].events);
    }
    run_timers();
  }
}
