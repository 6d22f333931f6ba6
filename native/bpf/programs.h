// What turns a service's address into a replica's. The programs run in the kernel, on the sockets of all processes of
// a cgroup; docs/networking.md says when.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <vector>

namespace bpf {

// An IPv6 address, or an IPv4 one as `::ffff:a.b.c.d`; words in the order of the network.
using Address = std::array<std::uint32_t, 4>;

// More than a bridge has room for; with what the kernel adds, an entry stays within 8 KiB.
constexpr std::uint32_t kMostReplicas = 1008;

// Who stands behind a service's address: an entry of the map `services`.
struct Replicas {
  std::uint32_t count;
  // Connections so far: each goes to the next one. Written by the kernel.
  std::uint32_t turn;
  // The last half of each address; the first is that of the service, since both are of one subnet.
  std::array<std::array<std::uint32_t, 2>, kMostReplicas> ends;
};

// Replicas that a socket speaks to, and the service that it believes to speak to: an entry of the map `peers`, which
// lives as long as the socket.
struct Peer {
  Address service;
  std::array<std::uint32_t, 2> end;
  std::uint32_t port;
  std::uint32_t unused;
};
constexpr int kMostPeers = 8;
struct Peers {
  std::uint32_t next;
  std::uint32_t unused;
  std::array<Peer, kMostPeers> all;
};

struct Maps {
  int services;
  int peers;
};

// A hook of the kernel and what is attached to it.
struct Hook {
  bpf_attach_type type;
  std::vector<bpf_insn> (*program)(const Maps&);
};

constexpr int kHooks = 10;
extern const std::array<Hook, kHooks> hooks;

}  // namespace bpf
