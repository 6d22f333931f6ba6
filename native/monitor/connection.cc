#include "connection.h"

#include <endian.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace {

constexpr size_t kLargestRequest = 8u << 20;
constexpr size_t kLargestFrame = 1u << 20;
constexpr size_t kHeader = 8;

uint32_t number_at(std::string_view text, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, text.data() + at, sizeof number);
  return number;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (size_t end; (end = text.find('\0')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    words.emplace_back(text.substr(0, end));
  }
  return words;
}

}  // namespace

Connection::Connection(Loop& loop, Fd socket) : loop_(loop), socket_(std::move(socket)) {
  loop_.watch(socket_.get(), EPOLLIN, [this](uint32_t events) { handle(events); });
}

Connection::~Connection() { loop_.forget(socket_.get()); }

void Connection::send(Type type, std::string_view payload) {
  if (closing_) return;
  char header[kHeader] = {static_cast<char>(type), 0, 0, 0};
  uint32_t length = htobe32(static_cast<uint32_t>(payload.size()));
  std::memcpy(header + 4, &length, sizeof length);
  out_.append(header, sizeof header).append(payload);
  write_some();
}

void Connection::answer_last(const std::vector<std::string>& words) {
  answer(words);
  close_when_sent();
}

void Connection::close_when_sent() {
  closing_ = true;
  // Whatever else the client has to say is read and dropped, so that its end is seen.
  paused_ = false;
  if (waiting() == 0) ::shutdown(socket_.get(), SHUT_WR);
  update();
}

void Connection::drop() {
  out_.clear();
  sent_ = 0;
  closing_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR);
}

void Connection::pause_reading(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  if (!paused) take_input();
  if (!paused_ && hung_up_) read_some();
  else update();
}

void Connection::update() {
  uint32_t reading = !paused_ && !ended_ ? static_cast<uint32_t>(EPOLLIN) : 0u;
  loop_.change(socket_.get(), reading | (waiting() > 0 ? static_cast<uint32_t>(EPOLLOUT) : 0u));
}

void Connection::handle(uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    write_some();
    if (waiting() == 0 && on.drained) on.drained();
  }
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    hung_up_ = true;
    // epoll tells of it again and again; what the client had still sent is read when there is room for it.
    if (paused_) return loop_.forget(socket_.get());
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read_some();
}

void Connection::read_some() {
  char buffer[32 * 1024];
  do {
    ssize_t length = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) break;
    // ECONNRESET: it closed with something of ours unread.
    if (length < 0) return close(false);
    if (length == 0) {
      if (hung_up_ || !requested_) return close(waiting() == 0);
      // The client has no more to say, but still listens.
      if (!ended_ && on.stdin_end) on.stdin_end();
      ended_ = true;
      break;
    }
    in_.append(buffer, static_cast<size_t>(length));
    take_input();
  } while (hung_up_ && !paused_);
  update();
}

void Connection::take_input() {
  std::string_view input = in_;
  if (requested_ || take_request(input)) {
    while (!paused_ && take_frame(input)) {
    }
  }
  in_.erase(0, in_.size() - input.size());
  if (in_.empty()) in_.shrink_to_fit();
}

bool Connection::take_request(std::string_view& input) {
  if (input.size() < 4) return false;
  size_t length = le32toh(number_at(input, 0));
  if (length > kLargestRequest) return drop(), false;
  if (input.size() < 4 + length) return false;
  std::string_view request = input.substr(4, length);
  input.remove_prefix(4 + length);
  requested_ = true;
  try {
    Program program = decode(request);
    if (program.empty()) throw BadProgram(0, "an empty request");
    on.request(program);
  } catch (const BadProgram& error) {
    answer_last({"error", std::to_string(error.index), "request", "", "EINVAL", error.what()});
  }
  return true;
}

bool Connection::take_frame(std::string_view& input) {
  if (input.size() < kHeader) return false;
  size_t length = be32toh(number_at(input, 4));
  if (length > kLargestFrame) return drop(), false;
  if (input.size() < kHeader + length) return false;
  auto type = static_cast<Type>(input[0]);
  std::string_view payload = input.substr(kHeader, length);
  input.remove_prefix(kHeader + length);
  if (closing_) return true;
  if (type == kStdin && length == 0 && on.stdin_end) on.stdin_end();
  if (type == kStdin && length > 0 && on.stdin_data) on.stdin_data(payload);
  if (type == kWords && on.words) on.words(words_of(payload));
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
    out_.shrink_to_fit();
    sent_ = 0;
    if (closing_) ::shutdown(socket_.get(), SHUT_WR);
  } else if (sent_ > (1u << 20)) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  update();
}

void Connection::close(bool read_all) {
  loop_.forget(socket_.get());
  if (on.closed) on.closed(read_all);
}
