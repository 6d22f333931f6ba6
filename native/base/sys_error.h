#pragma once

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

// A system call that failed: which one, on what, and errno.
struct SysError : std::runtime_error {
  SysError(std::string call, std::string subject, int number = errno)
      : std::runtime_error(call + (subject.empty() ? "" : " " + subject) + ": " + strerror(number)),
        call(std::move(call)),
        subject(std::move(subject)),
        number(number) {}

  std::string call;
  std::string subject;
  int number;
};

// Returns the result of a call that reports failure as -1; throws with its errno otherwise.
template <typename T>
T check(T result, const char* call, const std::string& subject = "") {
  if (result == static_cast<T>(-1)) throw SysError(call, subject);
  return result;
}

// `ENOENT` for 2.
inline std::string errno_name(int number) {
  const char* name = strerrorname_np(number);
  return name != nullptr ? name : "E" + std::to_string(number);
}
