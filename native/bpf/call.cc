#include "call.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "../base/sys_error.h"

namespace bpf {
namespace {

int call(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

std::uint64_t pointer(const void* at) { return reinterpret_cast<std::uint64_t>(at); }

// The kernel takes names of 15 bytes.
template <std::size_t N>
void put_name(char (&field)[N], const std::string& name) {
  std::memcpy(field, name.data(), std::min(name.size(), N - 1));
}

// Type information, which a map of sockets' storage must have: an `int` for its key, an array of them for its value.
Fd describe(std::uint32_t value_size) {
  struct {
    std::uint16_t magic = 0xeb9f;
    std::uint8_t version = 1;
    std::uint8_t flags = 0;
    std::uint32_t header_size = 24;
    std::uint32_t types_at = 0, types_size = 40, names_at = 40, names_size = 5;
    // An int of 32 bits; an array of ints, indexed by ints.
    std::uint32_t number[4] = {1, 1 << 24, 4, 1 << 24 | 32};
    std::uint32_t array[6] = {0, 3 << 24, 0, 1, 1, 0};
    char names[8] = "\0int";
  } types;
  types.array[5] = value_size / 4;
  bpf_attr attributes{};
  attributes.btf = pointer(&types);
  attributes.btf_size = types.header_size + types.types_size + types.names_size;
  return Fd(check(call(BPF_BTF_LOAD, attributes), "bpf load types"));
}

std::string last_lines(const std::string& log) {
  constexpr std::size_t kMost = 600;
  const std::string text = log.c_str();
  return text.size() > kMost ? text.substr(text.size() - kMost) : text;
}

}  // namespace

Fd create_map(const MapShape& shape) {
  bpf_attr attributes{};
  attributes.map_type = shape.type;
  attributes.key_size = shape.key_size;
  attributes.value_size = shape.value_size;
  attributes.max_entries = shape.max_entries;
  attributes.map_flags = shape.flags;
  put_name(attributes.map_name, shape.name);
  Fd types;
  if (shape.type == BPF_MAP_TYPE_SK_STORAGE) {
    types = describe(shape.value_size);
    attributes.btf_fd = static_cast<std::uint32_t>(types.get());
    attributes.btf_key_type_id = 1;
    attributes.btf_value_type_id = 2;
  }
  return Fd(check(call(BPF_MAP_CREATE, attributes), "bpf create map", shape.name));
}

void update(const Fd& map, const void* key, const void* value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = pointer(key);
  attributes.value = pointer(value);
  attributes.flags = BPF_ANY;
  check(call(BPF_MAP_UPDATE_ELEM, attributes), "bpf update map");
}

bool erase(const Fd& map, const void* key) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = pointer(key);
  if (call(BPF_MAP_DELETE_ELEM, attributes) == 0) return true;
  if (errno != ENOENT) throw SysError("bpf delete from map", "");
  return false;
}

bool look_up(const Fd& map, const void* key, void* value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = pointer(key);
  attributes.value = pointer(value);
  if (call(BPF_MAP_LOOKUP_ELEM, attributes) == 0) return true;
  if (errno != ENOENT) throw SysError("bpf look up in map", "");
  return false;
}

bool next_key(const Fd& map, const void* key, void* next) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = pointer(key);
  attributes.next_key = pointer(next);
  if (call(BPF_MAP_GET_NEXT_KEY, attributes) == 0) return true;
  if (errno != ENOENT) throw SysError("bpf walk map", "");
  return false;
}

Fd load_program(bpf_attach_type type, const std::string& name, const std::vector<bpf_insn>& instructions) {
  const std::string licence = "MIT";
  bpf_attr attributes{};
  attributes.prog_type = type == BPF_CGROUP_DEVICE ? BPF_PROG_TYPE_CGROUP_DEVICE : BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
  attributes.expected_attach_type = type;
  attributes.insn_cnt = static_cast<std::uint32_t>(instructions.size());
  attributes.insns = pointer(instructions.data());
  attributes.license = pointer(licence.c_str());
  put_name(attributes.prog_name, name);
  const int loaded = call(BPF_PROG_LOAD, attributes);
  if (loaded >= 0) return Fd(loaded);
  const int number = errno;
  // Only now, since the log costs time.
  std::string log(1 << 20, '\0');
  attributes.log_buf = pointer(log.data());
  attributes.log_size = static_cast<std::uint32_t>(log.size());
  attributes.log_level = 1;
  const int again = call(BPF_PROG_LOAD, attributes);
  if (again >= 0) return Fd(again);
  throw SysError("bpf load program", name + " (" + last_lines(log) + ")", number);
}

void attach(const Fd& cgroup, const Fd& program, bpf_attach_type type) {
  bpf_attr attributes{};
  attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
  attributes.attach_type = type;
  // Others may have theirs there as well.
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  check(call(BPF_PROG_ATTACH, attributes), "bpf attach program");
}

void detach(const Fd& cgroup, const Fd& program, bpf_attach_type type) {
  bpf_attr attributes{};
  attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
  attributes.attach_type = type;
  if (call(BPF_PROG_DETACH, attributes) != 0 && errno != ENOENT) throw SysError("bpf detach program", "");
}

std::vector<Attached> attached(const Fd& cgroup, bpf_attach_type type) {
  std::array<std::uint32_t, 64> ids{};
  bpf_attr query{};
  query.query.target_fd = static_cast<std::uint32_t>(cgroup.get());
  query.query.attach_type = type;
  query.query.prog_ids = pointer(ids.data());
  query.query.prog_cnt = ids.size();
  check(call(BPF_PROG_QUERY, query), "bpf query programs");
  std::vector<Attached> all;
  for (std::uint32_t index = 0; index < query.query.prog_cnt; ++index) {
    bpf_attr by_id{};
    by_id.prog_id = ids[index];
    Fd program(call(BPF_PROG_GET_FD_BY_ID, by_id));
    // Detached by another a moment ago.
    if (!program) continue;
    std::array<std::uint32_t, 8> maps{};
    bpf_prog_info info{};
    info.nr_map_ids = maps.size();
    info.map_ids = pointer(maps.data());
    bpf_attr asking{};
    asking.info.bpf_fd = static_cast<std::uint32_t>(program.get());
    asking.info.info_len = sizeof info;
    asking.info.info = pointer(&info);
    check(call(BPF_OBJ_GET_INFO_BY_FD, asking), "bpf describe program");
    const auto count = std::min<std::size_t>(info.nr_map_ids, maps.size());
    all.push_back({std::move(program), info.name, {maps.begin(), maps.begin() + count}});
  }
  return all;
}

Fd map_by_id(std::uint32_t id) {
  bpf_attr attributes{};
  attributes.map_id = id;
  return Fd(check(call(BPF_MAP_GET_FD_BY_ID, attributes), "bpf open map"));
}

std::string name_of_map(const Fd& map) {
  bpf_map_info info{};
  bpf_attr asking{};
  asking.info.bpf_fd = static_cast<std::uint32_t>(map.get());
  asking.info.info_len = sizeof info;
  asking.info.info = pointer(&info);
  check(call(BPF_OBJ_GET_INFO_BY_FD, asking), "bpf describe map");
  return info.name;
}

}  // namespace bpf
