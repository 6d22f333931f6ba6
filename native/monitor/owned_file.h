#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>

// A file that is ours as long as its name means what we made: a monitor that comes after us may have put its own there.
class OwnedFile {
 public:
  explicit OwnedFile(std::string path) : path_(std::move(path)) { made_ = !path_.empty() && ::stat(path_.c_str(), &status_) == 0; }

  void remove() const {
    struct stat now {};
    if (!made_ || ::stat(path_.c_str(), &now) < 0) return;
    if (now.st_ino == status_.st_ino && now.st_dev == status_.st_dev) ::unlink(path_.c_str());
  }

 private:
  std::string path_;
  bool made_ = false;
  struct stat status_ {};
};
