#include "streams.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "text.h"

namespace {

// More than a terminal's buffers hold.
constexpr size_t kTerminalBuffers = 1u << 20;

size_t capacity_of(const Fd& fd) {
  int size = ::fcntl(fd.get(), F_GETPIPE_SZ);
  return size > 0 ? static_cast<size_t>(size) : kTerminalBuffers;
}

}  // namespace

Streams::Streams(Loop& loop, Started& started, Output output)
    : loop_(loop),
      in_(std::move(started.in)),
      out_(std::move(started.out)),
      err_(std::move(started.err)),
      terminal_(std::move(started.terminal)),
      output_(std::move(output)) {
  // Held open, so that a program that closes its last one for a moment does not hang the terminal up.
  if (terminal_) other_side_ = Fd(::ioctl(terminal_.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  listen();
}

Streams::~Streams() {
  for (Fd* fd : {&in_, &out_, &err_, &terminal_}) {
    if (*fd) loop_.forget(fd->get());
  }
}

uint32_t Streams::terminal_events() const {
  return (paused_ ? 0u : static_cast<uint32_t>(EPOLLIN)) | (writing_ ? static_cast<uint32_t>(EPOLLOUT) : 0u);
}

void Streams::listen() {
  if (out_) loop_.watch(out_.get(), EPOLLIN, [this](uint32_t) { read_once(out_, Stream::kOut); });
  if (err_) loop_.watch(err_.get(), EPOLLIN, [this](uint32_t) { read_once(err_, Stream::kErr); });
  if (!terminal_) return;
  loop_.watch(terminal_.get(), terminal_events(), [this](uint32_t events) {
    if ((events & EPOLLOUT) != 0) write_some();
    if (terminal_ && (events & (EPOLLIN | EPOLLHUP)) != 0) read_once(terminal_, Stream::kOut);
  });
}

// A closed pipe is told of whatever was asked for, so that while paused nothing is watched.
void Streams::pause(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  for (Fd* fd : {&out_, &err_, &terminal_}) {
    if (*fd) loop_.forget(fd->get());
  }
  if (!paused) listen();
}

// False when there is nothing more for now.
bool Streams::read_once(Fd& fd, Stream stream) {
  char buffer[32 * 1024];
  ssize_t length = ::read(fd.get(), buffer, sizeof buffer);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  // EIO: the terminal was hung up.
  if (length <= 0) {
    loop_.forget(fd.get());
    fd.reset();
    return false;
  }
  output_(stream, {buffer, static_cast<size_t>(length)});
  return true;
}

void Streams::write(std::string_view data) {
  if (ending_ || (!in_ && !terminal_)) return;
  pending_.append(data);
  if (!writing_) write_some();
}

// A terminal has no end: the program is told as a person would, by the end-of-file character.
void Streams::end() {
  if (ending_) return;
  termios settings{};
  if (terminal_ && ::tcgetattr(terminal_.get(), &settings) == 0 && (settings.c_lflag & ICANON) != 0) {
    write({reinterpret_cast<const char*>(&settings.c_cc[VEOF]), 1});
  }
  ending_ = true;
  if (pending_.empty()) finish_input();
}

void Streams::finish_input() {
  if (in_) loop_.forget(in_.get());
  in_.reset();
}

void Streams::write_some() {
  const Fd& to = terminal_ ? terminal_ : in_;
  while (to && !pending_.empty()) {
    ssize_t wrote = ::write(to.get(), pending_.data(), pending_.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) break;
    // An error: the program reads no more, and never will.
    pending_.erase(0, wrote < 0 ? pending_.size() : static_cast<size_t>(wrote));
  }
  bool was_writing = writing_;
  writing_ = !pending_.empty();
  if (terminal_) loop_.change(terminal_.get(), terminal_events());
  else if (writing_ && !was_writing) loop_.watch(in_.get(), EPOLLOUT, [this](uint32_t) { write_some(); });
  else if (!writing_ && was_writing) loop_.forget(in_.get());
  if (writing_) return;
  pending_.shrink_to_fit();
  if (ending_) finish_input();
  if (was_writing && taken) taken();
}

// What the program wrote fits into the buffers of the kernel; others may have them open and go on writing for ever.
void Streams::drain() {
  const std::pair<Fd*, Stream> all[] = {{&out_, Stream::kOut}, {&err_, Stream::kErr}, {&terminal_, Stream::kOut}};
  for (auto [fd, stream] : all) {
    size_t rounds = *fd ? capacity_of(*fd) / 4096 + 1 : 0;
    while (*fd && rounds-- > 0 && read_once(*fd, stream)) {
    }
  }
}

bool Streams::resize(const std::string& rows, const std::string& columns) {
  if (!terminal_) return false;
  winsize size{static_cast<unsigned short>(number<uint32_t>(rows)),
               static_cast<unsigned short>(number<uint32_t>(columns)), 0, 0};
  return ::ioctl(terminal_.get(), TIOCSWINSZ, &size) == 0;
}
