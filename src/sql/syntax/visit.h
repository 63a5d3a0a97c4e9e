#pragma once

#include <optional>
#include <type_traits>

#include "sql/syntax/definition.h"

// Generic access to the tree, for code that treats all nodes alike.
namespace trivet::syntax {

// Calls `function` with the node as what it is; a const node is passed as const.
template <typename ExpressionType, typename Function>
decltype(auto) VisitExpression(ExpressionType& node, Function&& function) {
  static_assert(std::is_same_v<std::remove_const_t<ExpressionType>, Expression>);
  switch (node.kind) {
    case ExpressionKind::kLiteral: return function(node.template As<LiteralExpression>());
    case ExpressionKind::kColumn: return function(node.template As<ColumnExpression>());
    case ExpressionKind::kStar: return function(node.template As<StarExpression>());
    case ExpressionKind::kColumns: return function(node.template As<ColumnsExpression>());
    case ExpressionKind::kPositional: return function(node.template As<PositionalExpression>());
    case ExpressionKind::kParameter: return function(node.template As<ParameterExpression>());
    case ExpressionKind::kDefault: return function(node.template As<DefaultExpression>());
    case ExpressionKind::kFunction: return function(node.template As<FunctionExpression>());
    case ExpressionKind::kWindow: return function(node.template As<WindowExpression>());
    case ExpressionKind::kLambda: return function(node.template As<LambdaExpression>());
    case ExpressionKind::kComparison: return function(node.template As<ComparisonExpression>());
    case ExpressionKind::kConjunction: return function(node.template As<ConjunctionExpression>());
    case ExpressionKind::kNot: return function(node.template As<NotExpression>());
    case ExpressionKind::kIsNull: return function(node.template As<IsNullExpression>());
    case ExpressionKind::kBetween: return function(node.template As<BetweenExpression>());
    case ExpressionKind::kIn: return function(node.template As<InExpression>());
    case ExpressionKind::kCase: return function(node.template As<CaseExpression>());
    case ExpressionKind::kCast: return function(node.template As<CastExpression>());
    case ExpressionKind::kCollate: return function(node.template As<CollateExpression>());
    case ExpressionKind::kSubscript: return function(node.template As<SubscriptExpression>());
    case ExpressionKind::kSlice: return function(node.template As<SliceExpression>());
    case ExpressionKind::kField: return function(node.template As<FieldExpression>());
    case ExpressionKind::kSubquery: break;
  }
  return function(node.template As<SubqueryExpression>());
}

template <typename QueryType, typename Function>
decltype(auto) VisitQuery(QueryType& node, Function&& function) {
  switch (node.kind) {
    case QueryKind::kSelect: return function(node.template As<SelectQuery>());
    case QueryKind::kSetOperation: return function(node.template As<SetOperationQuery>());
    case QueryKind::kValues: break;
  }
  return function(node.template As<ValuesQuery>());
}

template <typename TableType, typename Function>
decltype(auto) VisitTable(TableType& node, Function&& function) {
  switch (node.kind) {
    case TableKind::kNamed: return function(node.template As<NamedTable>());
    case TableKind::kFunction: return function(node.template As<FunctionTable>());
    case TableKind::kSubquery: return function(node.template As<SubqueryTable>());
    case TableKind::kJoin: return function(node.template As<JoinTable>());
    case TableKind::kShow: break;
  }
  return function(node.template As<ShowTable>());
}

template <typename StatementType, typename Function>
decltype(auto) VisitStatement(StatementType& node, Function&& function) {
  switch (node.kind) {
    case StatementKind::kQuery: return function(node.template As<QueryStatement>());
    case StatementKind::kCreateTable: return function(node.template As<CreateTableStatement>());
    case StatementKind::kCreateView: return function(node.template As<CreateViewStatement>());
    case StatementKind::kDrop: return function(node.template As<DropStatement>());
    case StatementKind::kInsert: return function(node.template As<InsertStatement>());
    case StatementKind::kCopy: return function(node.template As<CopyStatement>());
    case StatementKind::kSet: return function(node.template As<SetStatement>());
    case StatementKind::kPragma: return function(node.template As<PragmaStatement>());
    case StatementKind::kExplain: return function(node.template As<ExplainStatement>());
    case StatementKind::kUse: return function(node.template As<UseStatement>());
    case StatementKind::kPrepare: return function(node.template As<PrepareStatement>());
    case StatementKind::kExecute: return function(node.template As<ExecuteStatement>());
    case StatementKind::kDeallocate: return function(node.template As<DeallocateStatement>());
    case StatementKind::kCall: return function(node.template As<CallStatement>());
    case StatementKind::kUnsupported: break;
  }
  return function(node.template As<UnsupportedStatement>());
}

// Calls visitor(child) for each direct child of the given fields that is an Expression, Query,
// TableReference or Statement, looking through lists and through parts such as ORDER BY items.
// Children that are absent are left out.
template <typename Value, typename Visitor>
void ForEachChild(const Value& value, Visitor&& visitor);

namespace visit_detail {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsOwner : std::false_type {};
template <typename T>
struct IsOwner<std::unique_ptr<T>> : std::true_type {};

template <typename T>
concept HasFields = requires(const T& value) { value.Fields(); };

}  // namespace visit_detail

template <typename Value, typename Visitor>
void ForEachChild(const Value& value, Visitor&& visitor) {
  if constexpr (visit_detail::IsOwner<Value>::value) {
    if (value != nullptr) visitor(*value);
  } else if constexpr (visit_detail::IsVector<Value>::value) {
    for (const auto& element : value) ForEachChild(element, visitor);
  } else if constexpr (visit_detail::IsOptional<Value>::value) {
    if (value.has_value()) ForEachChild(*value, visitor);
  } else if constexpr (visit_detail::HasFields<Value>) {
    std::apply([&](const auto&... field) { (ForEachChild(field, visitor), ...); }, value.Fields());
    if constexpr (std::is_base_of_v<Query, Value> && !std::is_same_v<Query, Value>) {
      ForEachChild(static_cast<const Query&>(value), visitor);
    } else if constexpr (std::is_base_of_v<TableReference, Value> &&
                         !std::is_same_v<TableReference, Value>) {
      ForEachChild(static_cast<const TableReference&>(value), visitor);
    }
  }
}

}  // namespace trivet::syntax
