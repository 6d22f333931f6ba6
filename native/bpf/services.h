// Addresses of services for the processes of a cgroup of version 2. The cgroup holds the programs, they hold the maps:
// nothing is pinned, all of it outlives every process of ours and goes with the cgroup or by `detach_services`.
// `owner`: eight letters or digits, since several daemons may share a cgroup.
#pragma once

#include <string>
#include <vector>

namespace bpf {

struct Place {
  std::string cgroup;
  std::string owner;
};

struct Service {
  std::string address;
  std::vector<std::string> replicas;
};

// True where they were attached now, false where they were there. Those of another version are replaced, and their
// addresses forgotten.
bool attach_services(const Place& place);
// Gone already, with the cgroup or without it, is fine.
void detach_services(const Place& place);
// One update whatever the number of replicas. ENOENT where nothing is attached.
void put_service(const Place& place, const Service& service);
void remove_service(const Place& place, const std::string& address);
std::vector<Service> list_services(const Place& place);

}  // namespace bpf
