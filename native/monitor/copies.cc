#include "copies.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>

#include "../base/fd.h"
#include "../base/packet.h"
#include "../base/sys_error.h"
#include "process.h"
#include "program.h"
#include "reply.h"

namespace {

struct Request {
  std::string log;
  Fd program;
  Fd reply;
};

std::optional<Request> next_request(int socket) {
  char log[PATH_MAX];
  int attached[2] = {-1, -1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof attached)] = {};
  msghdr header;
  const ssize_t length = receive_packet(socket, header, log, control);
  const cmsghdr* rights = CMSG_FIRSTHDR(&header);
  if (length <= 0 || rights == nullptr || rights->cmsg_len != CMSG_LEN(sizeof attached)) return std::nullopt;
  std::memcpy(attached, CMSG_DATA(rights), sizeof attached);
  return Request{std::string(log, static_cast<size_t>(length)), Fd(attached[0]), Fd(attached[1])};
}

// Both are of one length: there is no room for more.
constexpr char kServer[] = "stack-starter";
constexpr char kCopy[] = "stack-monitor";
static_assert(sizeof kServer == sizeof kCopy);

void take_over(const Request& request, char* name) {
  ::signal(SIGCHLD, SIG_DFL);
  ::prctl(PR_SET_NAME, kCopy);
  if (std::strcmp(name, kServer) == 0) std::memcpy(name, kCopy, sizeof kCopy);
  Fd log(::open(request.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  ::dup2(request.program.get(), 0);
  ::dup2(request.reply.get(), kReply);
  ::fcntl(kReply, F_SETFD, FD_CLOEXEC);
  if (log) {
    ::dup2(log.get(), 1);
    ::dup2(log.get(), 2);
  }
}

void refuse(const Request& request, int reason) {
  std::string text = encode_words(failure_of(0, "fork", "", reason));
  [[maybe_unused]] ssize_t wrote = ::write(request.reply.get(), text.data(), text.size());
}

}  // namespace

void serve_copies(int socket, char* name) {
  ::prctl(PR_SET_NAME, kServer);
  // Nobody waits for the copies.
  ::signal(SIGCHLD, SIG_IGN);
  while (auto request = next_request(socket)) {
    pid_t pid = ::fork();
    if (pid == 0) return take_over(*request, name);
    if (pid < 0) refuse(*request, errno);
  }
  ::_exit(0);
}
