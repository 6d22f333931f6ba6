#include "log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace {

constexpr size_t kLongestLine = 16 * 1024;

std::string now_text() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char text[64];
  size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + length, sizeof text - length, ".%09ldZ", now.tv_nsec);
  return text;
}

// Length of the UTF-8 sequence at the beginning, 0 where there is none.
size_t sequence_length(std::string_view text) {
  auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  unsigned char first = byte(0);
  size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

void append_json(std::string& out, std::string_view text) {
  while (!text.empty()) {
    size_t length = sequence_length(text);
    unsigned char first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\\ufffd";
      length = 1;
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += text[0];
    } else if (first == '\n') {
      out += "\\n";
    } else if (first == '\r') {
      out += "\\r";
    } else if (first == '\t') {
      out += "\\t";
    } else if (first < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", first);
      out += escaped;
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

// At most `limit` bytes, not in the middle of a character.
size_t split_at(std::string_view text, size_t limit) {
  size_t at = limit;
  while (at > limit - 4 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

}  // namespace

Log::Log(std::string path, size_t bytes, int files) : path_(std::move(path)), limit_(bytes), files_(files) { open(); }

void Log::open() {
  file_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat status {};
  size_ = file_ && ::fstat(file_.get(), &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

void Log::write(Stream stream, std::string_view data) {
  pending_[static_cast<int>(stream)].append(data);
  append_lines(stream, false);
}

void Log::flush() {
  append_lines(Stream::kOut, true);
  append_lines(Stream::kErr, true);
}

void Log::append_lines(Stream stream, bool all) {
  std::string& pending = pending_[static_cast<int>(stream)];
  std::string_view rest = pending;
  time_ = now_text();
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    size_t length = end == std::string_view::npos ? rest.size() : end + 1;
    if (length > kLongestLine) length = split_at(rest, kLongestLine);
    else if (end == std::string_view::npos && !all && length < kLongestLine) break;
    entry(rest.substr(0, length), stream);
    rest.remove_prefix(length);
  }
  pending.erase(0, pending.size() - rest.size());
  if (!batch_.empty()) put(batch_);
  batch_.clear();
}

void Log::entry(std::string_view line, Stream stream) {
  batch_ += "{\"log\":\"";
  append_json(batch_, line);
  batch_ += stream == Stream::kOut ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"";
  batch_ += time_;
  batch_ += "\"}\n";
  if (size_ + batch_.size() >= limit_) {
    put(batch_);
    batch_.clear();
  }
}

void Log::put(const std::string& text) {
  if (limit_ > 0 && size_ > 0 && size_ + text.size() > limit_) rotate();
  if (!file_) open();
  for (size_t at = 0; at < text.size();) {
    ssize_t wrote = ::write(file_.get(), text.data() + at, text.size() - at);
    if (wrote < 0) return;
    at += static_cast<size_t>(wrote);
    size_ += static_cast<size_t>(wrote);
  }
}

void Log::rotate() {
  auto name = [&](int number) { return number == 0 ? path_ : path_ + "." + std::to_string(number); };
  file_.reset();
  if (files_ <= 1) ::unlink(path_.c_str());
  for (int number = files_ - 1; number > 0; --number) ::rename(name(number - 1).c_str(), name(number).c_str());
  open();
}
