// Network namespaces that a file holds, so that they outlive every process.
#pragma once

#include <string>

#include "../base/fd.h"

// With `lo` up. EEXIST where the file is there already. Where `pins` names a mount namespace the path is one in it.
void create_netns(const std::string& path, const std::string& pins);
void delete_netns(const std::string& path, const std::string& pins);
Fd open_netns(const std::string& path);
