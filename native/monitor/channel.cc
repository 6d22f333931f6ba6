#include "channel.h"

#include <sys/socket.h>

#include <cstring>

#include "../base/sys_error.h"
#include "program.h"

Channel make_channel() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

void send_message(int channel, const std::vector<std::string>& words, int fd) {
  std::string text = encode_words(words);
  iovec part{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (fd >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* attached = CMSG_FIRSTHDR(&header);
    attached->cmsg_level = SOL_SOCKET;
    attached->cmsg_type = SCM_RIGHTS;
    attached->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(attached), &fd, sizeof fd);
  }
  check(::sendmsg(channel, &header, MSG_NOSIGNAL), "send to the monitor");
}

std::optional<Message> receive_message(int channel) {
  char text[4096];
  iovec part{text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t length = ::recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
  if (length < 0 && errno != ECONNRESET) throw SysError("receive from the program", "");
  if (length <= 0) return std::nullopt;
  Message message;
  for (ssize_t at = 0; at < length;) {
    message.words.emplace_back(text + at);
    at += static_cast<ssize_t>(message.words.back().size()) + 1;
  }
  cmsghdr* attached = CMSG_FIRSTHDR(&header);
  if (attached != nullptr && attached->cmsg_type == SCM_RIGHTS) {
    int fd;
    std::memcpy(&fd, CMSG_DATA(attached), sizeof fd);
    message.fd = Fd(fd);
  }
  return message;
}
