// Names in a directory that is open, read at once: what is removed meanwhile does not disturb the reading.
#pragma once

#include <string>
#include <vector>

#include "../base/fd.h"

std::vector<std::string> names_in(const Fd& directory, const std::string& path);
