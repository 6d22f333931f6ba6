// The one options object of a call, read on the event loop. TypeScript checks what is in it; here only its type.
#pragma once

#include <napi.h>

#include <string>
#include <string_view>
#include <vector>

class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : options_(info[0].As<Napi::Object>()) {
    if (!info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "one options object expected");
  }
  explicit Arguments(Napi::Object options) : options_(options) {}

  std::string text(const char* name) const {
    const Napi::Value value = options_.Get(name);
    if (!value.IsString()) throw wrong(name, "a string");
    return value.As<Napi::String>();
  }

  std::string text_or_empty(const char* name) const {
    return options_.Get(name).IsUndefined() ? std::string() : text(name);
  }

  int number(const char* name) const {
    const Napi::Value value = options_.Get(name);
    if (!value.IsNumber()) throw wrong(name, "a number");
    return value.As<Napi::Number>();
  }

  // Beyond 32 bits: offsets, seconds, numbers of users.
  std::int64_t large(const char* name) const {
    const Napi::Value value = options_.Get(name);
    if (!value.IsNumber()) throw wrong(name, "a number");
    return value.As<Napi::Number>().Int64Value();
  }

  bool flag(const char* name) const {
    const Napi::Value value = options_.Get(name);
    if (!value.IsBoolean()) throw wrong(name, "a boolean");
    return value.As<Napi::Boolean>();
  }

  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> all;
    for (const Napi::Value& value : list(name)) {
      if (!value.IsString()) throw wrong(name, "an array of strings");
      all.push_back(value.As<Napi::String>());
    }
    return all;
  }

  std::vector<Arguments> objects_or_empty(const char* name) const {
    return options_.Get(name).IsUndefined() ? std::vector<Arguments>() : objects(name);
  }

  std::vector<Arguments> objects(const char* name) const {
    std::vector<Arguments> all;
    for (const Napi::Value& value : list(name)) {
      if (!value.IsObject()) throw wrong(name, "an array of objects");
      all.emplace_back(value.As<Napi::Object>());
    }
    return all;
  }

  // A copy: the work must not look at memory that JavaScript may change meanwhile.
  std::string bytes(const char* name) const { return std::string(view(name)); }

  // The memory itself, for much of it: whoever calls holds the object that has it, and changes nothing meanwhile.
  std::string_view view(const char* name) const {
    const Napi::Value value = options_.Get(name);
    if (!value.IsTypedArray()) throw wrong(name, "a Uint8Array");
    const auto array = value.As<Napi::Uint8Array>();
    return {reinterpret_cast<const char*>(array.Data()), array.ByteLength()};
  }

 private:
  std::vector<Napi::Value> list(const char* name) const {
    const Napi::Value value = options_.Get(name);
    if (!value.IsArray()) throw wrong(name, "an array");
    const auto array = value.As<Napi::Array>();
    std::vector<Napi::Value> all;
    for (std::uint32_t index = 0; index < array.Length(); ++index) all.push_back(array.Get(index));
    return all;
  }

  Napi::TypeError wrong(const char* name, const char* expected) const {
    return Napi::TypeError::New(options_.Env(), std::string(name) + " must be " + expected);
  }

  Napi::Object options_;
};
