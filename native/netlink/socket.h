// A netlink socket. It stays in the network namespace of the thread that made it, whoever uses it later.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../base/fd.h"
#include "../base/sys_error.h"
#include "message.h"

namespace netlink {

inline constexpr std::uint16_t kCreate = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
inline constexpr std::uint16_t kChange = NLM_F_REQUEST | NLM_F_ACK;
inline constexpr std::uint16_t kDump = NLM_F_REQUEST | NLM_F_DUMP;

// The kernel's no to a request, with the words it gave for it (extended ack), if any.
struct Refused : SysError {
  Refused(std::string call, std::string subject, int number, std::string reason)
      : SysError(std::move(call), std::move(subject), number), reason(std::move(reason)) {}
  std::string reason;
};

struct Request {
  Message message;
  std::string call;
  std::string subject;
  // An errno that counts as success.
  int tolerated = 0;
};

using Visit = std::function<void(const nlmsghdr&)>;

class Socket {
 public:
  explicit Socket(int protocol = NETLINK_ROUTE);

  void change(Message message, const char* call, const std::string& subject);
  // All in one send. Not atomic: each is tried, and the first that failed is thrown.
  void change(std::vector<Request> requests);
  // ioctl(2): about the namespace of the socket.
  void control(unsigned long request, void* value, const char* call, const std::string& subject);
  // A question with one answer.
  void ask(Message message, const char* call, const std::string& subject, const Visit& visit);
  // `visit` gets every object of a dump: the fixed header and what follows it.
  void dump(Message message, const char* call, const Visit& visit);

 private:
  std::vector<char> receive(const char* call);

  Fd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace netlink
