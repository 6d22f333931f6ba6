#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

// Sends one packet on a unix socket, two descriptors at most with it: who receives it has copies of them. Gives what
// sendmsg(2) does; a socket that nobody holds the other end of is EPIPE, without a signal.
inline ssize_t send_packet(int socket, std::string_view text, std::span<const int> descriptors) {
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* attached = CMSG_FIRSTHDR(&header);
    attached->cmsg_level = SOL_SOCKET;
    attached->cmsg_type = SCM_RIGHTS;
    attached->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(attached), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL);
}

// Receives one into `text`, and what came with it into `control`, where `header` finds it; descriptors are close-on-exec.
inline ssize_t receive_packet(int socket, msghdr& header, std::span<char> text, std::span<char> control, int flags = 0) {
  iovec part{text.data(), text.size()};
  header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t length;
  do {
    length = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flags);
  } while (length < 0 && errno == EINTR);
  header.msg_iov = nullptr;
  return length;
}
