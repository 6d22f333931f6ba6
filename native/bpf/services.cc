#include "services.h"

#include <arpa/inet.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "../base/sys_error.h"
#include "call.h"
#include "programs.h"

namespace bpf {
namespace {

constexpr std::uint32_t kMostServices = 8192;
constexpr const char* kServices = "stack_services";

Fd open_cgroup(const Place& place) {
  return Fd(check(::open(place.cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", place.cgroup));
}

// The owner, and a hash (FNV-1a) of the program: one of another version has another name.
std::string name_of(const Place& place, const Hook& hook) {
  std::uint32_t hash = 2166136261;
  for (const bpf_insn& instruction : hook.program({0, 0})) {
    unsigned char bytes[sizeof instruction];
    std::memcpy(bytes, &instruction, sizeof instruction);
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 16777619;
  }
  char text[7];
  std::snprintf(text, sizeof text, "%06x", hash & 0xffffff);
  return place.owner + "_" + text;
}

bool is_of(const Place& place, const std::string& name) { return name.rfind(place.owner + "_", 0) == 0; }

Fd services_of(const Attached& program) {
  for (const std::uint32_t id : program.maps) {
    Fd map = map_by_id(id);
    if (name_of_map(map) == kServices) return map;
  }
  return Fd();
}

Fd open_services(const Place& place, const Fd& cgroup) {
  for (const Attached& program : attached(cgroup, hooks[0].type)) {
    if (!is_of(place, program.name)) continue;
    if (Fd map = services_of(program)) return map;
  }
  throw SysError("find services", place.cgroup, ENOENT);
}

// All of one making: this version's programs at every hook, over the same maps.
bool is_complete(const Place& place, const Fd& cgroup) {
  std::optional<std::vector<std::uint32_t>> maps;
  for (const Hook& hook : hooks) {
    int found = 0;
    for (Attached& program : attached(cgroup, hook.type)) {
      if (!is_of(place, program.name)) continue;
      std::sort(program.maps.begin(), program.maps.end());
      // Those of recvmsg and getpeername use the second map only.
      if (!maps) maps = program.maps;
      if (!std::includes(maps->begin(), maps->end(), program.maps.begin(), program.maps.end())) return false;
      if (program.name != name_of(place, hook) || ++found > 1) return false;
    }
    if (found == 0) return false;
  }
  return true;
}

struct Ours {
  bpf_attach_type type;
  Fd program;
};

std::vector<Ours> programs_of(const Place& place, const Fd& cgroup) {
  std::vector<Ours> all;
  for (const Hook& hook : hooks) {
    for (Attached& program : attached(cgroup, hook.type)) {
      if (is_of(place, program.name)) all.push_back({hook.type, std::move(program.program)});
    }
  }
  return all;
}

Address parse(const std::string& text) {
  Address address{0, 0, htonl(0xffff), 0};
  if (::inet_pton(AF_INET, text.c_str(), &address[3]) == 1) return address;
  if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  throw SysError("parse address", text, EINVAL);
}

std::string format(const Address& address) {
  char text[INET6_ADDRSTRLEN];
  const bool is_mapped = address[0] == 0 && address[1] == 0 && address[2] == htonl(0xffff);
  if (is_mapped) ::inet_ntop(AF_INET, &address[3], text, sizeof text);
  else ::inet_ntop(AF_INET6, address.data(), text, sizeof text);
  return text;
}

}  // namespace

bool attach_services(const Place& place) {
  const Fd cgroup = open_cgroup(place);
  if (is_complete(place, cgroup)) return false;
  const Fd services = create_map({.type = BPF_MAP_TYPE_HASH,
                                  .key_size = sizeof(Address),
                                  .value_size = sizeof(Replicas),
                                  .max_entries = kMostServices,
                                  .flags = BPF_F_NO_PREALLOC,
                                  .name = kServices});
  const Fd peers = create_map({.type = BPF_MAP_TYPE_SK_STORAGE,
                               .key_size = sizeof(int),
                               .value_size = sizeof(Peers),
                               .max_entries = 0,
                               .flags = BPF_F_NO_PREALLOC,
                               .name = "stack_peers"});
  std::vector<Fd> programs;
  for (const Hook& hook : hooks) {
    programs.push_back(load_program(hook.type, name_of(place, hook), hook.program({services.get(), peers.get()})));
  }
  const std::vector<Ours> stale = programs_of(place, cgroup);
  for (std::size_t index = 0; index < hooks.size(); ++index) attach(cgroup, programs[index], hooks[index].type);
  for (const Ours& each : stale) detach(cgroup, each.program, each.type);
  return true;
}

void detach_services(const Place& place) {
  const Fd cgroup(::open(place.cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) return;
  for (const Ours& each : programs_of(place, cgroup)) detach(cgroup, each.program, each.type);
}

void put_service(const Place& place, const Service& service) {
  const Address address = parse(service.address);
  const auto replicas = std::make_unique<Replicas>();
  for (const std::string& text : service.replicas) {
    const Address replica = parse(text);
    if (!std::equal(replica.begin(), replica.begin() + 2, address.begin())) {
      throw SysError("put service", service.address + " -> " + text, EINVAL);
    }
    if (replicas->count < kMostReplicas) replicas->ends[replicas->count++] = {replica[2], replica[3]};
  }
  update(open_services(place, open_cgroup(place)), address.data(), replicas.get());
}

void remove_service(const Place& place, const std::string& address) {
  const Address key = parse(address);
  erase(open_services(place, open_cgroup(place)), key.data());
}

std::vector<Service> list_services(const Place& place) {
  const Fd map = open_services(place, open_cgroup(place));
  std::vector<Service> all;
  const auto replicas = std::make_unique<Replicas>();
  Address key{};
  for (bool more = next_key(map, nullptr, key.data()); more; more = next_key(map, key.data(), key.data())) {
    if (!look_up(map, key.data(), replicas.get())) continue;
    Service service{format(key), {}};
    for (std::uint32_t index = 0; index < replicas->count; ++index) {
      service.replicas.push_back(format({key[0], key[1], replicas->ends[index][0], replicas->ends[index][1]}));
    }
    all.push_back(std::move(service));
  }
  return all;
}

}  // namespace bpf
