#include <algorithm>
#include <array>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/special_functions.h"

namespace trivet::binder {

namespace {

// Functions of the dialect over types that the engine does not yet have in SQL.
struct UnsupportedFunction {
  std::string_view name;
  std::string_view feature;
};
constexpr std::array<UnsupportedFunction, 14> kUnsupportedFunctions = {{
    {"list_value", "list literals are"},
    {"list_pack", "list literals are"},
    {"array_value", "list literals are"},
    {"struct_pack", "struct literals are"},
    {"row", "row values are"},
    {"map", "maps are"},
    {"unnest", "UNNEST is"},
    {"grouping", "GROUPING is"},
    {"grouping_id", "GROUPING_ID is"},
    {"struct_extract", "extraction of struct fields is"},
    {"->", "JSON and lambda arrows are"},
    {"->>", "JSON and lambda arrows are"},
    {"try", "TRY is"},
    {"getvariable", "session variables are"},
}};

bool IsBuiltinSchema(const syntax::QualifiedName& qualifier) {
  if (qualifier.size() != 1) return false;
  const std::string name = syntax::LowerCase(qualifier[0].text);
  return name == "main" || name == "pg_catalog" || name == "system";
}

Status CheckCount(const syntax::FunctionExpression& function, size_t expected) {
  if (function.arguments.size() == expected) return Status::OK();
  return Status::InvalidInput(StrCat("the function ", function.name, " takes ", expected,
                                     " arguments, not ", function.arguments.size()));
}

}  // namespace

Result<ExpressionPtr> ExpressionBinder::BindFunction(const syntax::FunctionExpression& function) {
  for (const syntax::Argument& argument : function.arguments) {
    if (!argument.name.empty() && function.name != "struct_pack") {
      return Status::InvalidInput(
                 StrCat("the function ", function.name, " does not take named arguments"))
          .WithPosition(argument.name.position);
    }
  }
  TRIVET_ASSIGN_OR_RETURN(std::optional<ExpressionPtr> special, BindSpecialFunction(function));
  if (special) return *special;
  if (functions().HasAggregate(function.name) && !functions().HasScalar(function.name)) {
    return BindAggregate(function);
  }
  if (FindRankingFunction(function.name) && !functions().HasScalar(function.name)) {
    return Status::InvalidInput(
        StrCat("the window function ", function.name, " needs an OVER clause"));
  }
  return BindScalarFunction(function);
}

bool IsSpecialFunction(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"coalesce", "ifnull", "nullif",
                                                      "if",       "iff",    "current_setting"};
  return std::ranges::find(kNames, name) != kNames.end();
}

Result<std::optional<ExpressionPtr>> ExpressionBinder::BindSpecialFunction(
    const syntax::FunctionExpression& function) {
  const auto made = [](Result<ExpressionPtr> result) -> Result<std::optional<ExpressionPtr>> {
    if (!result.ok()) return std::move(result).status();
    return std::optional(std::move(result).value());
  };
  if (function.name == "coalesce" || function.name == "ifnull") {
    return made(BindCoalesce(function));
  }
  if (function.name == "nullif") return made(BindNullIf(function));
  if (function.name == "if" || function.name == "iff") return made(BindIf(function));
  if (function.name == "current_setting") return made(BindCurrentSetting(function));
  for (const UnsupportedFunction& unsupported : kUnsupportedFunctions) {
    if (unsupported.name == function.name && !functions().HasScalar(function.name)) {
      return Unsupported(unsupported.feature, function.position);
    }
  }
  return std::optional<ExpressionPtr>();
}

Result<std::vector<ExpressionPtr>> ExpressionBinder::BindArguments(
    const syntax::FunctionExpression& function) {
  std::vector<ExpressionPtr> arguments;
  if (!function.qualifier.empty() && !IsBuiltinSchema(function.qualifier)) {
    // x.f(y), where x is no schema: the function of x and y.
    syntax::ColumnExpression receiver;
    receiver.names = function.qualifier;
    receiver.position = function.qualifier[0].position;
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr first, BindColumn(receiver));
    arguments.push_back(std::move(first));
  }
  for (const syntax::Argument& argument : function.arguments) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(*argument.value));
    arguments.push_back(std::move(bound));
  }
  return arguments;
}

Result<ExpressionPtr> ExpressionBinder::BindScalarFunction(
    const syntax::FunctionExpression& function) {
  if (function.distinct || function.filter != nullptr || !function.order_by.empty() ||
      !function.within_group.empty()) {
    return Status::InvalidInput(StrCat(
        "Function \"", function.name,
        "\" is a Scalar Function. \"DISTINCT\", \"FILTER\", and \"ORDER BY\" are only applicable "
        "to window and aggregate functions."));
  }
  if (function.nulls != syntax::NullTreatment::kDefault) {
    return Status::InvalidInput("RESPECT/IGNORE NULLS is not supported for non-window functions");
  }
  TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, BindArguments(function));
  return functions().BindScalar(function.name, std::move(arguments), context());
}

Result<ExpressionPtr> ExpressionBinder::BindCoalesce(const syntax::FunctionExpression& function) {
  if (function.name == "ifnull") TRIVET_RETURN_IF_ERROR(CheckCount(function, 2));
  TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, BindArguments(function));
  if (arguments.empty()) return Status::InvalidInput("COALESCE needs at least one argument");
  TRIVET_RETURN_IF_ERROR(UnifyTypes(arguments, false, "COALESCE operator", context()));
  if (arguments.size() == 1) return arguments[0];
  return Expression::Coalesce(std::move(arguments));
}

Result<ExpressionPtr> ExpressionBinder::BindCurrentSetting(
    const syntax::FunctionExpression& function) {
  TRIVET_RETURN_IF_ERROR(CheckCount(function, 1));
  TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, BindArguments(function));
  if (!IsStringLiteral(*arguments[0])) {
    return Status::InvalidInput("current_setting takes the name of a setting as a constant");
  }
  const std::string name = syntax::LowerCase(arguments[0]->value().string());
  std::vector<std::string> names;
  if (state_.input().settings != nullptr) {
    for (const SettingsView::Setting& setting : state_.input().settings->List()) {
      if (setting.name == name) return Expression::Constant(setting.value);
      names.push_back(setting.name);
    }
  }
  Status status = Status::NotFound(StrCat("unrecognized configuration parameter \"", name, "\""));
  const std::string nearest = NearestName(name, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
}

Result<ExpressionPtr> ExpressionBinder::BindNullIf(const syntax::FunctionExpression& function) {
  TRIVET_RETURN_IF_ERROR(CheckCount(function, 2));
  TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, BindArguments(function));
  if (arguments[0]->is_volatile()) {
    return Unsupported("NULLIF over an expression that differs at each call is", function.position);
  }
  const LogicalType type = arguments[0]->type();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr equal, MakeComparison(Comparison::kEqual, arguments[0],
                                                              arguments[1], context()));
  return Expression::Case(
      {std::move(equal), Expression::Constant(Value::Null(type)), std::move(arguments[0])});
}

Result<ExpressionPtr> ExpressionBinder::BindIf(const syntax::FunctionExpression& function) {
  TRIVET_RETURN_IF_ERROR(CheckCount(function, 3));
  TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> arguments, BindArguments(function));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr condition,
                          CastToBoolean(std::move(arguments[0]), context()));
  std::vector<ExpressionPtr> results = {arguments[1], arguments[2]};
  TRIVET_RETURN_IF_ERROR(UnifyTypes(results, false, "IF", context()));
  return Expression::Case({std::move(condition), std::move(results[0]), std::move(results[1])});
}

}  // namespace trivet::binder
