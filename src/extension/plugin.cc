#include "extension/plugin.h"

#include <dlfcn.h>

#include <memory>
#include <utility>

#include "base/string_concat.h"
#include "base/version.h"
#include "extension/plugin_code.h"

namespace trivet {

namespace {

constexpr const char* kEntrySymbol = "trivet_plugin_entry";

// What a plugin adds, until all of it has been taken.
struct Collected {
  std::vector<CustomFunctionPtr> functions;
  std::vector<CustomOperatorPtr> operators;
  Status status;
};

template <typename Made, typename List>
int Take(Collected& collected, Result<Made> made, List& list) {
  if (collected.status.ok()) collected.status = made.status();
  if (!made.ok()) return 1;
  list.push_back(std::move(made).value());
  return 0;
}

int AddFunction(const trivet_registrar* registrar, const trivet_function* function) {
  auto& collected = *static_cast<Collected*>(registrar->host);
  return Take(collected, MakePluginFunction(*function), collected.functions);
}

int AddOperator(const trivet_registrar* registrar, const trivet_operator* op) {
  auto& collected = *static_cast<Collected*>(registrar->host);
  return Take(collected, MakePluginOperator(*op), collected.operators);
}

Status CheckPlugin(const trivet_plugin* plugin) {
  if (plugin == nullptr) return Status::InvalidInput("the plugin describes nothing");
  if (plugin->abi_version != TRIVET_PLUGIN_ABI) {
    return Status(StatusCode::kProtocolMismatch,
                  StrCat("the plugin was made for version ", plugin->abi_version,
                         " of the plugin interface; here it is ", TRIVET_PLUGIN_ABI));
  }
  if (plugin->build_id != nullptr && std::string_view(plugin->build_id) != kVersion) {
    return Status(StatusCode::kProtocolMismatch, StrCat("the plugin was made for build ",
                                                        plugin->build_id, "; this is ", kVersion));
  }
  if (plugin->add_all == nullptr) return Status::InvalidInput("the plugin adds nothing");
  return Status::OK();
}

Status AddAll(const trivet_plugin& plugin, Extensions& extensions) {
  Collected collected;
  const trivet_registrar registrar{&collected, AddFunction, AddOperator};
  const int code = plugin.add_all(&registrar);
  TRIVET_RETURN_IF_ERROR(collected.status);
  if (code != 0) return Status::InvalidInput(StrCat("the plugin gave up with code ", code));
  // Tried on a copy first, so that a plugin is added whole or not at all.
  Extensions trial(extensions.Get());
  for (Extensions* target : {&trial, &extensions}) {
    for (const auto& function : collected.functions) {
      TRIVET_RETURN_IF_ERROR(target->AddFunction(function));
    }
    for (const auto& op : collected.operators) {
      TRIVET_RETURN_IF_ERROR(target->AddOperator(op));
    }
  }
  return Status::OK();
}

}  // namespace

Status LoadPlugin(const std::string& path, Extensions& extensions) {
  // Without a slash the loader would search directories of its own for the name.
  const std::string file = path.find('/') == std::string::npos ? StrCat("./", path) : path;
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return Status::IO(StrCat("the plugin cannot be loaded: ", dlerror())).WithFile(path);
  }
  using Entry = const trivet_plugin* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, kEntrySymbol));
  if (entry == nullptr) {
    return Status::InvalidInput(
               StrCat("the library is no plugin: it does not export ", kEntrySymbol))
        .WithFile(path);
  }
  const trivet_plugin* plugin = entry();
  Status status = CheckPlugin(plugin);
  if (status.ok()) status = AddAll(*plugin, extensions);
  return std::move(status).WithFile(path);
}

Status LoadPlugins(const std::vector<std::string>& paths, Extensions& extensions) {
  for (const std::string& path : paths) TRIVET_RETURN_IF_ERROR(LoadPlugin(path, extensions));
  return Status::OK();
}

}  // namespace trivet
