#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The parts between separators, empty ones left out.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t end = text.find(separator);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

// The whole text as a number of the type; nothing where it is none, or too large.
template <typename T>
std::optional<T> parse(std::string_view text, int base = 10) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// For words whose form `decode` has checked.
template <typename T>
T number(std::string_view text, int base = 10) {
  return parse<T>(text, base).value_or(T{});
}
