// Mounts of the namespace that the process is in.
#pragma once

#include <string>

struct Mount {
  std::string source;
  std::string target;
  std::string type;
  unsigned long flags;
  std::string data;
};

// A bind takes flags such as MS_RDONLY only by a second call.
void mount_at(const Mount& mount);

// At once for whoever looks, in the kernel when the last user is gone.
void unmount(const std::string& target);
