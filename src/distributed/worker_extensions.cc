#include "distributed/worker_extensions.h"

#include <utility>

#include "base/string_concat.h"
#include "distributed/exchange.h"

namespace trivet {

namespace {
// Sets of code that are kept loaded; sessions come and go.
constexpr size_t kKnownLimit = 64;
}  // namespace

WorkerExtensions::WorkerExtensions(ExtensionSetPtr base, std::shared_ptr<const CodeLoader> loader,
                                   FetchCode fetch)
    : base_(std::move(base)), loader_(std::move(loader)), fetch_(std::move(fetch)) {}

Result<std::shared_ptr<const WorkerExtensions::Registries>> WorkerExtensions::With(
    const std::vector<std::string>& code) {
  {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(code);
    if (found != known_.end()) return found->second;
  }
  // Loading takes long and may meet the interpreter's lock; who comes second loads it, too.
  TRIVET_ASSIGN_OR_RETURN(const ExtensionSetPtr set, LoadAll(code));
  auto made = std::make_shared<Registries>(Registries{set->functions, set->operators});
  made->operators.Add<PhysicalExchangeSource>();
  made->operators.Add<PhysicalExchange>();
  std::lock_guard lock(mutex_);
  if (known_.size() >= kKnownLimit) known_.clear();
  known_[code] = made;
  return std::shared_ptr<const Registries>(std::move(made));
}

Result<ExtensionSetPtr> WorkerExtensions::LoadAll(const std::vector<std::string>& code) const {
  if (code.empty()) return base_;
  if (loader_ == nullptr || fetch_ == nullptr) {
    return Status::NotImplemented("loading code that a session brings along, on this worker")
        .WithHint("it needs workers that are Python processes");
  }
  Extensions loaded(base_);
  for (const std::string& id : code) {
    TRIVET_ASSIGN_OR_RETURN(const std::string bytes, fetch_(id));
    TRIVET_RETURN_IF_ERROR(loader_->Load(bytes, loaded));
  }
  return loaded.Get();
}

}  // namespace trivet
