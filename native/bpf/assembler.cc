#include "assembler.h"

namespace bpf {

Assembler& Assembler::add(int code, Register to, Register from, std::int16_t offset, std::int32_t value) {
  bpf_insn instruction{};
  instruction.code = static_cast<std::uint8_t>(code);
  instruction.dst_reg = to & 0xf;
  instruction.src_reg = from & 0xf;
  instruction.off = offset;
  instruction.imm = value;
  instructions_.push_back(instruction);
  return *this;
}

// The one instruction that takes two places: 64 bits, of which the kernel makes the map's address.
Assembler& Assembler::load_map(Register to, int fd) {
  add(BPF_LD | BPF_DW | BPF_IMM, to, static_cast<Register>(BPF_PSEUDO_MAP_FD), 0, fd);
  return add(0, R0, R0, 0, 0);
}

Assembler& Assembler::branch(int code, Register left, Register right, std::int32_t value, const std::string& label) {
  jumps_[instructions_.size()] = label;
  return add(code, left, right, 0, value);
}

Assembler& Assembler::label(const std::string& name) {
  labels_[name] = instructions_.size();
  return *this;
}

std::vector<bpf_insn> Assembler::finish() const {
  std::vector<bpf_insn> all = instructions_;
  // An offset counts from the instruction after the jump.
  for (const auto& [from, label] : jumps_) {
    all[from].off = static_cast<std::int16_t>(labels_.at(label) - from - 1);
  }
  return all;
}

}  // namespace bpf
