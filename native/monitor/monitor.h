#pragma once

#include <list>
#include <memory>
#include <optional>

#include "connection.h"
#include "execs.h"
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
  // What the start has made; `held` waits for `go`.
  struct Parts {
    const Settings& settings;
    Log& log;
    Fd control;
    Started started;
    bool held;
    int64_t started_at;
  };

  explicit Monitor(Parts parts);
  ~Monitor();
  // Until its program has ended and somebody knows of it.
  void run();

 private:
  struct Client;

  // Clients: requests.cc.
  void listen();
  void accept();
  void pause_accepting();
  void request(Client& client, const Program& program);
  void answer_status(Client& client);
  void attach(Client& client, bool with_stdin);
  void stop(Client& client, int signal, int64_t grace);
  void stop_dropped(int signal, int rounds);
  void send_signal(Client& client, int signal);
  void resize(Client& client, const Step& step);
  void go(Client& client);
  void leave(Client& client, bool read_all);
  void tell_exit(Client& client);

  // The program: monitor.cc.
  void hold_progress();
  void reap();
  void output(Stream stream, std::string_view data);
  void ended(int status);
  void record_exit();
  void maybe_leave();

  const Settings& settings_;
  Loop loop_;
  Log& log_;
  Fd signals_;
  Fd control_;
  Started started_;
  Execs execs_;
  Streams streams_;
  Wake wake_;
  bool held_;
  int64_t started_at_;
  // 126 or 127 where a held program could not be exec'd in the end.
  std::optional<int> exec_failure_;
  std::optional<Exit> exit_;
  bool acknowledged_ = false;
  bool lingers_ = false;
  size_t watchers_ = 0;
  std::list<std::unique_ptr<Client>> clients_;
};
