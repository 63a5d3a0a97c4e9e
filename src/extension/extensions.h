#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "execution/operator_registry.h"
#include "expression/function_registry.h"

namespace trivet {

// What is to happen to an earlier registration of the same name.
enum class OnRegistered : uint8_t { kError, kReplace };

// All functions and operators that a statement may use: the built-in ones and the user's.
// Immutable.
struct ExtensionSet {
  FunctionRegistry functions = FunctionRegistry::Builtin();
  OperatorRegistry operators = OperatorRegistry::Builtin();
  // The user's, as "name@version", sorted: what a worker tells of itself.
  std::vector<std::string> custom_functions;
  std::vector<std::string> custom_operators;
};
using ExtensionSetPtr = std::shared_ptr<const ExtensionSet>;

// The user's functions and operators, of a database, a coordinator or a worker. Thread-safe: a
// registration counts for statements that start after it; running ones keep what they began with.
class Extensions {
 public:
  Extensions();
  // Begins with those of `base`.
  explicit Extensions(ExtensionSetPtr base);

  ExtensionSetPtr Get() const;
  // InvalidInput for a declaration that makes no sense; AlreadyExists where a built-in function, or
  // without kReplace another custom one, has the name.
  Status AddFunction(CustomFunctionPtr function, OnRegistered mode = OnRegistered::kError);
  Status AddOperator(CustomOperatorPtr op, OnRegistered mode = OnRegistered::kError);
  // Takes over a set that was made from this one's.
  void Replace(ExtensionSetPtr set);

 private:
  mutable std::mutex mutex_;
  ExtensionSetPtr set_;
};

// A type by its SQL name, such as "DECIMAL(10, 2)".
Result<LogicalType> ParseLogicalType(const std::string& name);

}  // namespace trivet
