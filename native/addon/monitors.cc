#include "monitors.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <map>
#include <memory>
#include <mutex>

#include "../base/fd.h"
#include "../base/packet.h"
#include "../base/sys_error.h"

namespace {

// Of copies of itself. It ends when the socket is closed, by us or with us.
class Server {
 public:
  explicit Server(const Program& program) {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
    socket_ = Fd(ends[0]);
    Fd theirs(ends[1]);
    const Program own{
        .file = program.file, .args = {}, .env = program.env, .input = "", .log = "/dev/null", .name = "stack-starter"};
    pid_ = spawn(own, theirs, theirs);
  }
  ~Server() {
    socket_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // False where it is there no more.
  bool ask(const std::string& log, const Fd& program, const Fd& reply) const {
    const int attached[] = {program.get(), reply.get()};
    if (send_packet(socket_.get(), log, attached) >= 0) return true;
    if (errno == EPIPE || errno == ECONNRESET) return false;
    throw SysError("ask for a monitor", "");
  }

 private:
  Fd socket_;
  pid_t pid_ = -1;
};

// By file. Never destroyed: with us it ends anyhow, and is not waited for then.
class Servers {
 public:
  std::shared_ptr<Server> of(const Program& program) {
    const std::lock_guard lock(mutex_);
    auto& server = servers_[program.file];
    if (!server) server = std::make_shared<Server>(program);
    return server;
  }

  void forget(const Program& program, const std::shared_ptr<Server>& gone) {
    const std::lock_guard lock(mutex_);
    if (servers_[program.file] == gone) servers_.erase(program.file);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Server>> servers_;
};

Servers& servers() {
  static Servers& all = *new Servers;
  return all;
}

}  // namespace

std::string start_monitor(const Program& program) {
  constexpr int kTries = 3;
  Pipe input = make_pipe();
  Pipe reply = make_pipe();
  for (int left = kTries; left > 0; --left) {
    const std::shared_ptr<Server> server = servers().of(program);
    if (server->ask(program.log, input.read, reply.write)) {
      input.read.reset();
      reply.write.reset();
      return converse(std::move(input.write), reply.read, program.input);
    }
    servers().forget(program, server);
  }
  throw SysError("start monitors by", program.file, EPIPE);
}
