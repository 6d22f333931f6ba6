#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program.h"

// The steps of the monitor itself, taken out of a program.
struct Settings {
  std::string log_path;
  size_t log_bytes = 0;
  int log_files = 1;
  std::string pid_path;
  std::string exit_path;
  std::string control_path;
  std::string oom_path;
  std::string stdin_mode = "null";
  bool tty = false;
  unsigned short rows = 0;
  unsigned short columns = 0;
  bool hold = false;
  bool detach = false;
  bool init = false;
  std::vector<std::string> namespaces;
  std::string wake_lock;
  std::vector<std::string> wake;

  bool has_namespace(std::string_view name) const;
};

Settings settings_of(const Program& program);
