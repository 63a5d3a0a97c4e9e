#include <algorithm>

#include "fragment/expression_codec.h"
#include "fragment/value_codec.h"
#include "fragment/wire.h"

namespace trivet {

namespace {

using Children = std::vector<ExpressionPtr>;

Result<std::vector<LogicalType>> DecodeTypes(
    const google::protobuf::RepeatedPtrField<wire::Type>& messages) {
  std::vector<LogicalType> types;
  for (const wire::Type& message : messages) {
    TRIVET_ASSIGN_OR_RETURN(LogicalType type, DecodeType(message));
    types.push_back(std::move(type));
  }
  return types;
}

// What a function bound here must agree on with the one that was sent.
template <typename Bound>
Status CheckBound(const Bound& bound, const wire::Function& message) {
  TRIVET_ASSIGN_OR_RETURN(const std::vector<LogicalType> arguments,
                          DecodeTypes(message.argument_types()));
  TRIVET_ASSIGN_OR_RETURN(const LogicalType result, DecodeType(message.return_type()));
  if (bound.argument_types != arguments || !(bound.return_type == result)) {
    return Mismatch(StrCat("function ", message.signature(), " takes or gives other types here"));
  }
  if ((bound.binding != nullptr) != message.is_bound()) {
    return Mismatch(StrCat("function ", message.signature(), " is bound in another way here"));
  }
  return Status::OK();
}

Status BindFailed(const wire::Function& message, const Status& status) {
  if (status.code() == StatusCode::kNotFound) return Mismatch(status.message());
  return Damaged(StrCat("function ", message.signature(), " cannot be bound: ", status.message()));
}

bool AllOf(const Children& children, const LogicalType& type) {
  return std::ranges::all_of(children,
                             [&](const ExpressionPtr& child) { return child->type() == type; });
}

// Whether a node of the kind can have these children, so that its factory's demands are met.
bool ChildrenFit(ExpressionKind kind, const Children& children) {
  const size_t count = children.size();
  switch (kind) {
    case ExpressionKind::kConstant:
    case ExpressionKind::kColumn:
    case ExpressionKind::kInput: return count == 0;
    case ExpressionKind::kCall: return true;
    case ExpressionKind::kCast:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull: return count == 1;
    case ExpressionKind::kNot: return count == 1 && AllOf(children, TypeId::kBoolean);
    case ExpressionKind::kComparison: return count == 2 && AllOf(children, children[0]->type());
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
      return count >= 2 && AllOf(children, TypeId::kBoolean) &&
             std::ranges::none_of(children,
                                  [&](const auto& child) { return child->kind() == kind; });
    case ExpressionKind::kCase:
      if (count < 3 || count % 2 == 0) return false;
      for (size_t i = 0; i + 1 < count; i += 2) {
        if (!(children[i]->type() == TypeId::kBoolean)) return false;
        if (!(children[i + 1]->type() == children.back()->type())) return false;
      }
      return true;
    case ExpressionKind::kCoalesce: return count >= 2 && AllOf(children, children[0]->type());
    case ExpressionKind::kIn: return count >= 1 && AllOf(children, children[0]->type());
  }
  return false;
}

}  // namespace

Result<std::vector<ExpressionPtr>> ExpressionDecoder::BindArguments(
    const wire::Function& message) const {
  Children arguments;
  if (message.is_bound()) {
    TRIVET_ASSIGN_OR_RETURN(arguments, DecodeAll<ExpressionPtr>(message.bind_arguments()));
    for (const ExpressionPtr& argument : arguments) {
      if (argument == nullptr) return Damaged("an argument is missing");
    }
    return arguments;
  }
  TRIVET_ASSIGN_OR_RETURN(const std::vector<LogicalType> types,
                          DecodeTypes(message.argument_types()));
  for (const LogicalType& type : types) arguments.push_back(Expression::Input(0, type));
  return arguments;
}

Result<ExpressionPtr> ExpressionDecoder::MakeCall(const wire::Function& message,
                                                  Children children) const {
  TRIVET_ASSIGN_OR_RETURN(Children arguments, BindArguments(message));
  Result<BoundScalarFunction> bound =
      options_.functions->RebindScalar(message.signature(), std::move(arguments), options_.context);
  if (!bound.ok()) return BindFailed(message, bound.status());
  TRIVET_RETURN_IF_ERROR(CheckBound(*bound, message));
  const bool fits =
      std::ranges::equal(bound->argument_types, children,
                         [](const auto& type, const auto& child) { return type == child->type(); });
  if (!fits) return Damaged(StrCat("arguments of ", message.signature(), " of other types"));
  return Expression::Call(std::move(bound).value(), std::move(children));
}

Result<BoundAggregateFunction> ExpressionDecoder::MakeAggregateFunction(
    const wire::Function& message) const {
  TRIVET_ASSIGN_OR_RETURN(Children arguments, BindArguments(message));
  Result<BoundAggregateFunction> bound =
      options_.functions->RebindAggregate(message.signature(), std::move(arguments));
  if (!bound.ok()) return BindFailed(message, bound.status());
  TRIVET_RETURN_IF_ERROR(CheckBound(*bound, message));
  return bound;
}

Result<ExpressionPtr> ExpressionDecoder::MakeNode(const wire::ExpressionNode& message,
                                                  Children children) const {
  const auto kind = static_cast<ExpressionKind>(message.kind());
  if (message.kind() > static_cast<uint32_t>(ExpressionKind::kIn)) {
    return Mismatch(StrCat("expression kind ", message.kind(), " is not known here"));
  }
  if (!ChildrenFit(kind, children)) return Damaged("an expression's operands do not fit");
  LogicalType type;
  if (message.has_type()) {
    TRIVET_ASSIGN_OR_RETURN(type, DecodeType(message.type()));
  }
  switch (kind) {
    case ExpressionKind::kConstant: {
      TRIVET_ASSIGN_OR_RETURN(Value value, DecodeValue(message.value()));
      return Expression::Constant(std::move(value));
    }
    case ExpressionKind::kColumn: return Expression::Column(message.column(), type, message.name());
    case ExpressionKind::kInput: return Expression::Input(message.column(), type, message.name());
    case ExpressionKind::kCall: return MakeCall(message.function(), std::move(children));
    case ExpressionKind::kCast:
      // The factory would take the position of the child for the cast's own.
      return Expression::WrittenCast(Expression::Input(0, children[0]->type()), type,
                                     message.is_try())
          ->WithChildren(std::move(children));
    case ExpressionKind::kComparison:
      if (message.comparison() > static_cast<uint32_t>(Comparison::kNotDistinctFrom)) {
        return Mismatch(StrCat("comparison ", message.comparison(), " is not known here"));
      }
      return Expression::Compare(static_cast<Comparison>(message.comparison()),
                                 std::move(children[0]), std::move(children[1]));
    case ExpressionKind::kAnd: return Expression::And(std::move(children));
    case ExpressionKind::kOr: return Expression::Or(std::move(children));
    case ExpressionKind::kNot: return Expression::Not(std::move(children[0]));
    case ExpressionKind::kIsNull: return Expression::IsNull(std::move(children[0]));
    case ExpressionKind::kIsNotNull: return Expression::IsNotNull(std::move(children[0]));
    case ExpressionKind::kCase: return Expression::Case(std::move(children));
    case ExpressionKind::kCoalesce: return Expression::Coalesce(std::move(children));
    case ExpressionKind::kIn: return Expression::In(std::move(children));
  }
  return Damaged("an expression of no kind");
}

Result<ExpressionPtr> ExpressionDecoder::Decode(const wire::Expression& message) const {
  struct Made {
    ExpressionPtr expression;
    size_t depth;
  };
  std::vector<Made> stack;
  for (const wire::ExpressionNode& node : message.nodes()) {
    if (node.child_count() > stack.size()) return Damaged("an expression lacks operands");
    size_t depth = 1;
    Children children;
    for (size_t i = stack.size() - node.child_count(); i < stack.size(); ++i) {
      depth = std::max(depth, stack[i].depth + 1);
      children.push_back(std::move(stack[i].expression));
    }
    if (depth > kMaxExpressionDepth) return Damaged("an expression is too deep");
    stack.resize(stack.size() - node.child_count());
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr made, MakeNode(node, std::move(children)));
    if (node.has_position()) made = made->WithPosition(node.position());
    stack.push_back({std::move(made), depth});
  }
  if (stack.empty()) return ExpressionPtr();
  if (stack.size() > 1) return Damaged("an expression has several roots");
  return std::move(stack.front().expression);
}

Result<SortKey> ExpressionDecoder::Decode(const wire::SortKey& message) const {
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, Decode(message.expression()));
  if (expression == nullptr) return Damaged("a sort key has no expression");
  return SortKey{std::move(expression), message.descending(), message.nulls_first()};
}

Result<LogicalAggregate::Aggregate> ExpressionDecoder::Decode(
    const wire::Aggregate& message) const {
  LogicalAggregate::Aggregate aggregate;
  TRIVET_ASSIGN_OR_RETURN(ColumnDefinition column, DecodeColumn(message.column()));
  aggregate.column = {message.column_id(), std::move(column.name), std::move(column.type)};
  TRIVET_ASSIGN_OR_RETURN(aggregate.function, MakeAggregateFunction(message.function()));
  TRIVET_ASSIGN_OR_RETURN(aggregate.arguments, DecodeAll<ExpressionPtr>(message.arguments()));
  for (const ExpressionPtr& argument : aggregate.arguments) {
    if (argument == nullptr) return Damaged("an argument is missing");
  }
  aggregate.distinct = message.distinct();
  TRIVET_ASSIGN_OR_RETURN(aggregate.filter, Decode(message.filter()));
  TRIVET_ASSIGN_OR_RETURN(aggregate.order_by, DecodeAll<SortKey>(message.order_by()));
  return aggregate;
}

}  // namespace trivet
