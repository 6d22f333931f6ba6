// bpf(2), a function per command that is used here.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../base/fd.h"

namespace bpf {

struct MapShape {
  bpf_map_type type;
  std::uint32_t key_size;
  std::uint32_t value_size;
  std::uint32_t max_entries;
  std::uint32_t flags;
  std::string name;
};

Fd create_map(const MapShape& shape);
void update(const Fd& map, const void* key, const void* value);
// False where there is none.
bool erase(const Fd& map, const void* key);
bool look_up(const Fd& map, const void* key, void* value);
// The key after `key`, or the first; false at the end.
bool next_key(const Fd& map, const void* key, void* next);

// The verifier's last words are in the error.
Fd load_program(bpf_attach_type type, const std::string& name, const std::vector<bpf_insn>& instructions);
void attach(const Fd& cgroup, const Fd& program, bpf_attach_type type);
void detach(const Fd& cgroup, const Fd& program, bpf_attach_type type);

struct Attached {
  Fd program;
  std::string name;
  std::vector<std::uint32_t> maps;
};
std::vector<Attached> attached(const Fd& cgroup, bpf_attach_type type);
Fd map_by_id(std::uint32_t id);
std::string name_of_map(const Fd& map);

}  // namespace bpf
