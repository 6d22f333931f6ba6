#include "channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cstring>

#include "../base/packet.h"
#include "../base/sys_error.h"
#include "program.h"

namespace {

// Longer than any path that a failure may name.
constexpr size_t kLargest = 8192;

void take_attached(msghdr& header, Message& message) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET) continue;
    if (each->cmsg_type == SCM_RIGHTS) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(each), sizeof fd);
      message.fd = Fd(fd);
    } else if (each->cmsg_type == SCM_CREDENTIALS) {
      ucred sender;
      std::memcpy(&sender, CMSG_DATA(each), sizeof sender);
      message.sender = sender.pid;
    }
  }
}

}  // namespace

Channel make_channel() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  Channel channel{Fd(ends[0]), Fd(ends[1])};
  int on = 1;
  check(::setsockopt(channel.ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on), "setsockopt");
  return channel;
}

void send_message(int channel, const std::vector<std::string>& words, int fd) {
  std::string text = encode_words(words);
  if (text.size() > kLargest) text.resize(kLargest);
  const std::span<const int> attached(&fd, fd < 0 ? 0 : 1);
  check(send_packet(channel, text, attached), "send to the monitor");
}

Receipt receive_message(int channel, Message& message, bool wait) {
  char text[kLargest + 1];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(ucred))] = {};
  msghdr header;
  const ssize_t length = receive_packet(channel, header, {text, kLargest}, control, wait ? 0 : MSG_DONTWAIT);
  if (length < 0 && errno == EAGAIN) return Receipt::kNothing;
  if (length <= 0) return Receipt::kClosed;
  text[length] = '\0';
  message = Message{};
  for (ssize_t at = 0; at < length; at += static_cast<ssize_t>(message.words.back().size()) + 1) {
    message.words.emplace_back(text + at);
  }
  take_attached(header, message);
  return Receipt::kMessage;
}

bool is_hung_up(int channel) {
  pollfd each{channel, 0, 0};
  return ::poll(&each, 1, 0) == 1 && (each.revents & POLLHUP) != 0;
}
