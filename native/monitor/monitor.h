#pragma once

#include <list>
#include <memory>
#include <optional>

#include "connection.h"
#include "log.h"
#include "loop.h"
#include "process.h"
#include "record.h"
#include "settings.h"
#include "streams.h"
#include "wake.h"

// The monitor of one container: its program's streams and end, and the clients of its socket.
class Monitor {
 public:
  Monitor(const Settings& settings, Fd control, Started started, bool held);
  ~Monitor();
  void run();

 private:
  struct Client;
  struct Exec;

  // Clients.
  void accept();
  void request(Client& client, const Program& program);
  void attach(Client& client, const Step& step);
  void start_exec_for(Client& client, const Program& program);
  void stop(Client& client, int signal, int64_t grace);
  void stop_ignored(int signal, int rounds);
  void leave(Client& client);
  void tell_exit(Client& client);
  void told_to(Client& client);
  void answer_errno(Client& client, const std::string& operation);

  // The programs.
  void hold_ended();
  void reap();
  void output(Stream stream, std::string_view data);
  void ended(int status);
  void exec_ended(Client& client, int status);
  void maybe_leave();

  const Settings& settings_;
  Loop loop_;
  Log log_;
  Fd signals_;
  Fd control_;
  Started started_;
  Streams streams_;
  Wake wake_;
  bool held_;
  int64_t started_at_;
  std::optional<Exit> exit_;
  bool told_ = false;
  size_t watchers_ = 0;
  std::list<std::unique_ptr<Client>> clients_;
  std::list<std::unique_ptr<Client>> gone_;
};
