#include "log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

#include "../base/sys_error.h"
#include "json.h"

namespace {

constexpr size_t kLongestLine = 16 * 1024;
constexpr size_t kLargestBatch = 64 * 1024;

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

}  // namespace

Log::Log(std::string path, size_t bytes, int files) : path_(std::move(path)), limit_(bytes), files_(files) {
  if (path_.empty()) return;
  struct stat status {};
  made_ = ::stat(path_.c_str(), &status) < 0;
  open();
  if (!file_) throw SysError("log", path_);
}

void Log::open() {
  file_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat status {};
  size_ = file_ && ::fstat(file_.get(), &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

void Log::discard() {
  if (made_) ::unlink(path_.c_str());
}

void Log::write(Stream stream, std::string_view data) {
  if (path_.empty()) return;
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
    size_t newline = rest.find('\n');
    bool whole = newline != std::string_view::npos;
    size_t length = whole ? newline + 1 : rest.size();
    if (length > kLongestLine) length = cut_at(rest, kLongestLine);
    else if (!whole && !all) break;
    entry(stream, rest.substr(0, length));
    rest.remove_prefix(length);
  }
  pending.erase(0, pending.size() - rest.size());
  put();
}

void Log::entry(Stream stream, std::string_view line) {
  size_t before = batch_.size();
  batch_ += "{\"log\":\"";
  append_json(batch_, line);
  batch_ += stream == Stream::kOut ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"";
  batch_ += time_;
  batch_ += "\"}\n";
  if (limit_ > 0 && size_ + before > 0 && size_ + batch_.size() > limit_) {
    std::string last = batch_.substr(before);
    batch_.resize(before);
    put();
    rotate();
    batch_ = std::move(last);
  }
  if (batch_.size() > kLargestBatch) put();
}

void Log::put() {
  if (batch_.empty()) return;
  if (!file_) open();
  ssize_t wrote = file_ ? ::write(file_.get(), batch_.data(), batch_.size()) : -1;
  if (wrote == static_cast<ssize_t>(batch_.size())) {
    size_ += batch_.size();
  } else if (wrote > 0 && ::ftruncate(file_.get(), static_cast<off_t>(size_)) < 0) {
    // The disk is full: half an entry would spoil the next one, so that it is cut off where that can be done.
    size_ += static_cast<size_t>(wrote);
  }
  batch_.clear();
}

void Log::rotate() {
  auto name = [&](int age) { return age == 0 ? path_ : path_ + "." + std::to_string(age); };
  file_.reset();
  if (files_ <= 1) ::unlink(path_.c_str());
  for (int age = files_ - 1; age > 0; --age) ::rename(name(age - 1).c_str(), name(age).c_str());
  open();
}
