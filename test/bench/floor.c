// The kernel's own work of starting N containers on one network, and nothing else: what no runtime can be faster than.
// Per container: a network namespace, a veth pair on a bridge (IPv6 autoconfiguration off), address and default route,
// clone3 into pid, mount, uts, ipc and cgroup namespaces, an overlay root with /proc, /dev and /sys, pivot_root, exec
// of a static program that stays. Prints the milliseconds for all of them. One thread.
//
//   floor N ROOTFS SCRATCH     (ROOTFS has /pause; SCRATCH is an empty directory on the same kind of file system)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// --- rtnetlink, by hand

struct request {
  struct nlmsghdr header;
  char room[1024];
};

static struct rtattr *attribute(struct request *request, int type, const void *data, size_t length) {
  struct rtattr *at = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  at->rta_type = type;
  at->rta_len = RTA_LENGTH(length);
  if (length > 0) memcpy(RTA_DATA(at), data, length);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(at->rta_len);
  return at;
}

static void close_nest(struct request *request, struct rtattr *nest) {
  nest->rta_len = (char *)request + request->header.nlmsg_len - (char *)nest;
}

static struct request begin(int type, int flags, const void *body, size_t length) {
  struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(length), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags}};
  memcpy(NLMSG_DATA(&request.header), body, length);
  return request;
}

static void ask(int socket, struct request *request, const char *what) {
  char answer[4096];
  if (send(socket, request, request->header.nlmsg_len, 0) < 0) die(what);
  if (recv(socket, answer, sizeof answer, 0) < 0) die(what);
  struct nlmsgerr *error = NLMSG_DATA((struct nlmsghdr *)answer);
  if (error->error != 0) {
    errno = -error->error;
    die(what);
  }
}

static void link_up(int socket, int index, int autoconfiguration) {
  struct ifinfomsg quiet = {.ifi_index = index};
  if (!autoconfiguration) {
    struct request request = begin(RTM_NEWLINK, 0, &quiet, sizeof quiet);
    struct rtattr *spec = attribute(&request, IFLA_AF_SPEC | NLA_F_NESTED, NULL, 0);
    struct rtattr *inet6 = attribute(&request, AF_INET6 | NLA_F_NESTED, NULL, 0);
    uint8_t none = IN6_ADDR_GEN_MODE_NONE;
    attribute(&request, IFLA_INET6_ADDR_GEN_MODE, &none, 1);
    close_nest(&request, inet6);
    close_nest(&request, spec);
    ask(socket, &request, "address generation off");
  }
  struct ifinfomsg up = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct request request = begin(RTM_NEWLINK, 0, &up, sizeof up);
  ask(socket, &request, "link up");
}

static void add_address(int socket, int index, uint32_t address, int prefix) {
  struct ifaddrmsg body = {.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index};
  struct request request = begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  uint32_t network = htobe32(address);
  attribute(&request, IFA_LOCAL, &network, 4);
  attribute(&request, IFA_ADDRESS, &network, 4);
  ask(socket, &request, "add address");
}

static int make_bridge(int socket) {
  struct ifinfomsg body = {0};
  struct request request = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  attribute(&request, IFLA_IFNAME, "floor0", 7);
  struct rtattr *info = attribute(&request, IFLA_LINKINFO, NULL, 0);
  attribute(&request, IFLA_INFO_KIND, "bridge", 7);
  close_nest(&request, info);
  ask(socket, &request, "create bridge");
  int index = if_nametoindex("floor0");
  link_up(socket, index, 0);
  add_address(socket, index, 0x0a4d0001, 16);
  return index;
}

static void make_veth(int socket, int number, int bridge, int netns) {
  char name[16];
  snprintf(name, sizeof name, "fl%d", number);
  struct ifinfomsg body = {0};
  struct request request = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  attribute(&request, IFLA_IFNAME, name, strlen(name) + 1);
  attribute(&request, IFLA_MASTER, &bridge, 4);
  struct rtattr *info = attribute(&request, IFLA_LINKINFO, NULL, 0);
  attribute(&request, IFLA_INFO_KIND, "veth", 5);
  struct rtattr *data = attribute(&request, IFLA_INFO_DATA, NULL, 0);
  struct rtattr *peer = attribute(&request, VETH_INFO_PEER, &body, sizeof body);
  attribute(&request, IFLA_IFNAME, "eth0", 5);
  attribute(&request, IFLA_NET_NS_FD, &netns, 4);
  close_nest(&request, peer);
  close_nest(&request, data);
  close_nest(&request, info);
  ask(socket, &request, "create veth");
  link_up(socket, if_nametoindex(name), 0);
}

static void add_default_route(int socket, uint32_t gateway) {
  struct rtmsg body = {.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST};
  struct request request = begin(RTM_NEWROUTE, NLM_F_CREATE, &body, sizeof body);
  uint32_t network = htobe32(gateway);
  attribute(&request, RTA_GATEWAY, &network, 4);
  ask(socket, &request, "add route");
}

// --- one container

static const char *rootfs, *scratch;

static void child(int number, int netns) {
  char upper[256], work[256], options[1024];
  if (setns(netns, CLONE_NEWNET) < 0) die("setns");
  if (unshare(CLONE_NEWCGROUP) < 0) die("unshare cgroup");
  snprintf(upper, sizeof upper, "%s/%d/upper", scratch, number);
  snprintf(work, sizeof work, "%s/%d/work", scratch, number);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", rootfs, upper, work);
  if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) die("private");
  if (mount("overlay", upper, "overlay", 0, options) < 0) die("overlay");
  if (chdir(upper) < 0) die("chdir");
  if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) die("proc");
  if (mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755") < 0) die("dev");
  if (mknod("dev/null", S_IFCHR | 0666, 1 << 8 | 3) < 0) die("mknod");
  if (mount("sysfs", "sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) die("sys");
  if (syscall(SYS_pivot_root, ".", ".") < 0) die("pivot_root");
  if (umount2(".", MNT_DETACH) < 0) die("umount");
  execl("/pause", "/pause", NULL);
  die("exec /pause");
}

static pid_t start(int number, int host, int bridge) {
  char path[256];
  snprintf(path, sizeof path, "%s/%d", scratch, number);
  mkdir(path, 0755);
  snprintf(path, sizeof path, "%s/%d/upper", scratch, number);
  mkdir(path, 0755);
  snprintf(path, sizeof path, "%s/%d/work", scratch, number);
  mkdir(path, 0755);

  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (unshare(CLONE_NEWNET) < 0) die("unshare net");
  int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int inside = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  setns(home, CLONE_NEWNET);
  close(home);
  make_veth(host, number, bridge, netns);
  link_up(inside, 1, 1);
  link_up(inside, 2, 0);
  add_address(inside, 2, 0x0a4d0002 + number, 16);
  add_default_route(inside, 0x0a4d0001);
  close(inside);

  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0) die("pipe");
  struct clone_args arguments = {.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC, .exit_signal = SIGCHLD};
  pid_t pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) die("clone3");
  if (pid == 0) child(number, netns);
  close(ready[1]);
  close(netns);
  // The end of the pipe is the exec.
  char byte;
  if (read(ready[0], &byte, 1) < 0) die("read");
  close(ready[0]);
  return pid;
}

int main(int count, char **words) {
  if (count != 4) return fprintf(stderr, "usage: floor N ROOTFS SCRATCH\n"), 2;
  int n = atoi(words[1]);
  rootfs = words[2];
  scratch = words[3];
  int host = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (host < 0) die("netlink");
  int bridge = make_bridge(host);
  pid_t *pids = calloc(n, sizeof *pids);
  double began = now();
  for (int i = 0; i < n; ++i) pids[i] = start(i, host, bridge);
  printf("%.3f\n", now() - began);
  for (int i = 0; i < n; ++i) kill(pids[i], SIGKILL);
  while (wait(NULL) > 0) {
  }
  struct ifinfomsg gone = {.ifi_index = bridge};
  struct request request = begin(RTM_DELLINK, 0, &gone, sizeof gone);
  ask(host, &request, "delete bridge");
  return 0;
}
