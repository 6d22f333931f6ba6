#include "devices.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "../base/fd.h"
#include "../base/sys_error.h"

namespace {

uint64_t address(const void* memory) { return reinterpret_cast<uintptr_t>(memory); }

Fd load(const std::string& program) {
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.expected_attach_type = BPF_CGROUP_DEVICE;
  attributes.insns = address(program.data());
  attributes.insn_cnt = static_cast<uint32_t>(program.size() / sizeof(bpf_insn));
  attributes.license = address("");
  return Fd(static_cast<int>(check(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes), "load program")));
}

}  // namespace

void attach_device_program(const std::string& cgroup, const std::string& program) {
  const Fd directory(check(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", cgroup));
  const Fd loaded = load(program);
  bpf_attr attributes{};
  attributes.target_fd = static_cast<uint32_t>(directory.get());
  attributes.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  check(syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes), "attach program", cgroup);
}
