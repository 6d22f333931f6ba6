// Runs a function inside a network namespace, on a thread of its own: setns is per thread, and ours must stay.
#pragma once

#include <sched.h>

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

template <typename Work>
auto in_netns(const Fd& netns, const std::string& path, Work work) -> decltype(work()) {
  return on_own_thread([&] {
    check(::setns(netns.get(), CLONE_NEWNET), "enter network namespace", path);
    return work();
  });
}
