#include "extract.h"

#include <sys/sysmacros.h>

#include <functional>
#include <map>
#include <memory>

#include "../extract/tree.h"
#include "../overlay/overlay.h"
#include "arguments.h"
#include "task.h"

namespace {

using Change = std::function<void(Tree&)>;

timespec time_of(const Arguments& change) {
  return {static_cast<time_t>(change.large("seconds")), static_cast<long>(change.large("nanoseconds"))};
}

Attributes attributes_of(const Arguments& change) {
  Attributes attributes{.uid = static_cast<uid_t>(change.large("uid")),
                        .gid = static_cast<gid_t>(change.large("gid")),
                        .mode = static_cast<mode_t>(change.large("mode")),
                        .modified = time_of(change),
                        .xattrs = {}};
  for (const Arguments& xattr : change.objects("xattrs")) {
    attributes.xattrs.emplace_back(xattr.text("name"), xattr.bytes("value"));
  }
  return attributes;
}

mode_t type_of(const std::string& kind) {
  return kind == "character" ? S_IFCHR : kind == "block" ? S_IFBLK : S_IFIFO;
}

const std::map<std::string, Change (*)(const Arguments&, std::string)> changes = {
    {"directory", [](const Arguments&, std::string path) -> Change { return [=](Tree& t) { t.directory(path); }; }},
    {"file",
     [](const Arguments& change, std::string path) -> Change {
       return [path, data = change.view("data")](Tree& tree) {
         tree.file(path);
         if (!data.empty()) tree.write(path, 0, data);
         if (tree.is_in_use()) tree.truncate(path, static_cast<off_t>(data.size()));
       };
     }},
    {"write",
     [](const Arguments& change, std::string path) -> Change {
       return [path, offset = change.large("offset"), data = change.view("data")](Tree& tree) {
         tree.write(path, offset, data);
       };
     }},
    {"truncate",
     [](const Arguments& change, std::string path) -> Change {
       return [path, size = change.large("size")](Tree& tree) { tree.truncate(path, size); };
     }},
    {"symlink",
     [](const Arguments& change, std::string path) -> Change {
       return [path, target = change.bytes("target")](Tree& tree) { tree.symlink(path, target); };
     }},
    {"link",
     [](const Arguments& change, std::string path) -> Change {
       return [path, target = change.bytes("target")](Tree& tree) { tree.link(path, target); };
     }},
    {"node",
     [](const Arguments& change, std::string path) -> Change {
       const dev_t device = makedev(static_cast<unsigned>(change.large("major")),
                                    static_cast<unsigned>(change.large("minor")));
       return [path, device, type = type_of(change.text("kind"))](Tree& tree) { tree.node(path, type, device); };
     }},
    {"whiteout", [](const Arguments&, std::string path) -> Change { return [=](Tree& t) { t.whiteout(path); }; }},
    {"opaque",
     [](const Arguments&, std::string path) -> Change {
       return [=](Tree& tree) { tree.opaque_directory(path); };
     }},
    {"remove", [](const Arguments&, std::string path) -> Change { return [=](Tree& t) { t.remove(path); }; }},
    {"attributes",
     [](const Arguments& change, std::string path) -> Change {
       return [path, attributes = attributes_of(change)](Tree& tree) { tree.attributes(path, attributes); };
     }},
    {"modified",
     [](const Arguments& change, std::string path) -> Change {
       return [path, time = time_of(change)](Tree& tree) { tree.modified(path, time); };
     }},
    {"copy",
     [](const Arguments& change, std::string path) -> Change {
       return [path, from = change.bytes("from")](Tree& tree) { tree.copy(path, from); };
     }},
    {"like",
     [](const Arguments& change, std::string path) -> Change {
       return [path, from = change.bytes("from")](Tree& tree) { tree.like(path, from); };
     }},
};

Change change_of(Napi::Env env, const Arguments& change) {
  const auto found = changes.find(change.text("change"));
  if (found == changes.end()) throw Napi::TypeError::New(env, "unknown change");
  return found->second(change, change.bytes("path"));
}

}  // namespace

Napi::Value change_tree(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  auto all = std::make_shared<std::vector<Change>>();
  for (const Arguments& change : options.objects("changes")) all->push_back(change_of(info.Env(), change));
  using Paths = std::vector<std::string>;
  const Kind kind = options.text("kind") == "container" ? Kind::container : Kind::layer;
  auto work = [all, kind, root = options.text("root")]() -> Paths {
    Tree tree(root, kind);
    for (const Change& change : *all) change(tree);
    return tree.implied();
  };
  // Files' bytes stay where they are: what has them is held as long as the work lasts.
  auto held = std::make_shared<Napi::ObjectReference>(Napi::Persistent(info[0].As<Napi::Object>()));
  return Task<Paths>::run(info.Env(), work, [held](Napi::Env env, const Paths& implied) {
    Napi::Array list = Napi::Array::New(env, implied.size());
    for (uint32_t index = 0; index < implied.size(); ++index) {
      list[index] = Napi::Buffer<char>::Copy(env, implied[index].data(), implied[index].size());
    }
    return Napi::Value(list);
  });
}

Napi::Value open_inside(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  const auto work = [root = options.text("root"), path = options.bytes("path")] {
    return ::open_inside(root, path).release();
  };
  return Task<int>::run(info.Env(), work, [](Napi::Env env, int fd) { return Napi::Number::New(env, fd); });
}

Napi::Value open_overlay(const Napi::CallbackInfo& info) {
  const Arguments options(info);
  const auto work = [upper = options.text("upper"), work = options.text("work"), lowers = options.texts("lowers")] {
    return overlay_mount(upper, work, lowers).release();
  };
  return Task<int>::run(info.Env(), work, [](Napi::Env env, int fd) { return Napi::Number::New(env, fd); });
}

Napi::Value is_opaque(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), ::is_opaque(Arguments(info).text("path")));
}
