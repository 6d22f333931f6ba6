#include "streams.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

Streams::Streams(Loop& loop, Started& started, Output output)
    : loop_(loop),
      in_(std::move(started.in)),
      out_(std::move(started.out)),
      err_(std::move(started.err)),
      terminal_(std::move(started.terminal)),
      output_(std::move(output)) {
  listen(out_, Stream::kOut);
  listen(err_, Stream::kErr);
  if (terminal_) {
    loop_.watch(terminal_.get(), EPOLLIN, [this](uint32_t events) {
      if ((events & EPOLLOUT) != 0) write_some();
      if ((events & (EPOLLIN | EPOLLHUP)) != 0 && !paused_) read_once(terminal_, Stream::kOut);
    });
  }
}

Streams::~Streams() {
  for (Fd* fd : {&in_, &out_, &err_, &terminal_}) {
    if (*fd) loop_.forget(fd->get());
  }
}

void Streams::listen(Fd& fd, Stream stream) {
  if (!fd) return;
  loop_.watch(fd.get(), EPOLLIN, [this, &fd, stream](uint32_t) {
    if (!paused_) read_once(fd, stream);
  });
}

// False when there is nothing more for now.
bool Streams::read_once(Fd& fd, Stream stream) {
  char buffer[32 * 1024];
  ssize_t length = ::read(fd.get(), buffer, sizeof buffer);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  // EIO: nobody has the terminal open any more.
  if (length <= 0) {
    loop_.forget(fd.get());
    fd.reset();
    return false;
  }
  output_(stream, {buffer, static_cast<size_t>(length)});
  return true;
}

void Streams::write(std::string_view data) {
  if (!in_ && !terminal_) return;
  pending_.append(data);
  write_some();
}

void Streams::end() {
  ending_ = true;
  if (pending_.empty()) {
    if (in_) loop_.forget(in_.get());
    in_.reset();
  }
}

void Streams::write_some() {
  Fd& to = terminal_ ? terminal_ : in_;
  while (to && !pending_.empty()) {
    ssize_t wrote = ::write(to.get(), pending_.data(), pending_.size());
    if (wrote < 0 && errno == EAGAIN) break;
    if (wrote < 0) {
      // The program reads no more.
      pending_.clear();
      break;
    }
    pending_.erase(0, static_cast<size_t>(wrote));
  }
  if (terminal_) {
    update_terminal();
  } else if (in_) {
    loop_.forget(in_.get());
    if (!pending_.empty()) loop_.watch(in_.get(), EPOLLOUT, [this](uint32_t) { write_some(); });
  }
  if (!pending_.empty()) return;
  if (ending_) end();
  if (taken) taken();
}

void Streams::update_terminal() {
  if (!terminal_) return;
  loop_.change(terminal_.get(), (paused_ ? 0u : static_cast<uint32_t>(EPOLLIN)) | (pending_.empty() ? 0u : static_cast<uint32_t>(EPOLLOUT)));
}

void Streams::pause(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  for (Fd* fd : {&out_, &err_}) {
    if (*fd) loop_.change(fd->get(), paused ? 0u : static_cast<uint32_t>(EPOLLIN));
  }
  update_terminal();
}

void Streams::drain() {
  const std::pair<Fd*, Stream> all[] = {{&out_, Stream::kOut}, {&err_, Stream::kErr}, {&terminal_, Stream::kOut}};
  for (auto [fd, stream] : all) {
    while (*fd && read_once(*fd, stream)) {
    }
  }
}

void Streams::resize(unsigned short rows, unsigned short columns) {
  winsize size{rows, columns, 0, 0};
  if (terminal_) ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
}
