#pragma once

#include <functional>
#include <utility>
#include <vector>

// What was made is unmade, last first, unless it is kept.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    while (!steps_.empty()) {
      steps_.back()();
      steps_.pop_back();
    }
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void keep() { steps_.clear(); }

 private:
  std::vector<std::function<void()>> steps_;
};
