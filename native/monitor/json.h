#pragma once

#include <string>
#include <string_view>

// Appends a text as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

// Where to cut a text after at most `limit` bytes, not in the middle of a character.
size_t cut_at(std::string_view text, size_t limit);
