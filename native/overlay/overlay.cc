#include "overlay.h"

#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "../base/sys_error.h"

namespace {

// The file system context has a text for what went wrong; errno alone says "Invalid argument".
[[noreturn]] void throw_with_log(const Fd& context, const char* call, const std::string& subject) {
  int number = errno;
  std::string detail;
  char text[512];
  // One message a read, each with a letter for its weight and a space in front.
  for (ssize_t length; (length = ::read(context.get(), text, sizeof text)) > 0;) {
    std::string_view message(text, static_cast<size_t>(length));
    message.remove_prefix(std::min<size_t>(2, message.size()));
    while (message.ends_with('\n')) message.remove_suffix(1);
    detail.append(detail.empty() ? " (" : "; ").append(message);
  }
  throw SysError(call, detail.empty() ? subject : subject + detail + ")", number);
}

void configure(const Fd& context, unsigned command, const char* key, const char* value, const std::string& subject) {
  if (syscall(SYS_fsconfig, context.get(), command, key, value, 0) < 0) throw_with_log(context, "overlay", subject);
}

}  // namespace

Fd overlay_mount(const std::string& upper, const std::string& work, const std::vector<std::string>& lowers) {
  Fd context(static_cast<int>(check(syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), "fsopen", "overlay")));
  for (const auto& lower : lowers) configure(context, FSCONFIG_SET_STRING, "lowerdir+", lower.c_str(), lower);
  if (!upper.empty()) {
    configure(context, FSCONFIG_SET_STRING, "upperdir", upper.c_str(), upper);
    configure(context, FSCONFIG_SET_STRING, "workdir", work.c_str(), work);
  }
  configure(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, upper.empty() ? lowers.front() : upper);
  return Fd(static_cast<int>(check(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0), "fsmount", upper)));
}
