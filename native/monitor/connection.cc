#include "connection.h"

#include <endian.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace {

constexpr size_t kLargestRequest = 8u << 20;

}  // namespace

Connection::Connection(Loop& loop, Fd socket) : loop_(loop), socket_(std::move(socket)) {
  loop_.watch(socket_.get(), EPOLLIN, [this](uint32_t events) { handle(events); });
}

Connection::~Connection() { loop_.forget(socket_.get()); }

void Connection::send(Type type, std::string_view payload) {
  char header[8] = {static_cast<char>(type), 0, 0, 0};
  uint32_t length = htobe32(static_cast<uint32_t>(payload.size()));
  std::memcpy(header + 4, &length, sizeof length);
  out_.append(header, sizeof header).append(payload);
  write_some();
}

void Connection::close_when_sent() {
  closing_ = true;
  update();
  if (waiting() == 0) ::shutdown(socket_.get(), SHUT_WR);
}

void Connection::pause_reading(bool paused) {
  paused_ = paused;
  update();
}

void Connection::update() {
  bool reading = !paused_ && !ended_;
  loop_.change(socket_.get(), (reading ? static_cast<uint32_t>(EPOLLIN) : 0u) | (waiting() > 0 ? static_cast<uint32_t>(EPOLLOUT) : 0u));
}

void Connection::handle(uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    write_some();
    if (waiting() == 0 && on.drained) on.drained();
  }
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close();
  if ((events & EPOLLIN) != 0) read_some();
}

void Connection::read_some() {
  char buffer[64 * 1024];
  ssize_t length = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (length < 0) {
    if (errno != EAGAIN && errno != EINTR) close();
    return;
  }
  if (length == 0) {
    // The client has no more to say. Whoever answers still may; one that said nothing is gone.
    ended_ = true;
    if (!requested_ || closing_) return close();
    if (on.stdin_end) on.stdin_end();
    return update();
  }
  in_.append(buffer, static_cast<size_t>(length));
  take_input();
}

void Connection::take_input() {
  if (!requested_ && !take_request()) return;
  while (requested_ && take_frame()) {
  }
}

bool Connection::take_request() {
  if (in_.size() < 4) return false;
  uint32_t length = 0;
  std::memcpy(&length, in_.data(), sizeof length);
  length = le32toh(length);
  if (length > kLargestRequest) {
    close();
    return false;
  }
  if (in_.size() < 4 + length) return false;
  std::string request = in_.substr(4, length);
  in_.erase(0, 4 + length);
  requested_ = true;
  try {
    Program program = decode(request);
    if (program.empty()) throw BadProgram(0, "an empty request");
    on.request(program);
  } catch (const BadProgram& error) {
    answer({"error", std::to_string(error.index), "request", error.what(), "EINVAL", "Invalid argument"});
    close_when_sent();
    return false;
  }
  return true;
}

bool Connection::take_frame() {
  if (in_.size() < 8) return false;
  uint32_t length = 0;
  std::memcpy(&length, in_.data() + 4, sizeof length);
  length = be32toh(length);
  if (length > kLargestRequest) {
    close();
    return false;
  }
  if (in_.size() < 8 + length) return false;
  auto type = static_cast<Type>(in_[0]);
  std::string payload = in_.substr(8, length);
  in_.erase(0, 8 + length);
  if (type == kStdin && length == 0) {
    if (on.stdin_end) on.stdin_end();
  } else if (type == kStdin) {
    if (on.stdin_data) on.stdin_data(payload);
  } else if (type == kWords && on.words) {
    std::vector<std::string> words;
    for (size_t at = 0; at < payload.size(); at += words.back().size() + 1) words.emplace_back(payload.c_str() + at);
    on.words(words);
  }
  return true;
}

void Connection::write_some() {
  while (waiting() > 0) {
    ssize_t wrote = ::send(socket_.get(), out_.data() + sent_, waiting(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (wrote < 0) break;
    sent_ += static_cast<size_t>(wrote);
  }
  if (waiting() == 0) {
    out_.clear();
    sent_ = 0;
    if (closing_) ::shutdown(socket_.get(), SHUT_WR);
  } else if (sent_ > (1u << 20)) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  update();
}

void Connection::close() {
  loop_.forget(socket_.get());
  if (on.closed) on.closed();
}
