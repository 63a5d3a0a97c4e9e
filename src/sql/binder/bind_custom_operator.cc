// Custom operators in FROM: name((SELECT ...), arguments).
#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "plan/logical_custom.h"
#include "sql/binder/table_binder.h"
#include "sql/syntax/operators.h"

namespace trivet::binder {

namespace {

Status WrongCall(const CustomOperatorDeclaration& op, size_t position) {
  std::string usage = StrCat("call it as ", op.name, "((SELECT ...)");
  for (const LogicalType& type : op.parameters) usage += ", " + type.ToString();
  return Status::InvalidInput(StrCat("operator ", op.name, " takes a relation and ",
                                     op.parameters.size(), " further arguments"))
      .WithPosition(position)
      .WithHint(usage + ")");
}

}  // namespace

// The relation is a subquery in parentheses of its own; it sees nothing of the query around it but
// common table expressions.
Result<BoundQuery> TableBinder::BindOperatorInput(const CustomOperatorDeclaration& op,
                                                  const syntax::FunctionExpression& call) {
  if (call.arguments.size() != op.parameters.size() + 1) return WrongCall(op, call.position);
  const auto* relation = call.arguments[0].value->TryAs<syntax::SubqueryExpression>();
  if (relation == nullptr || relation->subquery != syntax::SubqueryKind::kScalar) {
    return WrongCall(op, call.arguments[0].value->position);
  }
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries_.Bind(*relation->query, nullptr, ctes_));
  MakeNamesUnique(query.columns);
  return query;
}

Result<std::vector<Value>> TableBinder::BindOperatorArguments(
    const CustomOperatorDeclaration& op, const syntax::FunctionExpression& call) {
  std::vector<Value> values;
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    const syntax::Argument& argument = call.arguments[i];
    if (!argument.name.empty()) {
      return Status::NotImplemented(StrCat("a named argument of the operator ", op.name))
          .WithPosition(argument.name.position);
    }
    TRIVET_ASSIGN_OR_RETURN(Value value, BindFunctionArgument(*argument.value));
    const ExpressionPtr cast =
        Expression::Cast(Expression::Constant(std::move(value)), op.parameters[i - 1]);
    Result<Value> converted = EvaluateConstant(cast, *state_.input().context);
    if (!converted.ok()) {
      return std::move(converted).status().WithPosition(argument.value->position);
    }
    values.push_back(std::move(converted).value());
  }
  return values;
}

Result<BoundTable> TableBinder::BindCustomOperator(const syntax::FunctionTable& table,
                                                   CustomOperatorPtr op) {
  const CustomOperatorDeclaration& declaration = op->declaration();
  const syntax::FunctionExpression& call = *table.function;
  TRIVET_ASSIGN_OR_RETURN(BoundQuery input, BindOperatorInput(declaration, call));
  TRIVET_ASSIGN_OR_RETURN(std::vector<Value> arguments, BindOperatorArguments(declaration, call));
  std::vector<ColumnDefinition> columns;
  for (const OutputColumn& column : input.columns) columns.push_back({column.name, column.type});
  const auto keys = declaration.HashPositions(columns);
  if (!keys.ok()) return keys.status().WithPosition(call.arguments[0].value->position);
  auto node = std::make_unique<LogicalCustom>(op, std::move(arguments), std::move(input.plan));
  for (const OutputColumn& column : input.columns) {
    node->input_names.push_back(column.name);
    node->inputs.push_back(column.Reference());
  }
  for (const ColumnDefinition& column : declaration.OutputOver(columns)) {
    node->columns.push_back({state_.ids().Next(), column.name, column.type});
  }
  BoundQuery output;
  output.columns = node->columns;
  output.plan = std::move(node);
  return Named(table, call.name, "", std::move(output));
}

}  // namespace trivet::binder
