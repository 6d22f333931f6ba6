#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <utility>

#include "../base/sys_error.h"

namespace {

constexpr int kReply = 3;
// File actions run in order, so our ends must lie above the numbers that they are copied to.
constexpr int kAboveTargets = 10;

Fd above_targets(const Fd& fd) { return Fd(check(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kAboveTargets), "fcntl", "pipe")); }

void must(int error, const char* call, const std::string& subject) {
  if (error != 0) throw SysError(call, subject, error);
}

class FileActions {
 public:
  FileActions() { must(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init", ""); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void copy(int from, int to) { must(posix_spawn_file_actions_adddup2(&actions_, from, to), "adddup2", ""); }
  void open(int to, const std::string& path, int flags) {
    must(posix_spawn_file_actions_addopen(&actions_, to, path.c_str(), flags, 0600), "addopen", path);
  }
  void close_from(int first) { must(posix_spawn_file_actions_addclosefrom_np(&actions_, first), "addclosefrom", ""); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// No signal blocked or ignored: Node ignores SIGPIPE, and its threads block most.
class Attributes {
 public:
  Attributes() {
    must(posix_spawnattr_init(&attributes_), "posix_spawnattr_init", "");
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

// Writes a part of the input; closes the descriptor when all is written or nobody reads it any more.
void feed(Fd& input, std::string_view& left) {
  // SIGPIPE is ignored in Node: EPIPE is all that a program which reads no further gives us.
  const ssize_t written = ::write(input.get(), left.data(), left.size());
  if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
  const bool gone = written < 0 && errno != EAGAIN && errno != EINTR;
  if (gone || left.empty()) input.reset();
}

// False at the end.
bool hear(const Fd& reply, std::string& output) {
  char part[4096];
  const ssize_t count = ::read(reply.get(), part, sizeof part);
  if (count > 0) output.append(part, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw SysError("waitpid", std::to_string(pid));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Pipe make_pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

pid_t spawn(const Program& program, const Fd& input, const Fd& reply) {
  const Fd from = above_targets(input);
  const Fd to = above_targets(reply);
  FileActions actions;
  actions.copy(from.get(), STDIN_FILENO);
  actions.open(STDOUT_FILENO, program.log, O_WRONLY | O_APPEND | O_CREAT);
  actions.copy(STDOUT_FILENO, STDERR_FILENO);
  actions.copy(to.get(), kReply);
  actions.close_from(kReply + 1);
  std::vector<std::string> words{program.name.empty() ? program.file : program.name};
  words.insert(words.end(), program.args.begin(), program.args.end());
  pid_t pid = -1;
  must(posix_spawn(&pid, program.file.c_str(), actions.get(), Attributes().get(), pointers(words).data(),
                   pointers(program.env).data()),
       "start program", program.file);
  return pid;
}

// At the same time, since either pipe may fill up while the other waits.
std::string converse(Fd input, const Fd& reply, std::string_view left) {
  check(::fcntl(input.get(), F_SETFL, O_NONBLOCK), "fcntl", "pipe");
  if (left.empty()) input.reset();
  std::string output;
  for (bool open = true; open;) {
    pollfd both[] = {{reply.get(), POLLIN, 0}, {input.get(), POLLOUT, 0}};
    if (::poll(both, 2, -1) < 0 && errno != EINTR) throw SysError("poll", "program");
    if (both[1].revents != 0) feed(input, left);
    if (both[0].revents != 0) open = hear(reply, output);
  }
  return output;
}

Outcome run_program(const Program& program) {
  Pipe input = make_pipe();
  Pipe reply = make_pipe();
  const pid_t pid = spawn(program, input.read, reply.write);
  input.read.reset();
  reply.write.reset();
  std::string output = converse(std::move(input.write), reply.read, program.input);
  return {std::move(output), wait_for(pid)};
}
