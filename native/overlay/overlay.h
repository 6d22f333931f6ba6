// An overlay that hangs nowhere: it lasts as long as its descriptor, unless it is moved to a place.
#pragma once

#include <string>
#include <vector>

#include "../base/fd.h"

// Lowers uppermost first; without an upper it is read-only.
Fd overlay_mount(const std::string& upper, const std::string& work, const std::vector<std::string>& lowers);
