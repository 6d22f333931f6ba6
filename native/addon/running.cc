#include "running.h"

#include "arguments.h"
#include "monitors.h"
#include "program.h"
#include "task.h"

namespace exported {

Napi::Value start_monitor(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  Program program{.file = options.text("file"),
                  .args = {},
                  .env = options.texts("env"),
                  .input = options.bytes("input"),
                  .log = options.text("log")};
  auto work = [program = std::move(program)] { return ::start_monitor(program); };
  return Task<std::string>::run(info.Env(), work, [](Napi::Env env, const std::string& answer) {
    return Napi::Value(Napi::String::New(env, answer));
  });
}

Napi::Value run_program(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  Program program{.file = options.text("file"),
                  .args = options.texts("args"),
                  .env = options.texts("env"),
                  .input = options.bytes("input"),
                  .log = options.text("log")};
  auto work = [program = std::move(program)] { return ::run_program(program); };
  return Task<Outcome>::run(info.Env(), work, [](Napi::Env env, const Outcome& outcome) {
    Napi::Object object = Napi::Object::New(env);
    object["output"] = outcome.output;
    object["status"] = outcome.status;
    return Napi::Value(object);
  });
}

}  // namespace exported
