#pragma once

#include <map>
#include <string>
#include <vector>

#include "operations.h"
#include "process.h"
#include "program.h"
#include "settings.h"

// What the start of a container and of an exec have in common.

// Our ends of a program's streams, and the program's.
struct Pipes {
  Started ours;
  Stdio theirs;
};
Pipes make_pipes(const Settings& settings);

// clone3; the new process has none of our memory. It is born in `cgroup` where one is given.
pid_t clone_process(uint64_t flags, const Fd& cgroup = Fd());

// Index of the first step of that name, for an error.
size_t index_of(const Program& program, const std::string& operation);

// By path: read before the root changes.
std::map<std::string, std::vector<sock_filter>> filters_of(const Program& program);

// Puts ourselves into every v1 cgroup of the program.
void enter_cgroups(const Program& program);
// The program's v2 cgroup, which a process enters by its birth; none where there is none.
Fd birth_cgroup(const Program& program);

// In the new process: what fails is told over the channel, and that is its end.
[[noreturn]] void fail(int channel, const Failure& failure);
// Runs every container step and execs.
[[noreturn]] void run_steps(Context& context, const Program& program);
