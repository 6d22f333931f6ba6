#include "settings.h"

Settings settings_of(const Program& program) {
  Settings settings;
  for (const Step& step : program) {
    const std::string& name = step[0];
    if (name == "log") {
      settings.log_path = step[1];
      settings.log_bytes = std::stoull(step[2]);
      settings.log_files = std::stoi(step[3]);
    } else if (name == "pid") {
      settings.pid_path = step[1];
    } else if (name == "exit") {
      settings.exit_path = step[1];
    } else if (name == "control") {
      settings.control_path = step[1];
    } else if (name == "oom-file") {
      settings.oom_path = step[1];
    } else if (name == "stdin") {
      settings.stdin_mode = step[1];
    } else if (name == "tty") {
      settings.tty = true;
      settings.rows = static_cast<unsigned short>(std::stoul(step[1]));
      settings.columns = static_cast<unsigned short>(std::stoul(step[2]));
    } else if (name == "hold") {
      settings.hold = true;
    } else if (name == "detach") {
      settings.detach = true;
    } else if (name == "namespaces") {
      settings.namespaces.assign(step.begin() + 1, step.end());
    } else if (name == "join") {
      settings.joins.emplace_back(step[1], step[2]);
    } else if (name == "cgroup") {
      settings.cgroups.push_back(step[1]);
    } else if (name == "wake") {
      settings.wake_lock = step[1];
      settings.wake.assign(step.begin() + 2, step.end());
    }
  }
  return settings;
}
