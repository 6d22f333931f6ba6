#pragma once

#include <list>
#include <memory>
#include <optional>

#include "connection.h"
#include "loop.h"
#include "process.h"
#include "streams.h"

// The other programs that run in the container, each for a client; they go on when it leaves.
class Execs {
 public:
  explicit Execs(Loop& loop);
  ~Execs();

  // Answers the client: at once where it fails here, else when the program was exec'd or said what failed.
  void start(Connection& client, const Program& program, pid_t container);
  // One of them may have ended before it was known by its number: call this before each `ended`.
  void look();
  void ended(pid_t pid, int status);
  // What they write is dropped from now on.
  void client_left(const Connection& client);

 private:
  struct Exec;
  void progress(Exec& exec);
  void running(Exec& exec);
  void connect(Exec& exec);
  void finish(Exec& exec);
  void remove(Exec& exec);

  Loop& loop_;
  std::list<std::unique_ptr<Exec>> execs_;
};
