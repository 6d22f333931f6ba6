#include "program.h"

#include <algorithm>
#include <iterator>

#include "text.h"

namespace {

// Every operation that a program may name, and what its words are, a letter each:
//   p absolute path   e path or empty   n number   l large number   i number that may be negative
//   o octal   x hexadecimal   w any word
// The last letter may be followed by `+` (one or more), `*` (any number) or `?` (or none).
struct Operation {
  std::string_view name;
  std::string_view words;
};

constexpr Operation kOperations[] = {
    // of the monitor
    {"log", "pln"}, {"pid", "p"}, {"exit", "p"}, {"control", "p"}, {"stdin", "w"}, {"tty", "nn"}, {"hold", ""},
    {"namespaces", "w*"}, {"join", "wp"}, {"cgroup", "p"}, {"oom-file", "p"}, {"wake", "wpw*"}, {"detach", ""},
    // of the container
    {"propagation", "w"}, {"overlay", "peep+"}, {"mount", "wpwww"}, {"bind", "ppw"}, {"bind-of", "pppw"}, {"mkdir", "ponn"},
    {"file", "pow"}, {"symlink", "wp"}, {"device", "pwnnonn"}, {"mask", "p"}, {"readonly", "p"}, {"root", ""},
    {"root-readonly", ""}, {"root-nodev", ""}, {"hostname", "w"}, {"domainname", "w"}, {"sysctl", "ww"}, {"rlimit", "wii"},
    {"oom-score-adj", "i"}, {"umask", "o"}, {"apparmor", "w"}, {"no-new-privileges", ""}, {"seccomp", "p"}, {"capabilities", "xx"},
    {"user", "nnw"}, {"cwd", "p"}, {"env", "w"}, {"init", ""}, {"exec", "w+"},
    // requests on the control socket
    {"status", ""}, {"watch", ""}, {"go", ""}, {"signal", "n"}, {"stop", "nl"}, {"resize", "nn"}, {"attach", "w?"}};

// Words that are one of a few.
struct Choice {
  std::string_view name;
  size_t word;
  std::string_view among;
};

constexpr Choice kChoices[] = {{"stdin", 1, "null open once"},
                               {"propagation", 1, "private slave"},
                               {"attach", 1, "stdin"},
                               {"device", 2, "b c"},
                               {"join", 1, "net ipc uts pid cgroup"}};

std::string_view next_word(std::string_view& input, size_t index) {
  size_t end = input.find('\0');
  if (end == std::string_view::npos) throw BadProgram(index, "the program ends inside a word");
  std::string_view word = input.substr(0, end);
  input.remove_prefix(end + 1);
  return word;
}

bool fits(char letter, const std::string& word) {
  switch (letter) {
    case 'p': return word.starts_with('/');
    case 'e': return word.empty() || word.starts_with('/');
    case 'n': return parse<uint32_t>(word).has_value();
    case 'l': return parse<uint64_t>(word).has_value();
    case 'i': return parse<int64_t>(word).has_value() || parse<uint64_t>(word).has_value();
    case 'o': return parse<uint32_t>(word, 8).has_value();
    case 'x': return parse<uint64_t>(word, 16).has_value();
    default: return true;
  }
}

bool is_among(std::string_view list, std::string_view word) {
  std::vector<std::string> names = split(list, ' ');
  return std::find(names.begin(), names.end(), word) != names.end();
}

void check_words(const Step& step, std::string_view letters, size_t index) {
  char repeat = letters.empty() || std::string_view("+*?").find(letters.back()) == std::string_view::npos ? '1' : letters.back();
  if (repeat != '1') letters.remove_suffix(1);
  size_t least = letters.size() - (repeat == '*' || repeat == '?' ? 1 : 0);
  size_t most = repeat == '+' || repeat == '*' ? step.size() : letters.size();
  size_t words = step.size() - 1;
  if (words < least || words > most) throw BadProgram(index, "wrong number of words for " + step[0]);
  for (size_t at = 0; at < words; ++at) {
    const std::string& word = step[at + 1];
    if (!fits(letters[std::min(at, letters.size() - 1)], word)) {
      throw BadProgram(index, step[0] + " does not take \"" + word + "\"");
    }
  }
}

void check_step(const Step& step, size_t index) {
  // An `exec` without words is the request that other steps follow.
  if (step.size() == 1 && step[0] == "exec" && index == 0) return;
  const auto* found = std::find_if(std::begin(kOperations), std::end(kOperations),
                                   [&](const Operation& each) { return each.name == step[0]; });
  if (found == std::end(kOperations)) throw BadProgram(index, "unknown operation \"" + step[0] + "\"");
  check_words(step, found->words, index);
  for (const Choice& choice : kChoices) {
    if (choice.name != step[0] || choice.word >= step.size()) continue;
    if (!is_among(choice.among, step[choice.word])) {
      throw BadProgram(index, step[0] + " does not take \"" + step[choice.word] + "\"");
    }
  }
  if (step[0] != "namespaces") return;
  for (size_t at = 1; at < step.size(); ++at) {
    if (!is_among("pid mount ipc uts cgroup net", step[at])) {
      throw BadProgram(index, "there is no namespace \"" + step[at] + "\"");
    }
  }
}

}  // namespace

Program decode(std::string_view input) {
  Program program;
  while (!input.empty()) {
    size_t index = program.size();
    auto count = parse<uint32_t>(next_word(input, index));
    if (!count || *count == 0) throw BadProgram(index, "a step does not begin with its number of words");
    Step step;
    for (size_t at = 0; at < *count; ++at) step.emplace_back(next_word(input, index));
    check_step(step, index);
    program.push_back(std::move(step));
  }
  return program;
}

void check_ends_in_exec(const Program& program) {
  bool is_exec = !program.empty() && program.back()[0] == "exec" && program.back().size() > 1;
  if (!is_exec) throw BadProgram(program.size(), "the last step is not an exec");
  for (size_t index = 0; index + 1 < program.size(); ++index) {
    if (program[index][0] == "exec" && program[index].size() > 1) throw BadProgram(index, "exec is not the last step");
  }
}

std::string encode_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(word).push_back('\0');
  return text;
}
