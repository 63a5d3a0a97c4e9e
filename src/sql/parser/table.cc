// Tables, joins, subqueries and table functions in FROM.
#include "sql/parser/query_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

QueryParser::TableResult QueryParser::FinishTable(TableReferencePtr table) const {
  TRIVET_RETURN_IF_ERROR(VisitTable(*table, [this](auto& node) { return Measure(node); }));
  return table;
}

QueryParser::TableResult QueryParser::ParseTable() {
  TRIVET_ENTER_NESTING();
  TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table, ParseTablePrimary());
  return ParseJoins(std::move(table));
}

bool QueryParser::AtJoin() const {
  switch (cursor_.Peek().keyword) {
    case "join"_kw:
    case "inner"_kw:
    case "left"_kw:
    case "right"_kw:
    case "full"_kw:
    case "cross"_kw:
    case "natural"_kw:
    case "semi"_kw:
    case "anti"_kw:
    case "asof"_kw:
    case "positional"_kw: return true;
    default: return false;
  }
}

QueryParser::TableResult QueryParser::ParseJoins(TableReferencePtr left) {
  while (AtJoin()) {
    auto join = Make<JoinTable>();
    join->left = std::move(left);
    TRIVET_RETURN_IF_ERROR(ParseJoinOperator(*join));
    TRIVET_RETURN_IF_ERROR(ParseJoinRight(*join));
    TRIVET_ASSIGN_OR_RETURN(left, FinishTable(std::move(join)));
  }
  return left;
}

// [NATURAL | ASOF] [INNER | { LEFT | RIGHT | FULL } [OUTER] | SEMI | ANTI | CROSS | POSITIONAL]
// JOIN
Status QueryParser::ParseJoinOperator(JoinTable& join) {
  join.natural = cursor_.Accept("natural"_kw);
  if (!join.natural) join.asof = cursor_.Accept("asof"_kw);
  switch (cursor_.Peek().keyword) {
    case "left"_kw: join.join = JoinKind::kLeft; break;
    case "right"_kw: join.join = JoinKind::kRight; break;
    case "full"_kw: join.join = JoinKind::kFull; break;
    case "semi"_kw: join.join = JoinKind::kSemi; break;
    case "anti"_kw: join.join = JoinKind::kAnti; break;
    case "cross"_kw: join.join = JoinKind::kCross; break;
    case "positional"_kw: join.join = JoinKind::kPositional; break;
    default: cursor_.Accept("inner"_kw); return cursor_.Expect("join"_kw);
  }
  const bool takes_no_condition =
      join.join == JoinKind::kCross || join.join == JoinKind::kPositional;
  if (takes_no_condition && (join.natural || join.asof)) return cursor_.SyntaxError();
  cursor_.Advance();
  const bool is_outer =
      join.join == JoinKind::kLeft || join.join == JoinKind::kRight || join.join == JoinKind::kFull;
  if (is_outer) cursor_.Accept("outer"_kw);
  return cursor_.Expect("join"_kw);
}

Status QueryParser::ParseJoinRight(JoinTable& join) {
  TRIVET_ENTER_NESTING();
  TRIVET_ASSIGN_OR_RETURN(join.right, ParseTablePrimary());
  if (join.natural || join.join == JoinKind::kCross || join.join == JoinKind::kPositional) {
    return Status::OK();
  }
  // a JOIN b JOIN c ON x ON y: the first condition belongs to the last join.
  if (AtJoin()) {
    TRIVET_ASSIGN_OR_RETURN(join.right, ParseJoins(std::move(join.right)));
  }
  if (cursor_.Accept("on"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(join.on, ParseExpression());
  } else if (cursor_.Accept("using"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(join.using_columns, ParseParenthesizedNames());
  } else {
    return cursor_.SyntaxError().WithHint("this join needs a condition, ON or USING");
  }
  return Status::OK();
}

QueryParser::TableResult QueryParser::ParseTablePrimary() {
  Identifier prefix_alias;
  if (cursor_.AtColumnName() && cursor_.At(Symbol::kColon, 1)) {
    prefix_alias = cursor_.TakeIdentifier();
    cursor_.Advance();
  }
  TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table, ParseTableBody());
  TRIVET_ASSIGN_OR_RETURN(table, ParseTableSuffix(std::move(table)));
  if (!prefix_alias.empty()) {
    if (!table->alias.empty()) {
      return Status::InvalidInput("the table has an alias in front and another one behind")
          .WithPosition(table->alias.position);
    }
    table->alias = std::move(prefix_alias);
  }
  return table;
}

QueryParser::TableResult QueryParser::ParseTableBody() {
  const size_t position = cursor_.Position();
  if (cursor_.AtString()) {
    auto table = Make<NamedTable>();
    table->is_string = true;
    Identifier name{{}, position};
    TRIVET_ASSIGN_OR_RETURN(name.text, ParseString());
    table->name.push_back(std::move(name));
    return FinishTable(std::move(table));
  }
  if (cursor_.At("values"_kw) && cursor_.At(Symbol::kLeftParenthesis, 1)) {
    TRIVET_ASSIGN_OR_RETURN(QueryPtr values, ParseValues());
    return MakeSubqueryTable(std::move(values), position);
  }
  const bool lateral = cursor_.Accept("lateral"_kw);
  if (!cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table, ParseNamedTable());
    if (!lateral) return table;
    if (table->kind != TableKind::kFunction) return cursor_.SyntaxError();
    table->As<FunctionTable>().lateral = true;
    return table;
  }
  TRIVET_ASSIGN_OR_RETURN(ParenthesizedTable inside, ParseTableParentheses());
  if (inside.query != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table,
                            MakeSubqueryTable(std::move(inside.query), position));
    table->As<SubqueryTable>().lateral = lateral;
    return table;
  }
  if (lateral) return cursor_.SyntaxError();
  return std::move(inside.table);
}

QueryParser::TableResult QueryParser::MakeSubqueryTable(QueryPtr query, size_t position) {
  auto table = Make<SubqueryTable>(position);
  table->query = std::move(query);
  return FinishTable(std::move(table));
}

// name or name(arguments)
QueryParser::TableResult QueryParser::ParseNamedTable() {
  const bool may_be_table = cursor_.AtColumnName();
  const bool may_be_function = cursor_.AtFunctionName();
  if (!may_be_table && !may_be_function) return cursor_.SyntaxError();
  auto table = Make<NamedTable>();
  table->name.push_back(cursor_.TakeIdentifier());
  while (cursor_.Accept(Symbol::kDot)) {
    TRIVET_ASSIGN_OR_RETURN(Identifier part, cursor_.ExpectLabel());
    table->name.push_back(std::move(part));
  }
  if (cursor_.At(Symbol::kLeftParenthesis) && (may_be_function || table->name.size() > 1)) {
    return ParseTableFunction(std::move(table->name));
  }
  if (!may_be_table) return cursor_.SyntaxError();
  return FinishTable(std::move(table));
}

QueryParser::TableResult QueryParser::ParseTableFunction(QualifiedName name) {
  auto table = Make<FunctionTable>(name.front().position);
  table->function = Make<FunctionExpression>(table->position);
  FunctionExpression& call = *table->function;
  call.name = LowerCase(name.back().text);
  name.pop_back();
  call.qualifier = std::move(name);
  TRIVET_RETURN_IF_ERROR(ParseArguments(call));
  // In FROM, name = value names an argument.
  for (Argument& argument : call.arguments) {
    if (!argument.name.empty() || argument.value->kind != ExpressionKind::kComparison) continue;
    auto& comparison = argument.value->As<ComparisonExpression>();
    const auto* column = comparison.left->TryAs<ColumnExpression>();
    if (comparison.comparison != ComparisonOperator::kEqual || column == nullptr ||
        column->names.size() != 1) {
      continue;
    }
    argument.name = column->names.front();
    argument.value = std::exchange(comparison.right, nullptr);
  }
  TRIVET_RETURN_IF_ERROR(Measure(call));
  table->with_ordinality = cursor_.Accept("with"_kw, "ordinality"_kw);
  return FinishTable(std::move(table));
}

// As with expressions, behind '((' only what follows the inner ')' tells a query from a table.
Result<QueryParser::ParenthesizedTable> QueryParser::ParseTableParentheses() {
  TRIVET_ENTER_NESTING();
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  ParenthesizedTable inside;
  if (AtQuery() && !cursor_.At("values"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(inside, ParseQueryOrShow());
  } else if (AtQuery()) {
    // (VALUES (1) UNION ...) is a query, (VALUES (1) AS t JOIN ...) a table.
    const size_t position = cursor_.Position();
    TRIVET_ASSIGN_OR_RETURN(QueryPtr values, ParseValues());
    if (cursor_.At(Symbol::kRightParenthesis) || AtQueryRest()) {
      TRIVET_ASSIGN_OR_RETURN(inside.query, ParseQueryRest(std::move(values)));
    } else {
      TRIVET_ASSIGN_OR_RETURN(inside.table, MakeSubqueryTable(std::move(values), position));
      TRIVET_ASSIGN_OR_RETURN(inside.table, ParseTableSuffix(std::move(inside.table)));
      TRIVET_ASSIGN_OR_RETURN(inside.table, ParseJoins(std::move(inside.table)));
    }
  } else if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(inside, ParseNestedTableParentheses());
  } else {
    TRIVET_ASSIGN_OR_RETURN(inside.table, ParseTable());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return inside;
}

// (DESCRIBE t) and its like are tables themselves.
Result<QueryParser::ParenthesizedTable> QueryParser::ParseQueryOrShow() {
  const bool is_show = cursor_.At("describe"_kw) || cursor_.At("desc"_kw) ||
                       cursor_.At("summarize"_kw) || cursor_.At("show"_kw);
  ParenthesizedTable inside;
  TRIVET_ASSIGN_OR_RETURN(inside.query, ParseQuery());
  const Query& query = *inside.query;
  const bool is_bare = query.kind == QueryKind::kSelect && query.order_by.empty() &&
                       query.limit == nullptr && query.offset == nullptr;
  if (is_show && is_bare) {
    inside.table = std::move(inside.query->As<SelectQuery>().from.front());
    inside.query.reset();
  }
  return inside;
}

Result<QueryParser::ParenthesizedTable> QueryParser::ParseNestedTableParentheses() {
  const size_t position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(ParenthesizedTable nested, ParseTableParentheses());
  if (nested.query != nullptr) {
    if (cursor_.At(Symbol::kRightParenthesis)) return nested;
    if (AtQueryRest()) {
      TRIVET_ASSIGN_OR_RETURN(nested.query, ParseQueryRest(std::move(nested.query)));
      return nested;
    }
    TRIVET_ASSIGN_OR_RETURN(nested.table, MakeSubqueryTable(std::move(nested.query), position));
  }
  TRIVET_ASSIGN_OR_RETURN(nested.table, ParseTableSuffix(std::move(nested.table)));
  TRIVET_ASSIGN_OR_RETURN(nested.table, ParseJoins(std::move(nested.table)));
  return nested;
}

// [[AS] alias [(columns)]] [TABLESAMPLE ...]. On a table that cannot take them, because it is a
// join or has an alias inside its parentheses, they go on `SELECT * FROM` it.
QueryParser::TableResult QueryParser::ParseTableSuffix(TableReferencePtr table) {
  if (cursor_.At("at"_kw) && cursor_.At(Symbol::kLeftParenthesis, 1)) {
    return Status::NotImplemented("reading a table AT a version").WithPosition(cursor_.Position());
  }
  const bool has_alias = cursor_.At("as"_kw) || cursor_.AtColumnName();
  const bool has_sample = cursor_.At("tablesample"_kw);
  const bool is_taken = table->kind == TableKind::kJoin || (has_alias && !table->alias.empty()) ||
                        table->sample.has_value();
  if ((has_alias || has_sample) && is_taken) {
    const size_t position = table->position;
    TRIVET_ASSIGN_OR_RETURN(QueryPtr query, SelectAllFrom(std::move(table)));
    TRIVET_ASSIGN_OR_RETURN(table, MakeSubqueryTable(std::move(query), position));
  }
  if (has_alias) {
    cursor_.Accept("as"_kw);
    TRIVET_ASSIGN_OR_RETURN(table->alias, cursor_.ExpectColumnName());
    if (cursor_.At(Symbol::kLeftParenthesis)) {
      TRIVET_ASSIGN_OR_RETURN(table->column_aliases, ParseParenthesizedNames());
    }
  }
  if (cursor_.Accept("tablesample"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(table->sample, ParseSample());
  }
  if (cursor_.At("pivot"_kw) || cursor_.At("pivot_wider"_kw)) {
    return Status::NotImplemented("PIVOT").WithPosition(cursor_.Position());
  }
  if (cursor_.At("unpivot"_kw) || cursor_.At("pivot_longer"_kw)) {
    return Status::NotImplemented("UNPIVOT").WithPosition(cursor_.Position());
  }
  return FinishTable(std::move(table));
}

}  // namespace trivet
