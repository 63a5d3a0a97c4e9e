#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expression/aggregate_function.h"
#include "expression/custom_function.h"
#include "expression/expression.h"
#include "expression/function.h"

namespace trivet {

// All functions by name, overloads in order of registration. Filled once, then read by all threads.
// Copies share the functions: whoever has functions of its own copies Builtin() and adds them.
class FunctionRegistry {
 public:
  // The built-in functions of every family in functions/.
  static const FunctionRegistry& Builtin();

  void AddScalar(ScalarFunction function);
  void AddAggregate(AggregateFunction function);
  // `alias` names the same overloads as `name`, which must be complete by then.
  void AddAlias(std::string alias, std::string_view name);
  // A function of the user's, in place of another custom one of the name. AlreadyExists where a
  // built-in function has the name.
  Status AddCustom(CustomFunctionPtr function);
  // Null where there is no custom function of the name, which is in lower case.
  CustomFunctionPtr FindCustom(const std::string& name) const;

  bool HasScalar(std::string_view name) const;  // names are matched in any case
  bool HasAggregate(std::string_view name) const;

  // Chooses the overload with the cheapest implicit casts and binds it; the result is the call with
  // casts inserted. Unknown names are NotFound with the nearest name as hint; no or several fitting
  // overloads are InvalidInput that lists the candidates.
  Result<ExpressionPtr> BindScalar(std::string_view name, std::vector<ExpressionPtr> arguments,
                                   const EvaluationContext* context) const;
  // The same for an aggregate; casts are put into `arguments`.
  Result<BoundAggregateFunction> BindAggregate(std::string_view name,
                                               std::vector<ExpressionPtr>& arguments) const;

  // Text that tells an overload from all others: name, parameters and result.
  static std::string SignatureOf(const BoundScalarFunction& bound);
  static std::string SignatureOf(const BoundAggregateFunction& bound);
  // Binds the overload of that signature as it was bound in another process: `arguments` are those
  // of the record there, or where there is none inputs of the argument types. NotFound for unknown
  // signatures.
  Result<BoundScalarFunction> RebindScalar(const std::string& signature,
                                           std::vector<ExpressionPtr> arguments,
                                           const EvaluationContext* context) const;
  Result<BoundAggregateFunction> RebindAggregate(const std::string& signature,
                                                 std::vector<ExpressionPtr> arguments) const;

  // For listings and completion, sorted by name.
  void ForEachScalar(const std::function<void(const ScalarFunction&)>& visit) const;
  void ForEachAggregate(const std::function<void(const AggregateFunction&)>& visit) const;

 private:
  std::unordered_map<std::string, std::vector<std::shared_ptr<const ScalarFunction>>> scalars_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<const AggregateFunction>>>
      aggregates_;
  std::unordered_map<std::string, CustomFunctionPtr> customs_;
};

}  // namespace trivet
