#pragma once

#include <string>

// Loads a BPF program about devices (struct bpf_insn[]) and makes a cgroup of version 2 ask it. It goes with the cgroup.
void attach_device_program(const std::string& cgroup, const std::string& program);
