#pragma once

#include "connection.h"
#include "monitor.h"

struct Monitor::Client {
  Client(Loop& loop, Fd socket) : connection(loop, std::move(socket)) {}

  Connection connection;
  bool watching = false;
  // Was told of the end, as a watcher.
  bool told = false;
  bool attached = false;
  bool gives_stdin = false;
  bool wants_exit = false;
  bool wants_go = false;
};
