// What hides something of lower layers, where there is nothing left to hide.
#pragma once

#include <string>

// Removes the whiteouts in a directory, and directories that have nothing else; other entries are ENOTEMPTY.
void remove_marks(int parent, const std::string& name, const std::string& path);
