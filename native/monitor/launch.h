#pragma once

#include <string>
#include <vector>

#include "operations.h"

// The last step: standard streams, hold, and exec. Does not return; throws SysError where the program is not there.
[[noreturn]] void launch(Context& context, const std::vector<std::string>& words);
