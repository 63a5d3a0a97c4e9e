#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "execution/physical_planner.h"
#include "plan/custom_operator.h"

namespace trivet {

// The operators that a process knows: how logical nodes are translated into them, and how one that
// comes by name from another process is made. Filled once, then read by all threads. A worker with
// operators of its own copies Builtin() and adds them.
class OperatorRegistry {
 public:
  using Factory = std::function<std::shared_ptr<PhysicalOperator>()>;

  // The operators of operators/.
  static const OperatorRegistry& Builtin();

  // T's wire name, from then on, makes a T; T can be made empty.
  template <typename T>
  void Add() {
    AddFactory([]() -> std::shared_ptr<PhysicalOperator> { return std::make_shared<T>(); });
  }
  // An operator of the user's, in place of another one of the name.
  void AddCustom(CustomOperatorPtr op);
  // Null where there is no custom operator of the name, which is in lower case.
  CustomOperatorPtr FindCustom(const std::string& name) const;
  const std::map<std::string, CustomOperatorPtr, std::less<>>& customs() const { return customs_; }

  void AddTranslation(LogicalKind kind, PhysicalPlanner::Translate translate);

  // An operator without schema, children and fields, which are to be given before it is used.
  // ProtocolMismatch where there is none of that wire name.
  Result<std::shared_ptr<PhysicalOperator>> Make(std::string_view wire_name) const;
  // Null where no operator is known for the node.
  const PhysicalPlanner::Translate* TranslationOf(LogicalKind kind) const;
  // Wire names, sorted; what a worker tells of itself.
  std::vector<std::string> names() const;

 private:
  void AddFactory(Factory factory);

  std::map<std::string, Factory, std::less<>> factories_;
  std::map<LogicalKind, PhysicalPlanner::Translate> translations_;
  std::map<std::string, CustomOperatorPtr, std::less<>> customs_;
};

}  // namespace trivet
