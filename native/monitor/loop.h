#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "../base/fd.h"

// One thread, one epoll: handlers by descriptor, and one-shot timers.
class Loop {
 public:
  using Handler = std::function<void(uint32_t events)>;

  Loop();
  void watch(int fd, uint32_t events, Handler handler);
  void change(int fd, uint32_t events);
  // Nothing where it is not watched.
  void forget(int fd);

  // Runs `action` after so many milliseconds; gives a number to cancel it by.
  int after(int64_t milliseconds, std::function<void()> action);
  void cancel(int timer);

  void run();
  void stop() { running_ = false; }

 private:
  int next_timeout() const;
  void run_timers();
  uint64_t key_of(int fd) const;

  struct Watched {
    uint32_t generation;
    std::shared_ptr<Handler> handler;
  };
  struct Timer {
    int64_t at;
    std::function<void()> action;
  };

  Fd epoll_;
  std::map<int, Watched> watched_;
  std::map<int, Timer> timers_;
  uint32_t generation_ = 0;
  int next_timer_ = 1;
  bool running_ = true;
};
