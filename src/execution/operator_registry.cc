#include "execution/operator_registry.h"

#include "base/assert.h"
#include "base/string_concat.h"
#include "execution/operators/custom.h"
#include "execution/operators/register.h"

namespace trivet {

const OperatorRegistry& OperatorRegistry::Builtin() {
  static const OperatorRegistry* const registry = [] {
    auto* filled = new OperatorRegistry();
    RegisterOperators(*filled);
    return filled;
  }();
  return *registry;
}

void OperatorRegistry::AddFactory(Factory factory) {
  const bool added = factories_.emplace(factory()->wire_name(), factory).second;
  TRIVET_ASSERT(added);
}

void OperatorRegistry::AddCustom(CustomOperatorPtr op) {
  const std::string& name = op->declaration().name;
  factories_[PhysicalCustomOperator::WireName(name)] = [op] {
    return std::make_shared<PhysicalCustomOperator>(op);
  };
  customs_[name] = std::move(op);
}

CustomOperatorPtr OperatorRegistry::FindCustom(const std::string& name) const {
  const auto found = customs_.find(name);
  return found == customs_.end() ? nullptr : found->second;
}

void OperatorRegistry::AddTranslation(LogicalKind kind, PhysicalPlanner::Translate translate) {
  translations_[kind] = std::move(translate);
}

Result<std::shared_ptr<PhysicalOperator>> OperatorRegistry::Make(std::string_view wire_name) const {
  const auto found = factories_.find(wire_name);
  if (found == factories_.end()) {
    return Status(StatusCode::kProtocolMismatch,
                  StrCat("operator \"", wire_name, "\" is not known here"));
  }
  return found->second();
}

const PhysicalPlanner::Translate* OperatorRegistry::TranslationOf(LogicalKind kind) const {
  const auto found = translations_.find(kind);
  return found == translations_.end() ? nullptr : &found->second;
}

std::vector<std::string> OperatorRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories_) names.push_back(name);
  return names;
}

}  // namespace trivet
