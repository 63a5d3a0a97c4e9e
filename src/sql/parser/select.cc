// SELECT and its clauses, also with FROM first.
#include "sql/parser/query_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

QueryResult QueryParser::ParseSelect() {
  auto query = Make<SelectQuery>();
  if (cursor_.At("from"_kw)) {
    const size_t position = cursor_.Position();
    TRIVET_RETURN_IF_ERROR(ParseFrom(*query));
    if (cursor_.At("select"_kw)) {
      TRIVET_RETURN_IF_ERROR(ParseSelectHead(*query));
    } else {
      SelectItem item;
      item.position = position;
      item.expression = Make<StarExpression>(position);
      query->items.push_back(std::move(item));
    }
  } else {
    TRIVET_RETURN_IF_ERROR(ParseSelectHead(*query));
    if (cursor_.At("from"_kw)) TRIVET_RETURN_IF_ERROR(ParseFrom(*query));
  }
  TRIVET_RETURN_IF_ERROR(ParseSelectClauses(*query));
  return FinishQuery(std::move(query));
}

// SELECT [ALL | DISTINCT [ON (...)]] items
Status QueryParser::ParseSelectHead(SelectQuery& query) {
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("select"_kw));
  if (cursor_.Accept("distinct"_kw)) {
    query.distinct = DistinctKind::kDistinct;
    if (cursor_.Accept("on"_kw)) {
      query.distinct = DistinctKind::kDistinctOn;
      const size_t opening = cursor_.Position();
      TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
      TRIVET_ASSIGN_OR_RETURN(query.distinct_on, ParseExpressionList());
      TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
    }
  } else {
    cursor_.Accept("all"_kw);
  }
  do {
    TRIVET_ASSIGN_OR_RETURN(SelectItem item, ParseSelectItem());
    query.items.push_back(std::move(item));
  } while (AcceptComma());
  return Status::OK();
}

// alias: expression, expression AS alias, expression alias
Result<SelectItem> QueryParser::ParseSelectItem() {
  SelectItem item;
  item.position = cursor_.Position();
  if (cursor_.AtColumnName() && cursor_.At(Symbol::kColon, 1)) {
    item.alias = cursor_.TakeIdentifier();
    cursor_.Advance();
    TRIVET_ASSIGN_OR_RETURN(item.expression, ParseExpression());
    return item;
  }
  TRIVET_ASSIGN_OR_RETURN(item.expression, ParseExpression());
  if (cursor_.Accept("as"_kw)) {
    if (cursor_.AtString()) {
      item.alias.position = cursor_.Position();
      TRIVET_ASSIGN_OR_RETURN(item.alias.text, ParseString());
    } else {
      TRIVET_ASSIGN_OR_RETURN(item.alias, cursor_.ExpectLabel());
    }
  } else if (cursor_.AtBareLabel()) {
    item.alias = cursor_.TakeIdentifier();
  }
  return item;
}

Status QueryParser::ParseFrom(SelectQuery& query) {
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("from"_kw));
  do {
    TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table, ParseTable());
    query.from.push_back(std::move(table));
  } while (cursor_.Accept(Symbol::kComma) &&
           (cursor_.CanStartExpression() || cursor_.At("lateral"_kw)));
  return Status::OK();
}

Status QueryParser::ParseSelectClauses(SelectQuery& query) {
  if (cursor_.Accept("where"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(query.where, ParseExpression());
  }
  if (cursor_.At("group"_kw)) TRIVET_RETURN_IF_ERROR(ParseGroupBy(query));
  if (cursor_.Accept("having"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(query.having, ParseExpression());
  }
  if (cursor_.At("window"_kw)) TRIVET_RETURN_IF_ERROR(ParseWindowClause(query));
  if (cursor_.Accept("qualify"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(query.qualify, ParseExpression());
  }
  if (cursor_.Accept("using"_kw, "sample"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(query.sample, ParseSample());
  }
  return Status::OK();
}

Status QueryParser::ParseGroupBy(SelectQuery& query) {
  cursor_.Advance();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("by"_kw));
  // `*` says the same as ALL.
  if (cursor_.Accept("all"_kw) || cursor_.Accept(Symbol::kStar)) {
    query.group_by_all = true;
    return Status::OK();
  }
  do {
    TRIVET_RETURN_IF_ERROR(ParseGroupingElement(query.group_by, false));
  } while (AcceptComma());
  return Status::OK();
}

// Outside GROUPING SETS, ROLLUP and CUBE, (a, b) is two elements.
Status QueryParser::ParseGroupingElement(std::vector<GroupingElement>& elements, bool in_sets) {
  GroupingElement element;
  element.position = cursor_.Position();
  const bool opens = cursor_.At(Symbol::kLeftParenthesis, 1);
  if (opens && (cursor_.At("rollup"_kw) || cursor_.At("cube"_kw))) {
    element.kind = cursor_.At("rollup"_kw) ? GroupingKind::kRollup : GroupingKind::kCube;
    cursor_.Advance();
    TRIVET_RETURN_IF_ERROR(ParseGroupingChildren(element));
  } else if (cursor_.Accept("grouping"_kw, "sets"_kw)) {
    element.kind = GroupingKind::kGroupingSets;
    TRIVET_RETURN_IF_ERROR(ParseGroupingChildren(element));
  } else if (cursor_.At(Symbol::kLeftParenthesis) && cursor_.At(Symbol::kRightParenthesis, 1)) {
    element.kind = GroupingKind::kEmpty;
    cursor_.Advance(2);
  } else {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
    const auto* row = expression->TryAs<FunctionExpression>();
    if (row != nullptr && row->name == "row" && row->qualifier.empty()) {
      element.kind = GroupingKind::kSet;
      auto& arguments = expression->As<FunctionExpression>().arguments;
      for (Argument& argument : arguments) element.expressions.push_back(std::move(argument.value));
    } else {
      element.expressions.push_back(std::move(expression));
    }
  }
  if (element.kind != GroupingKind::kSet || in_sets) {
    elements.push_back(std::move(element));
    return Status::OK();
  }
  for (ExpressionPtr& expression : element.expressions) {
    GroupingElement part;
    part.position = expression->position;
    part.expressions.push_back(std::move(expression));
    elements.push_back(std::move(part));
  }
  return Status::OK();
}

Status QueryParser::ParseGroupingChildren(GroupingElement& element) {
  TRIVET_ENTER_NESTING();
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  do {
    TRIVET_RETURN_IF_ERROR(ParseGroupingElement(element.children, true));
  } while (AcceptComma());
  return cursor_.ExpectClosing(Symbol::kRightParenthesis, opening);
}

Status QueryParser::ParseWindowClause(SelectQuery& query) {
  cursor_.Advance();
  do {
    NamedWindow window;
    TRIVET_ASSIGN_OR_RETURN(window.name, cursor_.ExpectColumnName());
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
    TRIVET_ASSIGN_OR_RETURN(window.window, ParseWindowSpecification());
    query.windows.push_back(std::move(window));
  } while (AcceptComma());
  return Status::OK();
}

}  // namespace trivet
