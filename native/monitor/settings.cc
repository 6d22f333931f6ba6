#include "settings.h"

#include <algorithm>

#include "text.h"

namespace {

using Reader = void (*)(Settings&, const Step&);

struct Row {
  std::string_view name;
  Reader read;
};

constexpr Row kRows[] = {
    {"log",
     [](Settings& s, const Step& w) {
       s.log_path = w[1];
       s.log_bytes = number<uint64_t>(w[2]);
       s.log_files = static_cast<int>(number<uint32_t>(w[3]));
     }},
    {"pid", [](Settings& s, const Step& w) { s.pid_path = w[1]; }},
    {"exit", [](Settings& s, const Step& w) { s.exit_path = w[1]; }},
    {"control", [](Settings& s, const Step& w) { s.control_path = w[1]; }},
    {"oom-file", [](Settings& s, const Step& w) { s.oom_path = w[1]; }},
    {"stdin", [](Settings& s, const Step& w) { s.stdin_mode = w[1]; }},
    {"tty",
     [](Settings& s, const Step& w) {
       s.tty = true;
       s.rows = static_cast<unsigned short>(number<uint32_t>(w[1]));
       s.columns = static_cast<unsigned short>(number<uint32_t>(w[2]));
     }},
    {"hold", [](Settings& s, const Step&) { s.hold = true; }},
    {"detach", [](Settings& s, const Step&) { s.detach = true; }},
    {"init", [](Settings& s, const Step&) { s.init = true; }},
    {"namespaces", [](Settings& s, const Step& w) { s.namespaces.assign(w.begin() + 1, w.end()); }},
    {"wake",
     [](Settings& s, const Step& w) {
       s.wake_lock = w[1];
       s.wake.assign(w.begin() + 2, w.end());
     }},
};

}  // namespace

bool Settings::has_namespace(std::string_view name) const {
  return std::find(namespaces.begin(), namespaces.end(), name) != namespaces.end();
}

Settings settings_of(const Program& program) {
  Settings settings;
  for (const Step& step : program) {
    for (const Row& row : kRows) {
      if (row.name == step[0]) row.read(settings, step);
    }
  }
  return settings;
}
