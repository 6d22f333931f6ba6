// What only a directory that others use meanwhile needs.
#pragma once

#include <string>

#include "../base/fd.h"

// EROFS in the kernel's own file systems: what looks like a file there is the kernel itself, and no place for a copy.
void refuse_kernel(const Fd& directory, const std::string& path);

// Directory by directory, each opened without following a link: what is renamed meanwhile leads nowhere else. What is
// mounted below belongs to others, and stays: EXDEV.
void remove_all(int parent, const std::string& name, const std::string& path);
