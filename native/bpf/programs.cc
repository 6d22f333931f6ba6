#include "programs.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstddef>
#include <string>

#include "assembler.h"

namespace bpf {
namespace {

enum class Family { kIpv4, kIpv6 };

const std::int32_t mapped = static_cast<std::int32_t>(htonl(0xffff));

constexpr std::int16_t offset_of_word(int index) {
  return static_cast<std::int16_t>(offsetof(bpf_sock_addr, user_ip6) + 4 * index);
}
constexpr std::int16_t kIp4 = offsetof(bpf_sock_addr, user_ip4);
constexpr std::int16_t kPort = offsetof(bpf_sock_addr, user_port);
constexpr std::int16_t kProtocol = offsetof(bpf_sock_addr, protocol);
constexpr std::int16_t kSocket = offsetof(bpf_sock_addr, sk);

// On the stack: the address that was asked for.
constexpr std::int16_t kAsked = -16;
constexpr int kAllow = 1;
constexpr int kRefuse = 0;

constexpr std::int16_t offset_of_peer(int index, std::size_t field) {
  return static_cast<std::int16_t>(offsetof(Peers, all) + sizeof(Peer) * index + field);
}
constexpr std::int16_t end_of(int index, int word) { return offset_of_peer(index, offsetof(Peer, end) + 4 * word); }
constexpr std::int16_t service_of(int index, int word) {
  return offset_of_peer(index, offsetof(Peer, service) + 4 * word);
}
constexpr std::int16_t port_of(int index) { return offset_of_peer(index, offsetof(Peer, port)); }

// The address that the program is about, four words, to the stack. R6: the context.
void keep_address(Assembler& code, Family family) {
  for (int word = 0; word < 4; ++word) {
    const auto at = static_cast<std::int16_t>(kAsked + 4 * word);
    if (family == Family::kIpv6) {
      code.load(R1, R6, offset_of_word(word)).store(R10, at, R1);
    } else if (word < 3) {
      code.store(R10, at, word == 2 ? mapped : 0);
    } else {
      code.load(R1, R6, kIp4).store(R10, at, R1);
    }
  }
}

// Writes the last half of an address, R8 and R9, into the context.
void turn_address(Assembler& code, Family family) {
  if (family == Family::kIpv4) {
    code.store(R6, kIp4, R9);
  } else {
    code.store(R6, offset_of_word(2), R8).store(R6, offset_of_word(3), R9);
  }
}

// R0: the socket's peers, or 0.
void find_peers(Assembler& code, const Maps& maps, int flags) {
  code.load_map(R1, maps.peers).load64(R2, R6, kSocket).mov(R3, 0).mov(R4, flags).call(kSkStorageGet);
}

// Notes in the socket's storage that R8 and R9 stand for the address asked for; the oldest of eight is forgotten.
void remember(Assembler& code, const Maps& maps) {
  find_peers(code, maps, BPF_SK_STORAGE_GET_F_CREATE);
  code.jump_equal(R0, 0, "allow").load(R3, R6, kPort);
  for (int index = 0; index < kMostPeers; ++index) {
    const std::string next = "unknown" + std::to_string(index);
    code.load(R1, R0, end_of(index, 1)).jump_unequal32(R1, R9, next);
    code.load(R1, R0, end_of(index, 0)).jump_unequal32(R1, R8, next);
    code.load(R1, R0, port_of(index)).jump_unequal32(R1, R3, next);
    for (int word = 0; word < 4; ++word) {
      code.load(R1, R0, service_of(index, word));
      code.load(R2, R10, static_cast<std::int16_t>(kAsked + 4 * word)).jump_unequal32(R1, R2, next);
    }
    code.jump("allow").label(next);
  }
  code.load(R1, R0, offsetof(Peers, next)).mov(R2, R1).add(R2, 1).store(R0, offsetof(Peers, next), R2);
  static_assert((kMostPeers & (kMostPeers - 1)) == 0 && sizeof(Peer) == 32);
  code.bit_and(R1, kMostPeers - 1).shift_left(R1, 5).add(R0, R1);
  code.store(R0, end_of(0, 0), R8).store(R0, end_of(0, 1), R9).store(R0, port_of(0), R3);
  for (int word = 0; word < 4; ++word) {
    code.load(R2, R10, static_cast<std::int16_t>(kAsked + 4 * word)).store(R0, service_of(0, word), R2);
  }
}

// The number of a replica into R0. Each connection goes to the next one; datagrams of one socket to the same one.
void choose(Assembler& code, bool is_connect) {
  if (is_connect) {
    code.mov(R0, 1).fetch_add(R7, offsetof(Replicas, turn), R0);
  } else {
    code.mov(R1, R6).call(kGetSocketCookie);
  }
  code.modulo32(R0, R8);
}

// Leads what is sent to a service's address to one of its replicas, or refuses it where there is none.
std::vector<bpf_insn> lead(const Maps& maps, Family family, bool is_connect) {
  Assembler code;
  code.mov(R6, R1);
  // A ping is answered by the address itself.
  code.load(R1, R6, kProtocol).jump_equal(R1, IPPROTO_ICMP, "allow").jump_equal(R1, IPPROTO_ICMPV6, "allow");
  keep_address(code, family);
  code.load_map(R1, maps.services).mov(R2, R10).add(R2, kAsked).call(kMapLookupElem);
  code.jump_equal(R0, 0, "allow").mov(R7, R0);
  code.load(R8, R7, offsetof(Replicas, count)).jump_equal(R8, 0, "refuse");
  choose(code, is_connect);
  code.jump_at_least(R0, kMostReplicas, "refuse").shift_left(R0, 3).add(R7, R0);
  code.load(R8, R7, offsetof(Replicas, ends)).load(R9, R7, offsetof(Replicas, ends) + 4);
  turn_address(code, family);
  remember(code, maps);
  code.label("allow").exit(kAllow);
  code.label("refuse").mov(R1, -ECONNREFUSED).call(kSetRetval).exit(kRefuse);
  return code.finish();
}

// Puts the service's address where a program would see the replica's: the peer's name, the sender of a datagram.
std::vector<bpf_insn> veil(const Maps& maps, Family family) {
  Assembler code;
  code.mov(R6, R1);
  keep_address(code, family);
  find_peers(code, maps, 0);
  code.jump_equal(R0, 0, "allow").mov(R7, R0).load(R3, R6, kPort);
  for (int index = 0; index < kMostPeers; ++index) {
    const std::string next = "other" + std::to_string(index);
    const std::int16_t seen[] = {service_of(index, 0), service_of(index, 1), end_of(index, 0), end_of(index, 1)};
    for (int word = 0; word < 4; ++word) {
      code.load(R1, R10, static_cast<std::int16_t>(kAsked + 4 * word));
      code.load(R2, R7, seen[word]).jump_unequal32(R1, R2, next);
    }
    code.load(R2, R7, port_of(index)).jump_unequal32(R2, R3, next);
    code.load(R8, R7, service_of(index, 2)).load(R9, R7, service_of(index, 3)).jump("turn").label(next);
  }
  code.jump("allow").label("turn");
  turn_address(code, family);
  code.label("allow").exit(kAllow);
  return code.finish();
}

// A program that listens on its own service's name, as a single replica may, listens on all of its addresses.
std::vector<bpf_insn> widen(const Maps& maps, Family family) {
  Assembler code;
  code.mov(R6, R1);
  keep_address(code, family);
  code.load_map(R1, maps.services).mov(R2, R10).add(R2, kAsked).call(kMapLookupElem);
  code.jump_equal(R0, 0, "allow").mov(R1, 0);
  if (family == Family::kIpv4) {
    code.store(R6, kIp4, R1);
  } else {
    for (int word = 0; word < 4; ++word) code.store(R6, offset_of_word(word), R1);
  }
  code.label("allow").exit(kAllow);
  return code.finish();
}

}  // namespace

const std::array<Hook, kHooks> hooks = {{
    {BPF_CGROUP_INET4_CONNECT, [](const Maps& maps) { return lead(maps, Family::kIpv4, true); }},
    {BPF_CGROUP_INET6_CONNECT, [](const Maps& maps) { return lead(maps, Family::kIpv6, true); }},
    {BPF_CGROUP_UDP4_SENDMSG, [](const Maps& maps) { return lead(maps, Family::kIpv4, false); }},
    {BPF_CGROUP_UDP6_SENDMSG, [](const Maps& maps) { return lead(maps, Family::kIpv6, false); }},
    {BPF_CGROUP_UDP4_RECVMSG, [](const Maps& maps) { return veil(maps, Family::kIpv4); }},
    {BPF_CGROUP_UDP6_RECVMSG, [](const Maps& maps) { return veil(maps, Family::kIpv6); }},
    {BPF_CGROUP_INET4_GETPEERNAME, [](const Maps& maps) { return veil(maps, Family::kIpv4); }},
    {BPF_CGROUP_INET6_GETPEERNAME, [](const Maps& maps) { return veil(maps, Family::kIpv6); }},
    {BPF_CGROUP_INET4_BIND, [](const Maps& maps) { return widen(maps, Family::kIpv4); }},
    {BPF_CGROUP_INET6_BIND, [](const Maps& maps) { return widen(maps, Family::kIpv6); }},
}};

}  // namespace bpf
