// Connections and throughput, where iperf3 is not to be had.
//   stream serve PORT             to a connection that sends "n" says this host's name; of others it takes all that comes
//   stream count HOST PORT N      N connections, one after the other: `COUNT NAME` for each name that was said
//   stream until HOST PORT N      asks again and again, all addresses of the name: when the first had answered, and when N
//                                 had, in ms of CLOCK_MONOTONIC
//   stream send HOST PORT SECONDS prints Gbit/s
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

static char buffer[256 * 1024];

static volatile sig_atomic_t is_ending;
static void end(int number) { is_ending = number; }

// What has begun is finished before SIGTERM ends it.
static void serve(int port) {
  sigset_t term, none;
  sigemptyset(&none);
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, NULL);
  signal(SIGTERM, end);
  const int one = 1;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr*)&own, sizeof own) != 0 || listen(listener, 1024) != 0) fail("listen");
  signal(SIGCHLD, SIG_IGN);
  char name[64] = "";
  gethostname(name, sizeof name - 1);
  struct pollfd waiting = {.fd = listener, .events = POLLIN};
  while (!is_ending) {
    if (ppoll(&waiting, 1, NULL, &none) != 1) continue;
    const int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    char first = 0;
    if (recv(client, &first, 1, 0) == 1 && first == 'n') {
      if (send(client, name, strlen(name), MSG_NOSIGNAL) < 0) fail("send");
    } else if (fork() == 0) {
      sigprocmask(SIG_SETMASK, &none, NULL);
      signal(SIGTERM, SIG_DFL);
      while (recv(client, buffer, sizeof buffer, 0) > 0) continue;
      exit(0);
    }
    close(client);
  }
}

static struct addrinfo* addresses(const char* host, const char* port) {
  struct addrinfo* found = NULL;
  const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  return getaddrinfo(host, port, &wanted, &found) == 0 ? found : NULL;
}

// -1 where nobody listens.
static int connected(const struct addrinfo* address) {
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(server, address->ai_addr, address->ai_addrlen) == 0) return server;
  close(server);
  return -1;
}

static int connected_to(const char* host, const char* port) {
  static struct addrinfo* found;
  if (found == NULL && (found = addresses(host, port)) == NULL) fail("getaddrinfo");
  const int server = connected(found);
  if (server < 0) fail("connect");
  return server;
}

enum { most = 64 };
static struct {
  char name[64];
  int count;
} seen[most];

// How many have said their names, with this one; nobody else is counted.
static int noted(int server) {
  char name[64] = "";
  const int is_said = send(server, "n", 1, MSG_NOSIGNAL) == 1 && recv(server, name, sizeof name - 1, MSG_WAITALL) > 0;
  close(server);
  if (!is_said) return 0;
  int at = 0;
  while (seen[at].count > 0 && strcmp(seen[at].name, name) != 0 && at < most - 1) at++;
  strcpy(seen[at].name, name);
  seen[at].count++;
  int names = 0;
  while (names < most && seen[names].count > 0) names++;
  return names;
}

static void count(const char* host, const char* port, int connections) {
  for (int done = 0; done < connections; done++) {
    if (noted(connected_to(host, port)) == 0) fail("ask");
  }
  for (int at = 0; at < most && seen[at].count > 0; at++) printf("%d %s\n", seen[at].count, seen[at].name);
}

static void until(const char* host, const char* port, int wanted) {
  for (int names = 0; names < wanted; usleep(1000)) {
    struct addrinfo* const all = addresses(host, port);
    for (const struct addrinfo* each = all; each != NULL; each = each->ai_next) {
      const int server = connected(each);
      const int now_there = server < 0 ? 0 : noted(server);
      if (now_there <= names) continue;
      if (names == 0 || now_there == wanted) printf("%.3f\n", now() * 1000);
      fflush(stdout);
      names = now_there;
    }
    if (all != NULL) freeaddrinfo(all);
  }
}

static void stream(const char* host, const char* port, double seconds) {
  const int server = connected_to(host, port);
  const double began = now();
  double sent = 0;
  while (now() - began < seconds) {
    const ssize_t part = send(server, buffer, sizeof buffer, 0);
    if (part < 0) fail("send");
    sent += (double)part;
  }
  printf("%.3f\n", sent * 8 / (now() - began) / 1e9);
}

int main(int count_of_words, char** words) {
  if (count_of_words >= 3 && strcmp(words[1], "serve") == 0) serve(atoi(words[2]));
  if (count_of_words < 5) return 2;
  if (strcmp(words[1], "count") == 0) count(words[2], words[3], atoi(words[4]));
  if (strcmp(words[1], "until") == 0) until(words[2], words[3], atoi(words[4]));
  if (strcmp(words[1], "send") == 0) stream(words[2], words[3], atof(words[4]));
  return 0;
}
