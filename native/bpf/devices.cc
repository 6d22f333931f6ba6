#include "devices.h"

#include <fcntl.h>

#include <cstring>
#include <vector>

#include "../base/fd.h"
#include "../base/sys_error.h"
#include "call.h"

void attach_device_program(const std::string& cgroup, const std::string& program) {
  const Fd directory(check(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", cgroup));
  std::vector<bpf_insn> instructions(program.size() / sizeof(bpf_insn));
  std::memcpy(instructions.data(), program.data(), instructions.size() * sizeof(bpf_insn));
  bpf::attach(directory, bpf::load_program(BPF_CGROUP_DEVICE, "stack_devices", instructions), BPF_CGROUP_DEVICE);
}
