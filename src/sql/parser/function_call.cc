// Calls and what may stand behind their arguments; ORDER BY lists.
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

ExpressionResult ExpressionParser::ParseCall(QualifiedName name) {
  auto call = Make<FunctionExpression>(name.front().position);
  call->name = LowerCase(name.back().text);
  name.pop_back();
  call->qualifier = std::move(name);
  TRIVET_RETURN_IF_ERROR(ParseArguments(*call));
  return ParseCallSuffix(std::move(call));
}

Status ExpressionParser::ParseArguments(FunctionExpression& call) {
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  call.distinct = cursor_.Accept("distinct"_kw);
  if (!call.distinct) cursor_.Accept("all"_kw);
  if (!cursor_.At(Symbol::kRightParenthesis) && !cursor_.At("order"_kw)) {
    do {
      TRIVET_ASSIGN_OR_RETURN(Argument argument, ParseArgument());
      call.arguments.push_back(std::move(argument));
    } while (AcceptComma());
  }
  if (cursor_.At("order"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(call.order_by, ParseOrderBy());
  }
  TRIVET_RETURN_IF_ERROR(ParseNullTreatment(call));
  return cursor_.ExpectClosing(Symbol::kRightParenthesis, opening);
}

Result<Argument> ExpressionParser::ParseArgument() {
  Argument argument;
  const bool is_named = (cursor_.AtColumnName() || cursor_.AtFunctionName()) &&
                        (cursor_.At(Symbol::kColonEqual, 1) || cursor_.At(Symbol::kFatArrow, 1));
  if (is_named) {
    argument.name = cursor_.TakeIdentifier();
    cursor_.Advance();
  }
  TRIVET_ASSIGN_OR_RETURN(argument.value, ParseExpression());
  return argument;
}

Status ExpressionParser::ParseNullTreatment(FunctionExpression& call) {
  const bool is_ignore = cursor_.At("ignore"_kw);
  if (!is_ignore && !cursor_.At("respect"_kw)) return Status::OK();
  if (!cursor_.At("nulls"_kw, 1)) return Status::OK();
  cursor_.Advance(2);
  call.nulls = is_ignore ? NullTreatment::kIgnore : NullTreatment::kRespect;
  return Status::OK();
}

// WITHIN GROUP (ORDER BY ...), FILTER (WHERE ...), IGNORE NULLS and OVER, in this order.
ExpressionResult ExpressionParser::ParseCallSuffix(std::unique_ptr<FunctionExpression> call) {
  if (cursor_.Accept("within"_kw, "group"_kw)) {
    const size_t opening = cursor_.Position();
    TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
    if (!cursor_.At("order"_kw)) return cursor_.SyntaxError();
    TRIVET_ASSIGN_OR_RETURN(call->within_group, ParseOrderBy());
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  }
  if (cursor_.At("filter"_kw) && cursor_.At(Symbol::kLeftParenthesis, 1)) {
    cursor_.Advance();
    const size_t opening = cursor_.Position();
    cursor_.Advance();
    cursor_.Accept("where"_kw);
    TRIVET_ASSIGN_OR_RETURN(call->filter, ParseExpression());
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  }
  TRIVET_RETURN_IF_ERROR(ParseNullTreatment(*call));
  TRIVET_RETURN_IF_ERROR(DesugarCall(*call));
  if (!cursor_.At("over"_kw)) return Finish(std::move(call));

  TRIVET_RETURN_IF_ERROR(Measure(*call));
  auto node = Make<WindowExpression>(call->position);
  node->function = std::move(call);
  cursor_.Advance();
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(node->window, ParseWindowSpecification());
  } else {
    node->window.position = cursor_.Position();
    TRIVET_ASSIGN_OR_RETURN(node->window.base, cursor_.ExpectColumnName());
    node->window.is_reference = true;
  }
  return Finish(std::move(node));
}

// Spellings with one meaning become one.
Status ExpressionParser::DesugarCall(FunctionExpression& call) const {
  if (!call.qualifier.empty()) return Status::OK();
  if (call.name == "count" && !call.distinct && call.order_by.empty()) {
    const bool is_star =
        call.arguments.size() == 1 && call.arguments[0].value->kind == ExpressionKind::kStar;
    bool counts_rows = call.arguments.empty();
    if (is_star) {
      const auto& star = call.arguments[0].value->As<StarExpression>();
      counts_rows = star.relation.empty() && star.exclude.empty() && star.replace.empty();
    }
    if (counts_rows) {
      call.name = "count_star";
      call.arguments.clear();
    }
  } else if (call.name == "ifnull" && call.arguments.size() == 2) {
    call.name = "coalesce";
  } else if (call.name == "grouping_id") {
    call.name = "grouping";
  } else if (!call.within_group.empty() &&
             (call.name == "percentile_cont" || call.name == "percentile_disc")) {
    call.name = call.name == "percentile_cont" ? "quantile_cont" : "quantile_disc";
    call.order_by = std::move(call.within_group);
    call.within_group.clear();
  }
  if (call.name == "coalesce" && call.arguments.empty()) {
    return Status::InvalidInput("coalesce needs at least one argument").WithPosition(call.position);
  }
  return Status::OK();
}

Result<std::vector<OrderItem>> ExpressionParser::ParseOrderBy() {
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("order"_kw));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("by"_kw));
  std::vector<OrderItem> items;
  do {
    TRIVET_ASSIGN_OR_RETURN(OrderItem item, ParseOrderItem());
    const bool all = item.all;
    items.push_back(std::move(item));
    if (all) break;
  } while (AcceptComma());
  return items;
}

Result<OrderItem> ExpressionParser::ParseOrderItem() {
  OrderItem item;
  item.position = cursor_.Position();
  // `*` alone says the same as ALL.
  if (cursor_.Accept("all"_kw)) {
    item.all = true;
  } else {
    TRIVET_ASSIGN_OR_RETURN(item.expression, ParseExpression());
  }
  if (cursor_.Accept("asc"_kw)) {
    item.direction = SortDirection::kAscending;
  } else if (cursor_.Accept("desc"_kw)) {
    item.direction = SortDirection::kDescending;
  }
  if (cursor_.Accept("nulls"_kw)) {
    const bool is_first = cursor_.Accept("first"_kw);
    if (!is_first) TRIVET_RETURN_IF_ERROR(cursor_.Expect("last"_kw));
    item.nulls = is_first ? NullOrder::kFirst : NullOrder::kLast;
  }
  if (item.expression != nullptr && item.expression->kind == ExpressionKind::kStar) {
    const auto& star = item.expression->As<StarExpression>();
    if (star.relation.empty() && star.exclude.empty() && star.replace.empty() &&
        star.rename.empty()) {
      item.all = true;
      item.expression.reset();
    }
  }
  return item;
}

}  // namespace trivet
