// Runs a function elsewhere: namespaces are a thread's.
#pragma once

#include <fcntl.h>
#include <sched.h>

#include <cstdlib>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "../base/fd.h"
#include "../base/sys_error.h"

// What `work` returns, or throws, on a thread that is gone afterwards.
template <typename Work>
auto on_own_thread(Work work) -> decltype(work()) {
  std::optional<decltype(work())> result;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      result.emplace(work());
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

// For as long as it lives the thread that made it is in another network namespace than the process.
class InNetns {
 public:
  InNetns(const Fd& netns, const std::string& path) : home_(home()) {
    check(::setns(netns.get(), CLONE_NEWNET), "enter network namespace", path);
  }
  ~InNetns() {
    // A thread of the pool that is lost in there would do others' work to the wrong network.
    if (::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
  }
  InNetns(const InNetns&) = delete;
  InNetns& operator=(const InNetns&) = delete;

 private:
  static const Fd& home() {
    static const Fd& found = *new Fd(check(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open own network namespace"));
    return found;
  }

  const Fd& home_;
};

// What `work` returns, or throws. It should be short: a thread of its own would cost more than that.
template <typename Work>
auto in_netns(const Fd& netns, const std::string& path, Work work) -> decltype(work()) {
  const InNetns there(netns, path);
  return work();
}
