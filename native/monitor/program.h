#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// A step: the operation's name and its words. docs/monitor.md has the language.
using Step = std::vector<std::string>;
using Program = std::vector<Step>;

struct BadProgram : std::runtime_error {
  BadProgram(size_t index, const std::string& message) : std::runtime_error(message), index(index) {}
  size_t index;
};

// Reads the encoding: per step its number of words, then the words, each ended by NUL. Checks names, numbers of
// words, numbers and absolute paths before anything is done.
Program decode(std::string_view input);

// Of a program to run: that its last step, and no other, is an exec.
void check_ends_in_exec(const Program& program);

// Words, each ended by NUL.
std::string encode_words(const std::vector<std::string>& words);
