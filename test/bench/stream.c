// Connections and throughput, where iperf3 is not to be had.
//   stream serve PORT             to a connection that sends "n" says this host's name; of others it takes all that comes
//   stream count HOST PORT N      N connections, one after the other: `COUNT NAME` for each name that was said
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
#include <time.h>
#include <unistd.h>

static char buffer[256 * 1024];

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

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

static int connected(const char* host, const char* port) {
  static struct addrinfo* found;
  const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  if (found == NULL && getaddrinfo(host, port, &wanted, &found) != 0) fail("getaddrinfo");
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(server, found->ai_addr, found->ai_addrlen) != 0) fail("connect");
  return server;
}

static void count(const char* host, const char* port, int connections) {
  struct {
    char name[64];
    int count;
  } seen[64] = {0};
  for (int done = 0; done < connections; done++) {
    char name[64] = "";
    const int server = connected(host, port);
    if (send(server, "n", 1, 0) != 1 || recv(server, name, sizeof name - 1, MSG_WAITALL) <= 0) fail("ask");
    close(server);
    int at = 0;
    while (seen[at].count > 0 && strcmp(seen[at].name, name) != 0 && at < 63) at++;
    strcpy(seen[at].name, name);
    seen[at].count++;
  }
  for (int at = 0; at < 64 && seen[at].count > 0; at++) printf("%d %s\n", seen[at].count, seen[at].name);
}

static void stream(const char* host, const char* port, double seconds) {
  const int server = connected(host, port);
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
  if (strcmp(words[1], "send") == 0) stream(words[2], words[3], atof(words[4]));
  return 0;
}
