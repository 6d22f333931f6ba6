#include "program.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace {

struct Arity {
  std::string_view name;
  size_t least;
  size_t most;
};

constexpr size_t kAny = 1u << 20;

// Every operation that a program may name, and how many words follow the name.
constexpr Arity kOperations[] = {
    // of the monitor
    {"log", 3, 3}, {"pid", 1, 1}, {"exit", 1, 1}, {"control", 1, 1}, {"stdin", 1, 1}, {"tty", 2, 2}, {"hold", 0, 0},
    {"namespaces", 0, 6}, {"join", 2, 2}, {"cgroup", 1, 1}, {"oom-file", 1, 1}, {"wake", 2, kAny}, {"detach", 0, 0},
    // of the container
    {"propagation", 1, 1}, {"overlay", 4, kAny}, {"mount", 5, 5}, {"bind", 3, 3}, {"mkdir", 4, 4}, {"file", 3, 3},
    {"symlink", 2, 2}, {"device", 7, 7}, {"mask", 1, 1}, {"readonly", 1, 1}, {"root", 0, 0}, {"root-readonly", 0, 0},
    {"hostname", 1, 1}, {"domainname", 1, 1}, {"sysctl", 2, 2}, {"rlimit", 3, 3}, {"oom-score-adj", 1, 1},
    {"umask", 1, 1}, {"no-new-privileges", 0, 0}, {"seccomp", 1, 1}, {"capabilities", 2, 2}, {"user", 3, 3},
    {"cwd", 1, 1}, {"env", 1, 1}, {"init", 0, 0}, {"exec", 1, kAny},
    // requests on the control socket
    {"status", 0, 0}, {"watch", 0, 0}, {"go", 0, 0}, {"signal", 1, 1}, {"stop", 2, 2}, {"resize", 2, 2},
    {"attach", 0, 1},
};

std::string_view next_word(std::string_view& input, size_t index) {
  size_t end = input.find('\0');
  if (end == std::string_view::npos) throw BadProgram(index, "the program ends inside a word");
  std::string_view word = input.substr(0, end);
  input.remove_prefix(end + 1);
  return word;
}

void check_step(const Step& step, size_t index) {
  // An `exec` without words is the request that other steps follow.
  if (step.size() == 1 && step[0] == "exec") return;
  const auto* found = std::find_if(std::begin(kOperations), std::end(kOperations),
                                   [&](const Arity& each) { return each.name == step[0]; });
  if (found == std::end(kOperations)) throw BadProgram(index, "unknown operation " + step[0]);
  size_t words = step.size() - 1;
  if (words < found->least || words > found->most) throw BadProgram(index, "wrong number of words for " + step[0]);
}

}  // namespace

Program decode(std::string_view input) {
  Program program;
  while (!input.empty()) {
    size_t index = program.size();
    std::string_view number = next_word(input, index);
    size_t count = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (error != std::errc() || end != number.data() + number.size() || count == 0 || count > kAny) {
      throw BadProgram(index, "a step does not begin with its number of words");
    }
    Step step;
    for (size_t at = 0; at < count; ++at) step.emplace_back(next_word(input, index));
    check_step(step, index);
    program.push_back(std::move(step));
  }
  return program;
}

std::string encode_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(word).push_back('\0');
  return text;
}
