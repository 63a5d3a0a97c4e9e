#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "extension/code_loader.h"

namespace trivet {

// The registries that a worker's tasks decode their plans with: built-in, the worker's own, and
// those of code that sessions bring along, which is fetched and loaded when it is first needed.
// Thread-safe.
class WorkerExtensions {
 public:
  struct Registries {
    FunctionRegistry functions;
    OperatorRegistry operators;  // with those of distributed plans
  };
  using FetchCode = std::function<Result<std::string>(const std::string& id)>;

  // Without a loader, tasks that bring code along fail.
  explicit WorkerExtensions(ExtensionSetPtr base = std::make_shared<const ExtensionSet>(),
                            std::shared_ptr<const CodeLoader> loader = nullptr,
                            FetchCode fetch = nullptr);

  // With all of the code, named by ids in order.
  Result<std::shared_ptr<const Registries>> With(const std::vector<std::string>& code);

 private:
  Result<ExtensionSetPtr> LoadAll(const std::vector<std::string>& code) const;

  const ExtensionSetPtr base_;
  const std::shared_ptr<const CodeLoader> loader_;
  const FetchCode fetch_;
  std::mutex mutex_;
  std::map<std::vector<std::string>, std::shared_ptr<const Registries>> known_;
};

}  // namespace trivet
