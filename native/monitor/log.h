#pragma once

#include <string>
#include <string_view>

#include "../base/fd.h"

enum class Stream { kOut, kErr };

// A json-file log, rotated. A full disk loses lines, never the program.
class Log {
 public:
  // Without a path nothing is kept. Throws where the file cannot be opened; one that was made is unmade by `discard`.
  Log(std::string path, size_t bytes, int files);

  void write(Stream stream, std::string_view data);
  // What is left without a newline.
  void flush();
  // Removes the file if this made it: for a start that failed.
  void discard();

 private:
  void append_lines(Stream stream, bool all);
  void entry(Stream stream, std::string_view line);
  void put();
  void rotate();
  void open();

  std::string path_;
  size_t limit_;
  int files_;
  bool made_ = false;
  Fd file_;
  size_t size_ = 0;
  std::string pending_[2];
  std::string time_;
  std::string batch_;
};
