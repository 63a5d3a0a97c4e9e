// Queries: WITH, set operations, VALUES.
#include "sql/parser/query_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

bool QueryParser::AtQuery(size_t ahead) const {
  switch (cursor_.Peek(ahead).keyword) {
    case "select"_kw:
    case "from"_kw:
    case "with"_kw:
    case "table"_kw:
    case "describe"_kw:
    case "desc"_kw:
    case "summarize"_kw:
    case "show"_kw:
    case "pivot"_kw:
    case "pivot_wider"_kw:
    case "pivot_longer"_kw:
    case "unpivot"_kw: return true;
    case "values"_kw: return cursor_.At(Symbol::kLeftParenthesis, ahead + 1);
    default: return false;
  }
}

bool QueryParser::AtQueryRest() const {
  switch (cursor_.Peek().keyword) {
    case "union"_kw:
    case "intersect"_kw:
    case "except"_kw:
    case "order"_kw:
    case "limit"_kw:
    case "offset"_kw:
    case "fetch"_kw: return true;
    default: return false;
  }
}

QueryResult QueryParser::FinishQuery(QueryPtr query) const {
  TRIVET_RETURN_IF_ERROR(VisitQuery(*query, [this](auto& node) { return Measure(node); }));
  return query;
}

QueryResult QueryParser::ParseQuery() {
  TRIVET_ENTER_NESTING();
  CommonTableExpressions with;
  bool recursive = false;
  if (cursor_.At("with"_kw)) TRIVET_RETURN_IF_ERROR(ParseWith(with, recursive));
  TRIVET_ASSIGN_OR_RETURN(QueryPtr query, ParseSetOperand());
  TRIVET_ASSIGN_OR_RETURN(query, ParseQueryRest(std::move(query)));
  return with.empty() ? std::move(query) : AddWith(std::move(query), std::move(with), recursive);
}

QueryResult QueryParser::ParseQueryRest(QueryPtr first) {
  TRIVET_ASSIGN_OR_RETURN(QueryPtr query, ParseUnions(std::move(first)));
  return ParseModifiers(std::move(query));
}

// INTERSECT binds more tightly than UNION and EXCEPT; all associate to the left.
QueryResult QueryParser::ParseUnions(QueryPtr left) {
  TRIVET_ASSIGN_OR_RETURN(left, ParseIntersections(std::move(left)));
  while (cursor_.At("union"_kw) || cursor_.At("except"_kw)) {
    const size_t position = cursor_.Position();
    const SetOperator operation =
        cursor_.At("union"_kw) ? SetOperator::kUnion : SetOperator::kExcept;
    cursor_.Advance();
    TRIVET_ASSIGN_OR_RETURN(const SetQuantifier quantifier, ParseSetQuantifier());
    TRIVET_ASSIGN_OR_RETURN(QueryPtr right, ParseSetOperand());
    TRIVET_ASSIGN_OR_RETURN(right, ParseIntersections(std::move(right)));
    TRIVET_ASSIGN_OR_RETURN(
        left, Combine(std::move(left), std::move(right), operation, quantifier, position));
  }
  return left;
}

QueryResult QueryParser::ParseIntersections(QueryPtr left) {
  while (cursor_.At("intersect"_kw)) {
    const size_t position = cursor_.Position();
    cursor_.Advance();
    TRIVET_ASSIGN_OR_RETURN(const SetQuantifier quantifier, ParseSetQuantifier());
    TRIVET_ASSIGN_OR_RETURN(QueryPtr right, ParseSetOperand());
    TRIVET_ASSIGN_OR_RETURN(left, Combine(std::move(left), std::move(right),
                                          SetOperator::kIntersect, quantifier, position));
  }
  return left;
}

Result<QueryParser::SetQuantifier> QueryParser::ParseSetQuantifier() {
  SetQuantifier quantifier;
  quantifier.all = cursor_.Accept("all"_kw);
  if (!quantifier.all) cursor_.Accept("distinct"_kw);
  if (cursor_.Accept("by"_kw)) {
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("name"_kw));
    quantifier.by_name = true;
  }
  return quantifier;
}

QueryResult QueryParser::Combine(QueryPtr left, QueryPtr right, SetOperator operation,
                                 SetQuantifier quantifier, size_t position) {
  const bool is_bare = left->with.empty() && left->order_by.empty() && left->limit == nullptr &&
                       left->offset == nullptr;
  if (is_bare && left->kind == QueryKind::kSetOperation) {
    auto& chain = left->As<SetOperationQuery>();
    if (chain.operation == operation && chain.all == quantifier.all &&
        chain.by_name == quantifier.by_name) {
      chain.depth = std::max(chain.depth, right->depth + 1);
      chain.operands.push_back(std::move(right));
      if (chain.depth > max_depth_) return TooDeep(position);
      return left;
    }
  }
  auto node = Make<SetOperationQuery>(position);
  node->operation = operation;
  node->all = quantifier.all;
  node->by_name = quantifier.by_name;
  node->operands.push_back(std::move(left));
  node->operands.push_back(std::move(right));
  return FinishQuery(std::move(node));
}

QueryResult QueryParser::ParseSetOperand() {
  switch (cursor_.Peek().keyword) {
    case "select"_kw:
    case "from"_kw: return ParseSelect();
    case "values"_kw: return ParseValues();
    case "table"_kw: return ParseTableQuery();
    case "describe"_kw:
    case "desc"_kw:
    case "summarize"_kw:
    case "show"_kw: return ParseShow();
    case "pivot"_kw:
    case "pivot_wider"_kw: return Status::NotImplemented("PIVOT").WithPosition(cursor_.Position());
    case "unpivot"_kw:
    case "pivot_longer"_kw:
      return Status::NotImplemented("UNPIVOT").WithPosition(cursor_.Position());
    default:
      if (cursor_.At(Symbol::kLeftParenthesis)) return ParseParenthesizedQuery();
      return cursor_.SyntaxError();
  }
}

QueryResult QueryParser::ParseParenthesizedQuery() {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(QueryPtr query, ParseQuery());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return query;
}

Status QueryParser::ParseWith(CommonTableExpressions& with, bool& recursive) {
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("with"_kw));
  recursive = cursor_.Accept("recursive"_kw);
  do {
    TRIVET_ASSIGN_OR_RETURN(CommonTableExpression expression, ParseCommonTableExpression());
    with.push_back(std::move(expression));
    if (!cursor_.Accept(Symbol::kComma)) break;
  } while (cursor_.AtColumnName());
  return Status::OK();
}

Result<CommonTableExpression> QueryParser::ParseCommonTableExpression() {
  CommonTableExpression expression;
  TRIVET_ASSIGN_OR_RETURN(expression.name, cursor_.ExpectColumnName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(expression.columns, ParseParenthesizedNames());
  }
  if (cursor_.Accept("using"_kw)) {
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("key"_kw));
    TRIVET_ASSIGN_OR_RETURN(expression.using_key, ParseParenthesizedNames());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
  if (cursor_.Accept("not"_kw, "materialized"_kw)) {
    expression.materialization = Materialization::kNotMaterialized;
  } else if (cursor_.Accept("materialized"_kw)) {
    expression.materialization = Materialization::kMaterialized;
  }
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  for (const Keyword keyword : {"insert"_kw, "update"_kw, "delete"_kw, "merge"_kw}) {
    if (cursor_.At(keyword)) {
      return Status::NotImplemented("a statement that changes data inside WITH")
          .WithPosition(cursor_.Position());
    }
  }
  TRIVET_ASSIGN_OR_RETURN(expression.query, ParseQuery());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return expression;
}

QueryResult QueryParser::AddWith(QueryPtr query, CommonTableExpressions with, bool recursive) {
  // Two lists become one where no inner name hides an outer one, which the outer list may mean.
  bool hides = !query->with.empty() && query->recursive != recursive;
  for (const CommonTableExpression& inner : query->with) {
    for (const CommonTableExpression& outer : with) hides = hides || inner.name == outer.name;
  }
  if (hides) {
    TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table,
                            MakeSubqueryTable(std::move(query), with.front().name.position));
    TRIVET_ASSIGN_OR_RETURN(query, SelectAllFrom(std::move(table)));
  }
  for (CommonTableExpression& inner : query->with) with.push_back(std::move(inner));
  query->with = std::move(with);
  query->recursive = recursive;
  return FinishQuery(std::move(query));
}

// VALUES (a, b), (c, d)
QueryResult QueryParser::ParseValues() {
  auto query = Make<ValuesQuery>();
  cursor_.Advance();
  do {
    const size_t opening = cursor_.Position();
    TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
    TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> row, ParseExpressionList());
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
    query->rows.push_back(std::move(row));
  } while (cursor_.Accept(Symbol::kComma) && cursor_.At(Symbol::kLeftParenthesis));
  return FinishQuery(std::move(query));
}

QueryResult QueryParser::SelectAllFrom(TableReferencePtr table) {
  auto query = Make<SelectQuery>(table->position);
  SelectItem item;
  item.position = table->position;
  item.expression = Make<StarExpression>(table->position);
  query->items.push_back(std::move(item));
  query->from.push_back(std::move(table));
  return FinishQuery(std::move(query));
}

// TABLE name
QueryResult QueryParser::ParseTableQuery() {
  cursor_.Advance();
  auto table = Make<NamedTable>();
  TRIVET_ASSIGN_OR_RETURN(table->name, ParseQualifiedName());
  return SelectAllFrom(std::move(table));
}

}  // namespace trivet
