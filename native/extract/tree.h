// A directory that a stranger's archive is unpacked into: every path is resolved below it by the kernel, a symbolic
// link that leads out of it is EXDEV, and what is replaced is unlinked, never written through.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../base/fd.h"

struct Attributes {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0;
  timespec modified{};
  std::vector<std::pair<std::string, std::string>> xattrs;
};

// A layer is nobody's yet. A container's root is in use: absolute links and `..` mean what they mean inside, mounts are
// entered (kernel interfaces are not), and a file that is there keeps its inode, since programs watch that.
enum class Kind { layer, container };

class Tree {
 public:
  explicit Tree(const std::string& root, Kind kind = Kind::layer);

  void directory(const std::string& path);
  void file(const std::string& path);
  void write(const std::string& path, off_t offset, std::string_view bytes);
  void truncate(const std::string& path, off_t size);
  void symlink(const std::string& path, const std::string& target);
  void link(const std::string& path, const std::string& target);
  void node(const std::string& path, mode_t type, dev_t device);
  // What lower layers have there is gone; what this one has stays.
  void whiteout(const std::string& path);
  // Neither is said of what is below something of this layer that is no directory: nothing is seen there anyway.
  void opaque_directory(const std::string& path);
  // With all that is below; what is not there is fine.
  void remove(const std::string& path);
  // Owner, mode, extended attributes, time: in this order, since each change of the first ones takes later ones away.
  void attributes(const std::string& path, const Attributes& attributes);
  void modified(const std::string& path, timespec time);
  // A file (or link, or node) of another layer with all that it has.
  void copy(const std::string& path, const std::string& from);
  // Owner, mode, extended attributes and time of another layer's directory, where this one has a directory, too.
  void like(const std::string& path, const std::string& from);

  bool is_in_use() const { return kind_ == Kind::container; }
  // Directories that were made since nobody had named them.
  const std::vector<std::string>& implied() const { return implied_; }

 private:
  struct Place {
    std::shared_ptr<const Fd> parent;
    std::string name;
  };

  Place place(const std::string& path);
  Place existing(const std::string& path);
  // The place of the change before this one: most entries are several changes of one path.
  Place remember(const std::string& path, Fd parent);
  Fd parent_of(const std::string& path);
  Fd step(const std::string& path);
  Fd enter(const std::string& path) const;
  // Whether this layer has a link there, or on the way, or anything else that is no directory.
  bool is_elsewhere(const std::string& directory) const;
  void opaque(const std::string& path);
  // Unlinks what is at the place, an empty directory too; whether it was a whiteout.
  bool clear(const Place& place, const std::string& path);
  // Writes to the regular file that is there; false where there is none, or it is a program that runs.
  bool overwrite(const Place& place, const std::string& path);
  void make_directory(const Place& place, const std::string& path, bool hides_lower);

  Fd root_;
  Kind kind_;
  std::vector<std::string> implied_;
  std::string last_path_;
  Place last_;
};

// A directory of a container's root, O_PATH; symbolic links are followed below the root only.
Fd open_inside(const std::string& root, const std::string& path);

// Whether overlayfs takes a directory for opaque.
bool is_opaque(const std::string& path);
