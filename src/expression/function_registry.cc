#include "expression/function_registry.h"

#include <algorithm>
#include <map>

#include "base/assert.h"
#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "expression/argument_types.h"
#include "expression/functions/register.h"
#include "expression/parameter.h"
#include "types/cast_rules.h"

namespace trivet {

namespace {

std::string ToLower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Digits that hold every value of an integer type.
uint8_t IntegerPrecision(TypeId id) {
  switch (id) {
    case TypeId::kInt8:
    case TypeId::kUInt8: return 3;
    case TypeId::kInt16:
    case TypeId::kUInt16: return 5;
    case TypeId::kInt32:
    case TypeId::kUInt32: return 10;
    case TypeId::kInt64: return 19;
    case TypeId::kUInt64: return 20;
    default: return kMaxDecimalPrecision;
  }
}

// The type that an argument takes for a parameter before the bind function narrows it; nothing
// where the parameter's family has no place for it.
std::optional<LogicalType> ParameterType(const Parameter& parameter, const LogicalType& argument) {
  switch (parameter.kind) {
    case Parameter::Kind::kExact: return parameter.type;
    case Parameter::Kind::kAny: return argument;
    case Parameter::Kind::kAnyDecimal:
      if (argument.id() == TypeId::kDecimal) return argument;
      if (argument.IsInteger()) return LogicalType::Decimal(IntegerPrecision(argument.id()), 0);
      if (argument.IsNull()) return LogicalType::Decimal(18, 3);
      return std::nullopt;
    case Parameter::Kind::kAnyInteger:
      if (argument.IsInteger()) return argument;
      if (argument.IsNull()) return LogicalType(TypeId::kInt64);
      return std::nullopt;
    case Parameter::Kind::kAnyNumeric:
      if (argument.IsNumeric()) return argument;
      if (argument.IsNull()) return LogicalType(TypeId::kDouble);
      return std::nullopt;
    case Parameter::Kind::kAnyTimestamp:
      if (argument.id() == TypeId::kTimestamp) return argument;
      if (argument.IsNull() || argument == TypeId::kDate) return LogicalType::Timestamp();
      return std::nullopt;
  }
  return std::nullopt;
}

template <typename Function>
const Parameter* ParameterAt(const Function& function, size_t i) {
  if (i < function.parameters.size()) return &function.parameters[i];
  return function.variadic ? &*function.variadic : nullptr;
}

template <typename Function>
std::optional<int> OverloadCost(const Function& function,
                                std::span<const ExpressionPtr> arguments) {
  if (arguments.size() < function.parameters.size()) return std::nullopt;
  int total = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Parameter* parameter = ParameterAt(function, i);
    if (parameter == nullptr) return std::nullopt;
    const auto target = ParameterType(*parameter, arguments[i]->type());
    if (!target) return std::nullopt;
    const auto cost = ArgumentCastCost(*arguments[i], *target);
    if (!cost) return std::nullopt;
    total += *cost;
  }
  return total;
}

std::string ParameterText(const Parameter& parameter) {
  switch (parameter.kind) {
    case Parameter::Kind::kExact: return parameter.type.ToString();
    case Parameter::Kind::kAny: return "ANY";
    case Parameter::Kind::kAnyDecimal: return "DECIMAL";
    case Parameter::Kind::kAnyInteger: return "INTEGER";
    case Parameter::Kind::kAnyNumeric: return "NUMERIC";
    case Parameter::Kind::kAnyTimestamp: return "TIMESTAMP";
  }
  return "ANY";
}

template <typename Function>
std::string SignatureText(const Function& function) {
  std::string text = function.name + "(";
  for (const Parameter& parameter : function.parameters) {
    if (text.back() != '(') text += ", ";
    text += ParameterText(parameter);
  }
  if (function.variadic) {
    if (text.back() != '(') text += ", ";
    text += ParameterText(*function.variadic) + "...";
  }
  text += ')';
  // A type that the bind function decides cannot be told from the signature.
  if (!function.return_type.IsNull()) text += " -> " + function.return_type.ToString();
  return text;
}

std::string ArgumentText(std::string_view name, std::span<const ExpressionPtr> arguments) {
  std::string text = StrCat(name, "(");
  for (const ExpressionPtr& argument : arguments) {
    if (text.back() != '(') text += ", ";
    text += argument->type().ToString();
  }
  return text + ")";
}

template <typename Function>
using Overloads = std::vector<std::shared_ptr<const Function>>;

// The overload of the common type of integers, where there is one: integers stay integers even
// where a conversion to a floating-point type counts for less.
template <typename Function>
const Function* IntegerOverload(const Overloads<Function>& overloads,
                                std::span<const ExpressionPtr> arguments) {
  const auto is_integer = [](const ExpressionPtr& argument) {
    return argument->type().IsInteger();
  };
  if (arguments.size() < 2 || !std::ranges::all_of(arguments, is_integer)) return nullptr;
  const std::optional<LogicalType> common = CommonArgumentType(arguments);
  if (!common) return nullptr;
  for (const auto& overload : overloads) {
    const auto fits = [&](const Parameter& parameter) {
      return parameter.kind == Parameter::Kind::kExact && parameter.type == *common;
    };
    if (overload->parameters.size() == arguments.size() && !overload->variadic &&
        std::ranges::all_of(overload->parameters, fits)) {
      return overload.get();
    }
  }
  return nullptr;
}

template <typename Function>
Result<const Function*> ChooseOverload(std::string_view name, const Overloads<Function>& overloads,
                                       std::span<const ExpressionPtr> arguments) {
  int best_cost = 0;
  std::vector<const Function*> best;
  for (const auto& overload : overloads) {
    const std::optional<int> cost = OverloadCost(*overload, arguments);
    if (!cost || (!best.empty() && *cost > best_cost)) continue;
    if (!best.empty() && *cost < best_cost) best.clear();
    best_cost = *cost;
    best.push_back(overload.get());
  }
  if (!best.empty() && !best.front()->parameters.empty() &&
      best.front()->parameters.front().type.IsFloating()) {
    if (const Function* overload = IntegerOverload(overloads, arguments)) return overload;
  }
  const auto is_null = [](const ExpressionPtr& argument) { return argument->type().IsNull(); };
  // NULL fits every overload alike, and the answer is NULL by any of them.
  if (best.size() == 1 || (!best.empty() && std::ranges::any_of(arguments, is_null))) {
    return best.front();
  }
  std::string candidates = "\n\tCandidate functions:";
  if (best.empty()) {
    for (const auto& overload : overloads) candidates += "\n\t" + SignatureText(*overload);
    return Status::InvalidInput(StrCat(
        "No function matches the given name and argument types '", ArgumentText(name, arguments),
        "'. You might need to add explicit type casts.", candidates));
  }
  for (const Function* overload : best) candidates += "\n\t" + SignatureText(*overload);
  return Status::InvalidInput(
      StrCat("Could not choose a best candidate function for the function call \"",
             ArgumentText(name, arguments),
             "\". In order to select one, please add explicit type casts.", candidates));
}

template <typename Function>
std::vector<LogicalType> ArgumentTypes(const Function& function,
                                       std::span<const ExpressionPtr> arguments) {
  std::vector<LogicalType> types;
  for (size_t i = 0; i < arguments.size(); ++i) {
    types.push_back(*ParameterType(*ParameterAt(function, i), arguments[i]->type()));
  }
  return types;
}

template <typename Function>
Result<const Function*> OverloadOfSignature(
    const std::unordered_map<std::string, Overloads<Function>>& functions,
    const std::string& signature) {
  const auto found = functions.find(signature.substr(0, signature.find('(')));
  if (found != functions.end()) {
    for (const auto& overload : found->second) {
      if (SignatureText(*overload) == signature) return overload.get();
    }
  }
  return Status::NotFound(StrCat("function ", signature, " is not known here"));
}

// A custom function's signature ends in "@version".
struct VersionedSignature {
  std::string signature;
  std::optional<std::string> version;
};

VersionedSignature SplitVersion(const std::string& signature) {
  const size_t digits = signature.find_last_not_of("0123456789");
  if (digits == std::string::npos || digits + 1 == signature.size() || signature[digits] != '@') {
    return {signature, std::nullopt};
  }
  return {signature.substr(0, digits), signature.substr(digits + 1)};
}

template <typename Customs>
Status CheckCustom(const VersionedSignature& wanted, const Customs& customs) {
  const std::string name = wanted.signature.substr(0, wanted.signature.find('('));
  const auto found = customs.find(name);
  if (found == customs.end()) {
    return Status::NotFound(
        StrCat("function '", name, "@", *wanted.version, "' is not known here"));
  }
  const std::string here = found->second->declaration().capability();
  if (here == StrCat(name, "@", *wanted.version)) return Status::OK();
  return Status::NotFound(
      StrCat("function '", name, "@", *wanted.version, "' is not known here, but '", here, "'"));
}

// Whether such arguments can have been bound to the overload: a scalar function's were cast by
// then.
template <typename Function>
Status CheckArguments(const Function& function, std::span<const ExpressionPtr> arguments,
                      bool are_cast) {
  bool fits = arguments.size() >= function.parameters.size();
  for (size_t i = 0; fits && i < arguments.size(); ++i) {
    const Parameter* parameter = ParameterAt(function, i);
    const LogicalType& type = arguments[i]->type();
    const auto target = parameter ? ParameterType(*parameter, type) : std::nullopt;
    fits = target && (!are_cast || *target == type);
  }
  if (fits) return Status::OK();
  return Status::InvalidInput(StrCat("arguments of ", ArgumentText(function.name, arguments),
                                     " do not fit ", SignatureText(function)));
}

// Bind functions look at types, and at values of what is the same always.
template <typename Function>
std::shared_ptr<const BindRecord> RecordBinding(const Function& function,
                                                std::span<const ExpressionPtr> arguments) {
  auto record = std::make_shared<BindRecord>();
  record->signature = SignatureText(function);
  for (const ExpressionPtr& argument : arguments) {
    const bool is_fixed =
        !argument->has_columns() && argument->volatility() == Volatility::kImmutable;
    record->arguments.push_back(is_fixed ? argument : Expression::Input(0, argument->type()));
  }
  return record;
}

// Bind functions look at arguments that are constants.
Status ReadParameters(std::vector<ExpressionPtr>& arguments) {
  for (ExpressionPtr& argument : arguments) {
    if (argument->has_columns() || !PlanParameter::IsIn(argument)) continue;
    TRIVET_ASSIGN_OR_RETURN(argument, WithReadParameters(argument));
  }
  return Status::OK();
}

BoundScalarFunction StartBinding(const ScalarFunction& function,
                                 std::span<const ExpressionPtr> arguments) {
  BoundScalarFunction bound;
  bound.function = &function;
  bound.argument_types = ArgumentTypes(function, arguments);
  bound.return_type = function.return_type;
  bound.kernel = function.kernel;
  bound.can_fail = function.can_fail;
  return bound;
}

Status Bind(const ScalarFunction& function, std::span<const ExpressionPtr> arguments,
            const EvaluationContext* context, BoundScalarFunction& bound) {
  if (!function.bind) return Status::OK();
  bound.binding = RecordBinding(function, arguments);
  return function.bind({function, arguments, context}, bound);
}

Result<BoundAggregateFunction> Bind(const AggregateFunction& function,
                                    std::span<const ExpressionPtr> arguments) {
  BoundAggregateFunction bound;
  bound.function = &function;
  bound.argument_types = ArgumentTypes(function, arguments);
  bound.return_type = function.return_type;
  if (!function.bind) return bound;
  bound.binding = RecordBinding(function, arguments);
  TRIVET_RETURN_IF_ERROR(function.bind(arguments, bound));
  return bound;
}

template <typename Map>
Status UnknownFunction(std::string_view kind, std::string_view name, const Map& functions) {
  std::vector<std::string> names;
  for (const auto& [known, overloads] : functions) names.push_back(known);
  Status status = Status::NotFound(StrCat(kind, " Function with name ", name, " does not exist!"));
  const std::string nearest = NearestName(name, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
}

template <typename Map, typename Visit>
void VisitSorted(const Map& functions, const Visit& visit) {
  std::map<std::string_view, const typename Map::mapped_type*> sorted;
  for (const auto& [name, overloads] : functions) sorted.emplace(name, &overloads);
  for (const auto& [name, overloads] : sorted) {
    for (const auto& overload : *overloads) visit(*overload);
  }
}

}  // namespace

const FunctionRegistry& FunctionRegistry::Builtin() {
  static const FunctionRegistry* const registry = [] {
    auto* filled = new FunctionRegistry();
    RegisterBuiltinFunctions(*filled);
    return filled;
  }();
  return *registry;
}

void FunctionRegistry::AddScalar(ScalarFunction function) {
  TRIVET_ASSERT(function.name == ToLower(function.name));
  auto& overloads = scalars_[function.name];
  overloads.push_back(std::make_shared<const ScalarFunction>(std::move(function)));
}

void FunctionRegistry::AddAggregate(AggregateFunction function) {
  TRIVET_ASSERT(function.name == ToLower(function.name));
  auto& overloads = aggregates_[function.name];
  overloads.push_back(std::make_shared<const AggregateFunction>(std::move(function)));
}

// The text is short, and taken once for each alias.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void FunctionRegistry::AddAlias(std::string alias, std::string_view name) {
  const std::string key(name);
  if (const auto found = scalars_.find(key); found != scalars_.end()) {
    for (size_t i = 0; i < found->second.size(); ++i) {
      ScalarFunction copy = *scalars_.at(key)[i];
      copy.name = alias;
      AddScalar(std::move(copy));
    }
    return;
  }
  TRIVET_ASSERT(aggregates_.contains(key));
  for (size_t i = 0; i < aggregates_.at(key).size(); ++i) {
    AggregateFunction copy = *aggregates_.at(key)[i];
    copy.name = alias;
    AddAggregate(std::move(copy));
  }
}

Status FunctionRegistry::AddCustom(CustomFunctionPtr function) {
  const std::string& name = function->declaration().name;
  TRIVET_ASSERT(name == ToLower(name));
  if (!customs_.contains(name) && (scalars_.contains(name) || aggregates_.contains(name))) {
    return Status::AlreadyExists(StrCat("there is a built-in function \"", name, "\""));
  }
  scalars_[name] = {MakeScalarFunction(function)};
  customs_[name] = std::move(function);
  return Status::OK();
}

CustomFunctionPtr FunctionRegistry::FindCustom(const std::string& name) const {
  const auto found = customs_.find(name);
  return found == customs_.end() ? nullptr : found->second;
}

bool FunctionRegistry::HasScalar(std::string_view name) const {
  return scalars_.contains(ToLower(name));
}

bool FunctionRegistry::HasAggregate(std::string_view name) const {
  return aggregates_.contains(ToLower(name));
}

Result<ExpressionPtr> FunctionRegistry::BindScalar(std::string_view name,
                                                   std::vector<ExpressionPtr> arguments,
                                                   const EvaluationContext* context) const {
  const auto found = scalars_.find(ToLower(name));
  if (found == scalars_.end()) return UnknownFunction("Scalar", name, scalars_);
  TRIVET_ASSIGN_OR_RETURN(const ScalarFunction* function,
                          ChooseOverload(found->first, found->second, arguments));
  if (function->bind) TRIVET_RETURN_IF_ERROR(ReadParameters(arguments));
  BoundScalarFunction bound = StartBinding(*function, arguments);
  const auto cast_arguments = [&] {
    for (size_t i = 0; i < arguments.size(); ++i) {
      arguments[i] = CastArgument(std::move(arguments[i]), bound.argument_types[i], context);
    }
  };
  cast_arguments();
  TRIVET_RETURN_IF_ERROR(Bind(*function, arguments, context, bound));
  if (function->bind) cast_arguments();
  return Expression::Call(std::move(bound), std::move(arguments));
}

Result<BoundAggregateFunction> FunctionRegistry::BindAggregate(
    std::string_view name, std::vector<ExpressionPtr>& arguments) const {
  const auto found = aggregates_.find(ToLower(name));
  if (found == aggregates_.end()) return UnknownFunction("Aggregate", name, aggregates_);
  TRIVET_ASSIGN_OR_RETURN(const AggregateFunction* function,
                          ChooseOverload(found->first, found->second, arguments));
  if (function->bind) TRIVET_RETURN_IF_ERROR(ReadParameters(arguments));
  TRIVET_ASSIGN_OR_RETURN(BoundAggregateFunction bound, Bind(*function, arguments));
  for (size_t i = 0; i < arguments.size(); ++i) {
    arguments[i] = Expression::Cast(std::move(arguments[i]), bound.argument_types[i]);
  }
  return bound;
}

std::string FunctionRegistry::SignatureOf(const BoundScalarFunction& bound) {
  return bound.binding ? bound.binding->signature : SignatureText(*bound.function);
}

std::string FunctionRegistry::SignatureOf(const BoundAggregateFunction& bound) {
  return bound.binding ? bound.binding->signature : SignatureText(*bound.function);
}

Result<BoundScalarFunction> FunctionRegistry::RebindScalar(const std::string& signature,
                                                           std::vector<ExpressionPtr> arguments,
                                                           const EvaluationContext* context) const {
  const VersionedSignature wanted = SplitVersion(signature);
  if (wanted.version) TRIVET_RETURN_IF_ERROR(CheckCustom(wanted, customs_));
  TRIVET_ASSIGN_OR_RETURN(const ScalarFunction* function,
                          OverloadOfSignature(scalars_, wanted.signature));
  TRIVET_RETURN_IF_ERROR(CheckArguments(*function, arguments, true));
  BoundScalarFunction bound = StartBinding(*function, arguments);
  TRIVET_RETURN_IF_ERROR(Bind(*function, arguments, context, bound));
  return bound;
}

Result<BoundAggregateFunction> FunctionRegistry::RebindAggregate(
    const std::string& signature, std::vector<ExpressionPtr> arguments) const {
  TRIVET_ASSIGN_OR_RETURN(const AggregateFunction* function,
                          OverloadOfSignature(aggregates_, signature));
  TRIVET_RETURN_IF_ERROR(CheckArguments(*function, arguments, false));
  return Bind(*function, arguments);
}

void FunctionRegistry::ForEachScalar(
    const std::function<void(const ScalarFunction&)>& visit) const {
  VisitSorted(scalars_, visit);
}

void FunctionRegistry::ForEachAggregate(
    const std::function<void(const AggregateFunction&)>& visit) const {
  VisitSorted(aggregates_, visit);
}

}  // namespace trivet
