#pragma once

#include <string>
#include <vector>

// The file that `name` means with PATH of the environment, as execvp has it. Throws ENOENT or EACCES.
std::string find_program(const std::string& name, const std::vector<std::string>& environment);
