#include "json.h"

#include <cstdio>

namespace {

// Length of the UTF-8 sequence at the beginning, 0 where there is none.
size_t sequence_length(std::string_view text) {
  auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  unsigned char first = byte(0);
  size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  // Forms longer than they need be, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

bool is_plain(char character) {
  return character >= 0x20 && character != '"' && character != '\\';
}

void append_escape(std::string& out, char character) {
  switch (character) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
  }
  char text[8];
  snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(character));
  out += text;
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    size_t length = sequence_length(text);
    if (length > 1) out.append(text.substr(0, length));
    else if (length == 1) append_escape(out, text[0]);
    else out += "\\ufffd";
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

size_t cut_at(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text.size();
  size_t at = limit;
  while (at + 3 > limit && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80 ? limit : at;
}
