// What an export gives back: a promise of nothing, or of a list of objects.
#pragma once

#include <napi.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "task.h"

struct Nothing {};

// Work that gives nothing back: `undefined` in JavaScript.
template <typename Work>
Napi::Value promise(Napi::Env env, Work work) {
  auto doing = [work = std::move(work)] {
    work();
    return Nothing{};
  };
  return Task<Nothing>::run(env, doing, [](Napi::Env env, const Nothing&) { return env.Undefined(); });
}

template <typename Facts>
using Fill = void (*)(Napi::Object, const Facts&);

template <typename Facts, typename Work>
Napi::Value promise_list(Napi::Env env, Work work, Fill<Facts> fill) {
  return Task<std::vector<Facts>>::run(env, std::move(work), [fill](Napi::Env env, const std::vector<Facts>& found) {
    Napi::Array list = Napi::Array::New(env, found.size());
    for (std::uint32_t index = 0; index < found.size(); ++index) {
      Napi::Object object = Napi::Object::New(env);
      fill(object, found[index]);
      list[index] = object;
    }
    return Napi::Value(list);
  });
}
