#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "expression/function.h"

namespace trivet {

// How the processes of a cluster know a function or operator that is not built in: "name@version".
std::string CapabilityName(const std::string& name, uint32_t version);

// What is known of a custom function without its code.
struct CustomFunctionDeclaration {
  std::string name;      // lower case
  uint32_t version = 1;  // raised whenever the answers change; workers must have the very same
  std::vector<LogicalType> parameters;
  LogicalType return_type;
  NullBehaviour nulls = NullBehaviour::kPropagate;
  bool deterministic = true;
  // Not empty: the code travels with the session under this id, and a worker needs only what
  // `runtime` names (a label, such as "python-3.11"); else a worker must have it registered.
  std::string code;
  std::string runtime;

  std::string capability() const { return CapabilityName(name, version); }
};

// A scalar function whose rows are computed by code that is not the engine's: a plugin's, or
// Python's. Immutable, thread-safe.
class CustomFunction {
 public:
  explicit CustomFunction(CustomFunctionDeclaration declaration)
      : declaration_(std::move(declaration)) {}
  virtual ~CustomFunction() = default;

  const CustomFunctionDeclaration& declaration() const { return declaration_; }

  // Fills rows [0, count) of `result`, which arrives flat, of the return type, all valid. With
  // NullBehaviour::kPropagate no argument is NULL. Errors of rows go into `errors`; the status is
  // for what concerns no row (cancellation, memory) and fails them all.
  virtual Status Evaluate(std::span<const Vector> arguments, size_t count,
                          const EvaluationContext& context, Vector& result,
                          LaneErrors& errors) const = 0;

 private:
  const CustomFunctionDeclaration declaration_;
};

using CustomFunctionPtr = std::shared_ptr<const CustomFunction>;

// A function known by its declaration alone, as a coordinator knows it that only plans: evaluating
// it fails with NotFound that names it.
CustomFunctionPtr DeclareFunction(CustomFunctionDeclaration declaration);

// The function as the registry keeps it. Calls that are bound to it keep it alive.
std::shared_ptr<const ScalarFunction> MakeScalarFunction(CustomFunctionPtr function);

// The custom function that is called, or null for a built-in one.
const CustomFunction* CustomFunctionOf(const BoundScalarFunction& bound);

}  // namespace trivet
