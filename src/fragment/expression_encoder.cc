#include "fragment/expression_codec.h"
#include "fragment/value_codec.h"
#include "fragment/wire.h"

namespace trivet {

namespace {

Status PutTree(const Expression& expression, size_t depth, wire::Expression& out);

template <typename Bound>
Status PutFunction(const Bound& bound, wire::Function& out) {
  out.set_signature(FunctionRegistry::SignatureOf(bound));
  out.set_is_bound(bound.binding != nullptr);
  if (bound.binding) {
    for (const ExpressionPtr& argument : bound.binding->arguments) {
      TRIVET_RETURN_IF_ERROR(EncodeExpression(argument, *out.add_bind_arguments()));
    }
  }
  for (const LogicalType& type : bound.argument_types) {
    TRIVET_RETURN_IF_ERROR(EncodeType(type, *out.add_argument_types()));
  }
  return EncodeType(bound.return_type, *out.mutable_return_type());
}

Status PutNode(const Expression& expression, wire::ExpressionNode& out) {
  out.set_kind(static_cast<uint32_t>(expression.kind()));
  out.set_child_count(static_cast<uint32_t>(expression.children().size()));
  if (expression.position()) out.set_position(*expression.position());
  switch (expression.kind()) {
    case ExpressionKind::kConstant: return EncodeValue(expression.value(), *out.mutable_value());
    case ExpressionKind::kColumn:
    case ExpressionKind::kInput:
      out.set_column(expression.column());
      out.set_name(expression.name());
      return EncodeType(expression.type(), *out.mutable_type());
    case ExpressionKind::kCast:
      out.set_is_try(expression.is_try());
      return EncodeType(expression.type(), *out.mutable_type());
    case ExpressionKind::kCall: return PutFunction(expression.function(), *out.mutable_function());
    case ExpressionKind::kComparison:
      out.set_comparison(static_cast<uint32_t>(expression.comparison()));
      return Status::OK();
    default: return Status::OK();
  }
}

Status PutTree(const Expression& expression, size_t depth, wire::Expression& out) {
  if (depth > kMaxExpressionDepth) {
    return Status::InvalidInput(
        StrCat("an expression of more than ", kMaxExpressionDepth, " levels cannot be sent"));
  }
  for (const ExpressionPtr& child : expression.children()) {
    TRIVET_RETURN_IF_ERROR(PutTree(*child, depth + 1, out));
  }
  return PutNode(expression, *out.add_nodes());
}

}  // namespace

Status EncodeExpression(const ExpressionPtr& expression, wire::Expression& out) {
  return expression == nullptr ? Status::OK() : PutTree(*expression, 1, out);
}

Status EncodeSortKey(const SortKey& key, wire::SortKey& out) {
  out.set_descending(key.descending);
  out.set_nulls_first(key.nulls_first);
  return EncodeExpression(key.expression, *out.mutable_expression());
}

Status EncodeAggregate(const LogicalAggregate::Aggregate& aggregate, wire::Aggregate& out) {
  out.set_column_id(aggregate.column.id);
  TRIVET_RETURN_IF_ERROR(
      EncodeColumn(aggregate.column.name, aggregate.column.type, false, *out.mutable_column()));
  TRIVET_RETURN_IF_ERROR(PutFunction(aggregate.function, *out.mutable_function()));
  for (const ExpressionPtr& argument : aggregate.arguments) {
    TRIVET_RETURN_IF_ERROR(EncodeExpression(argument, *out.add_arguments()));
  }
  out.set_distinct(aggregate.distinct);
  if (aggregate.filter) {
    TRIVET_RETURN_IF_ERROR(EncodeExpression(aggregate.filter, *out.mutable_filter()));
  }
  for (const SortKey& key : aggregate.order_by) {
    TRIVET_RETURN_IF_ERROR(EncodeSortKey(key, *out.add_order_by()));
  }
  return Status::OK();
}

}  // namespace trivet
