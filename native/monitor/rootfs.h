#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../base/fd.h"

struct Owner {
  uid_t uid;
  gid_t gid;
};

struct Device {
  unsigned major_number;
  unsigned minor_number;
};

// The container's root while it is built and after the pivot. Every path is resolved below it with
// openat2(RESOLVE_IN_ROOT): no symlink of an image leads outside.
class Rootfs {
 public:
  // The root of the mount namespace that we are in: after a pivot, or of a joined container.
  void use_current();

  void overlay(const std::string& target, const std::string& upper, const std::string& work,
               const std::vector<std::string>& lowers);
  void mount(const std::string& source, const std::string& target, const std::string& type, const std::string& flags,
             const std::string& data);
  void bind(const std::string& source, const std::string& target, const std::string& flags);
  // The same, of a source in another mount namespace, which is given by its file.
  void bind_of(const std::string& space, const std::string& source, const std::string& target, const std::string& flags);
  void mkdir(const std::string& path, mode_t mode, Owner owner);
  void file(const std::string& path, mode_t mode, const std::string& content);
  void symlink(const std::string& target, const std::string& path);
  void device(const std::string& path, mode_t mode, Device device, Owner owner);
  void mask(const std::string& path);
  void readonly(const std::string& path);
  void pivot();
  void root_attribute(uint64_t attribute);

  // O_PATH by default; throws ENOENT where it is not there.
  Fd open(const std::string& path, int flags = 010000000 /* O_PATH */, mode_t mode = 0) const;

 private:
  void attach(const Fd& tree, const std::string& source, const std::string& target, const std::string& flags);
  // Nothing where it is not there.
  std::optional<Fd> find(const std::string& path) const;
  std::optional<std::string> link_at(const std::string& path) const;
  std::string canonical(const std::string& path) const;
  std::optional<Fd> make_last(const std::string& path, bool is_directory) const;
  Fd directory(const std::string& path) const;
  Fd target_like(const std::string& path, bool is_directory) const;
  std::pair<Fd, std::string> parent(const std::string& path) const;

  Fd root_;
};

// Makes the propagation of every mount of this namespace private or slave.
void set_propagation(const std::string& kind);
