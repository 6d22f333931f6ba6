// Instructions of BPF, one function each, named as in the kernel's Documentation/bpf/standardization.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bpf {

// R0: result; R1 to R5: arguments, gone after a call; R6 to R9: kept; R10: the frame, whose stack is below it.
enum Register : std::uint8_t { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

// Numbers of enum bpf_func_id; headers of older systems lack the last.
enum Helper : std::int32_t {
  kMapLookupElem = 1,
  kGetSocketCookie = 46,
  kSkStorageGet = 107,
  kSetRetval = 187,
};

class Assembler {
 public:
  Assembler& mov(Register to, std::int32_t value) { return add(BPF_ALU64 | BPF_MOV | BPF_K, to, R0, 0, value); }
  Assembler& mov(Register to, Register from) { return add(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  Assembler& add(Register to, std::int32_t value) { return add(BPF_ALU64 | BPF_ADD | BPF_K, to, R0, 0, value); }
  Assembler& add(Register to, Register from) { return add(BPF_ALU64 | BPF_ADD | BPF_X, to, from, 0, 0); }
  Assembler& shift_left(Register to, std::int32_t bits) { return add(BPF_ALU64 | BPF_LSH | BPF_K, to, R0, 0, bits); }
  Assembler& bit_and(Register to, std::int32_t mask) { return add(BPF_ALU64 | BPF_AND | BPF_K, to, R0, 0, mask); }
  Assembler& modulo32(Register to, Register by) { return add(BPF_ALU | BPF_MOD | BPF_X, to, by, 0, 0); }

  // 32 bits of memory.
  Assembler& load(Register to, Register at, std::int16_t offset) {
    return add(BPF_LDX | BPF_MEM | BPF_W, to, at, offset, 0);
  }
  Assembler& load64(Register to, Register at, std::int16_t offset) {
    return add(BPF_LDX | BPF_MEM | BPF_DW, to, at, offset, 0);
  }
  Assembler& store(Register at, std::int16_t offset, Register from) {
    return add(BPF_STX | BPF_MEM | BPF_W, at, from, offset, 0);
  }
  Assembler& store(Register at, std::int16_t offset, std::int32_t value) {
    return add(BPF_ST | BPF_MEM | BPF_W, at, R0, offset, value);
  }
  // Adds to memory; the register gets what was there before.
  Assembler& fetch_add(Register at, std::int16_t offset, Register value) {
    return add(BPF_STX | 0xc0 /* BPF_ATOMIC */ | BPF_W, at, value, offset, BPF_ADD | 0x01 /* BPF_FETCH */);
  }
  Assembler& load_map(Register to, int fd);

  Assembler& jump(const std::string& label) { return branch(BPF_JMP | BPF_JA, R0, R0, 0, label); }
  Assembler& jump_equal(Register left, std::int32_t right, const std::string& label) {
    return branch(BPF_JMP | BPF_JEQ | BPF_K, left, R0, right, label);
  }
  // Of the lower 32 bits.
  Assembler& jump_unequal32(Register left, Register right, const std::string& label) {
    return branch(BPF_JMP32 | BPF_JNE | BPF_X, left, right, 0, label);
  }
  Assembler& jump_unequal32(Register left, std::int32_t right, const std::string& label) {
    return branch(BPF_JMP32 | BPF_JNE | BPF_K, left, R0, right, label);
  }
  Assembler& jump_at_least(Register left, std::int32_t right, const std::string& label) {
    return branch(BPF_JMP | BPF_JGE | BPF_K, left, R0, right, label);
  }
  Assembler& label(const std::string& name);

  Assembler& call(Helper helper) { return add(BPF_JMP | BPF_CALL, R0, R0, 0, helper); }
  Assembler& exit(std::int32_t value) { return mov(R0, value).add(BPF_JMP | BPF_EXIT, R0, R0, 0, 0); }

  // With all jumps led to their labels.
  std::vector<bpf_insn> finish() const;

 private:
  Assembler& add(int code, Register to, Register from, std::int16_t offset, std::int32_t value);
  Assembler& branch(int code, Register left, Register right, std::int32_t value, const std::string& label);

  std::vector<bpf_insn> instructions_;
  std::map<std::size_t, std::string> jumps_;
  std::map<std::string, std::size_t> labels_;
};

}  // namespace bpf
