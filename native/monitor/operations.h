#pragma once

#include <linux/filter.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../base/fd.h"
#include "program.h"
#include "rootfs.h"

// How a program's standard streams are made.
struct Stdio {
  bool tty = false;
  unsigned short rows = 0;
  unsigned short columns = 0;
  // The program's ends without a tty.
  Fd in, out, err;
};

// What the steps of a container have built up on the way to its exec.
struct Context {
  Rootfs rootfs;
  Stdio* stdio = nullptr;
  int channel = -1;
  bool hold = false;
  bool init = false;
  mode_t umask = 0022;
  std::vector<std::string> environment;
  // By path, read before the root changes.
  std::map<std::string, std::vector<sock_filter>> filters;
  // Those to load, by path, just before the exec.
  std::vector<std::string> seccomp;
  // What is to be permitted and effective, until it is set.
  std::optional<uint64_t> capabilities;
};

// Runs one container step; `exec` does not return. Throws SysError.
void run_step(Context& context, const Step& step);
// Whether the step is one that run_step knows.
bool is_container_step(std::string_view name);
