// Network namespaces that a file holds, so that they outlive every process.
#pragma once

#include <string>

#include "../base/fd.h"

// With `lo` up. EEXIST where the file is there already.
void create_netns(const std::string& path);
void delete_netns(const std::string& path);
Fd open_netns(const std::string& path);
