// A promise per call: the work on libuv's pool, its result on the event loop. The one place where an exception
// becomes a JavaScript error.
#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "../base/sys_error.h"
#include "../netlink/socket.h"

// What JavaScript gets to know of a failure; made where the exception is caught, thrown where JavaScript runs.
struct Failure {
  std::string message;
  std::string code;
  std::string call;
  std::string subject;

  static Failure of(const SysError& error) {
    const std::string code = errno_name(error.number);
    const auto* refused = dynamic_cast<const netlink::Refused*>(&error);
    const std::string reason = refused == nullptr || refused->reason.empty() ? "" : ": " + refused->reason;
    return {std::string(error.what()) + " (" + code + reason + ")", code, error.call, error.subject};
  }

  Napi::Value value(Napi::Env env) const {
    Napi::Error error = Napi::Error::New(env, message);
    if (code.empty()) return error.Value();
    error.Set("code", code);
    error.Set("call", call);
    error.Set("subject", subject);
    return error.Value();
  }
};

template <typename T>
class Task : public Napi::AsyncWorker {
 public:
  using Work = std::function<T()>;
  using Convert = std::function<Napi::Value(Napi::Env, const T&)>;

  static Napi::Promise run(Napi::Env env, Work work, Convert convert) {
    auto* task = new Task(env, std::move(work), std::move(convert));  // AsyncWorker deletes itself
    task->Queue();
    return task->deferred_.Promise();
  }

 private:
  Task(Napi::Env env, Work work, Convert convert)
      : AsyncWorker(env), deferred_(env), work_(std::move(work)), convert_(std::move(convert)) {}

  void Execute() override {
    try {
      result_.emplace(work_());
    } catch (const SysError& error) {
      failure_ = Failure::of(error);
    } catch (const std::exception& error) {
      failure_ = Failure{error.what(), "", "", ""};
    }
  }

  void OnOK() override {
    if (failure_) return deferred_.Reject(failure_->value(Env()));
    deferred_.Resolve(convert_(Env(), *result_));
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Convert convert_;
  std::optional<T> result_;
  std::optional<Failure> failure_;
};
