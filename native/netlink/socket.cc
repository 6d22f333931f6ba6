#include "socket.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <mutex>
#include <optional>

#include "attributes.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

namespace netlink {

namespace {

std::string reason_of(const nlmsghdr& answer, const nlmsgerr& error) {
  if ((answer.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return "";
  // The request is echoed between the error and its attributes unless the acknowledgement is capped.
  std::size_t skip = sizeof(nlmsgerr);
  if ((answer.nlmsg_flags & NLM_F_CAPPED) == 0) skip += error.msg.nlmsg_len - sizeof(nlmsghdr);
  return Attributes::after(answer, skip).text(NLMSGERR_ATTR_MSG);
}

std::optional<Refused> refusal(const nlmsghdr& answer, const Request& request) {
  const auto& error = *static_cast<const nlmsgerr*>(NLMSG_DATA(&answer));
  if (error.error == 0 || -error.error == request.tolerated) return std::nullopt;
  return Refused(request.call, request.subject, -error.error, reason_of(answer, error));
}

}  // namespace

Socket::Socket(int protocol) : fd_(check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "socket", "netlink")) {
  const int on = 1;
  // Older kernels have neither: the error then lacks its reason, nothing else.
  ::setsockopt(fd_.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd_.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
}

void Socket::change(Message message, const char* call, const std::string& subject) {
  std::vector<Request> requests;
  requests.push_back({std::move(message), call, subject});
  change(std::move(requests));
}

void Socket::change(std::vector<Request> requests) {
  const std::uint32_t first = sequence_ + 1;
  std::vector<char> batch;
  for (Request& request : requests) {
    const std::vector<char>& sealed = request.message.seal(++sequence_);
    batch.insert(batch.end(), sealed.begin(), sealed.end());
  }
  {
    // The kernel does one change at a time, before send returns: who has to wait for that spins, and here it sleeps.
    static std::mutex& changing = *new std::mutex;
    const std::lock_guard lock(changing);
    check(::send(fd_.get(), batch.data(), batch.size(), 0), "send", "netlink");
  }

  std::optional<Refused> failure;
  for (std::size_t acknowledged = 0; acknowledged < requests.size();) {
    const std::vector<char> answers = receive("acknowledge");
    auto left = static_cast<unsigned>(answers.size());
    for (auto* at = reinterpret_cast<const nlmsghdr*>(answers.data()); NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      const std::uint32_t index = at->nlmsg_seq - first;
      if (at->nlmsg_type != NLMSG_ERROR || index >= requests.size()) continue;
      ++acknowledged;
      if (!failure) failure = refusal(*at, requests[index]);
    }
  }
  if (failure) throw *failure;
}

void Socket::control(unsigned long request, void* value, const char* call, const std::string& subject) {
  check(::ioctl(fd_.get(), request, value), call, subject);
}

void Socket::ask(Message message, const char* call, const std::string& subject, const Visit& visit) {
  const std::vector<char>& sealed = message.seal(++sequence_);
  check(::send(fd_.get(), sealed.data(), sealed.size(), 0), "send", "netlink");
  const std::vector<char> answer = receive(call);
  const auto& header = *reinterpret_cast<const nlmsghdr*>(answer.data());
  if (header.nlmsg_type != NLMSG_ERROR) return visit(header);
  const auto& error = *static_cast<const nlmsgerr*>(NLMSG_DATA(&header));
  throw Refused(call, subject, -error.error, reason_of(header, error));
}

void Socket::dump(Message message, const char* call, const Visit& visit) {
  const std::vector<char>& sealed = message.seal(++sequence_);
  check(::send(fd_.get(), sealed.data(), sealed.size(), 0), "send", "netlink");
  for (;;) {
    const std::vector<char> answers = receive(call);
    auto left = static_cast<unsigned>(answers.size());
    for (auto* at = reinterpret_cast<const nlmsghdr*>(answers.data()); NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_seq != sequence_) continue;
      if (at->nlmsg_type == NLMSG_DONE) return;
      if (at->nlmsg_type != NLMSG_ERROR) {
        visit(*at);
        continue;
      }
      const auto& error = *static_cast<const nlmsgerr*>(NLMSG_DATA(at));
      throw Refused(call, "", -error.error, reason_of(*at, error));
    }
  }
}

// One datagram, of whatever size: asked for its length first.
std::vector<char> Socket::receive(const char* call) {
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    std::vector<char> buffer(static_cast<std::size_t>(check(size, call, "netlink")));
    const ssize_t received = check(::recv(fd_.get(), buffer.data(), buffer.size(), 0), call, "netlink");
    buffer.resize(static_cast<std::size_t>(received));
    return buffer;
  }
}

}  // namespace netlink
