// Asks the name server of /etc/resolv.conf by UDP for the IPv4 address of a name.
//   dns rate NAME SECONDS   always 32 questions on the way: answers each second
//   dns gap NAME SECONDS    a question each 2 ms: the longest time without an answer, in ms
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum { window = 32 };

static unsigned char query[512];
static int length;

static int to_server(void) {
  char line[256], address[64] = "";
  FILE* file = fopen("/etc/resolv.conf", "r");
  if (!file) fail("/etc/resolv.conf");
  while (!address[0] && fgets(line, sizeof line, file)) sscanf(line, "nameserver %63s", address);
  fclose(file);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  if (inet_pton(AF_INET, address, &server.sin_addr) != 1) fail("nameserver");
  int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(socket_fd, (struct sockaddr*)&server, sizeof server) < 0) fail("connect");
  return socket_fd;
}

static void write_query(const char* name) {
  const unsigned char header[12] = {0, 0, 1, 0, 0, 1};
  memcpy(query, header, sizeof header);
  length = sizeof header;
  for (const char* at = name; *at;) {
    size_t part = strcspn(at, ".");
    query[length++] = (unsigned char)part;
    memcpy(query + length, at, part);
    length += (int)part;
    at += part + (at[part] == '.');
  }
  const unsigned char end[5] = {0, 0, 1, 0, 1};
  memcpy(query + length, end, sizeof end);
  length += sizeof end;
}

static void ask(int server, unsigned id) {
  query[0] = (unsigned char)(id >> 8);
  query[1] = (unsigned char)id;
  // While nobody listens this fails: the next one is as good.
  send(server, query, (size_t)length, 0);
}

// Whether an address came within the time.
static int answered(int server, int milliseconds) {
  unsigned char answer[4096];
  struct pollfd ready = {.fd = server, .events = POLLIN};
  return poll(&ready, 1, milliseconds) > 0 && recv(server, answer, sizeof answer, 0) >= 12 && (answer[3] & 15) == 0 &&
         answer[7] > 0;
}

static double rate(int server, double seconds) {
  unsigned id = 0;
  for (; id < window; ++id) ask(server, id);
  const double begin = now();
  long count = 0;
  while (now() - begin < seconds) {
    if (answered(server, 100)) ++count;
    // What was lost is asked again.
    ask(server, ++id);
  }
  return (double)count / (now() - begin);
}

static double gap(int server, double seconds) {
  const double begin = now();
  double last = begin, longest = 0;
  for (unsigned id = 0; now() - begin < seconds; ++id) {
    ask(server, id);
    if (answered(server, 2)) last = now();
    if (now() - last > longest) longest = now() - last;
    usleep(2000);
  }
  return longest * 1000;
}

int main(int count, char** words) {
  if (count != 4) return 2;
  write_query(words[2]);
  const int server = to_server();
  const double seconds = atof(words[3]);
  printf("%.1f\n", strcmp(words[1], "rate") == 0 ? rate(server, seconds) : gap(server, seconds));
}
