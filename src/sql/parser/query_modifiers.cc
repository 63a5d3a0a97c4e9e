// ORDER BY, LIMIT, OFFSET, FETCH and sampling.
#include "sql/parser/query_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

namespace {

// Holds clauses until it is known on which query they go.
struct Modifiers : Query {
  Modifiers() : Query(QueryKind::kSelect) {}
};

}  // namespace

QueryResult QueryParser::ParseModifiers(QueryPtr query) {
  const size_t position = cursor_.Position();
  Modifiers modifiers;
  if (cursor_.At("order"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(modifiers.order_by, ParseOrderBy());
  }
  bool has_limit = false;
  bool has_offset = false;
  while (true) {
    if (!has_limit && (cursor_.At("limit"_kw) || cursor_.At("fetch"_kw))) {
      has_limit = true;
      TRIVET_RETURN_IF_ERROR(cursor_.At("limit"_kw) ? ParseLimit(modifiers)
                                                    : ParseFetch(modifiers));
    } else if (!has_offset && cursor_.At("offset"_kw)) {
      has_offset = true;
      TRIVET_RETURN_IF_ERROR(ParseOffset(modifiers));
    } else {
      break;
    }
  }
  if (modifiers.order_by.empty() && !has_limit && !has_offset) return query;
  // (SELECT ... LIMIT 5) ORDER BY x: the clauses inside the parentheses come first.
  const bool is_cut = query->limit != nullptr || query->offset != nullptr;
  if (is_cut || (!query->order_by.empty() && !modifiers.order_by.empty())) {
    TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table, MakeSubqueryTable(std::move(query), position));
    TRIVET_ASSIGN_OR_RETURN(query, SelectAllFrom(std::move(table)));
  }
  if (!modifiers.order_by.empty()) query->order_by = std::move(modifiers.order_by);
  query->limit = std::move(modifiers.limit);
  query->limit_is_percent = modifiers.limit_is_percent;
  query->offset = std::move(modifiers.offset);
  return FinishQuery(std::move(query));
}

// LIMIT n, LIMIT n PERCENT, LIMIT n%, LIMIT ALL
Status QueryParser::ParseLimit(Query& modifiers) {
  cursor_.Advance();
  if (cursor_.Accept("all"_kw)) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(modifiers.limit, ParseExpression());
  modifiers.limit_is_percent = cursor_.Accept(Symbol::kPercent) || cursor_.Accept("percent"_kw);
  if (cursor_.At(Symbol::kComma)) {
    return cursor_.SyntaxError().WithHint("write LIMIT count OFFSET start");
  }
  return Status::OK();
}

Status QueryParser::ParseOffset(Query& modifiers) {
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(modifiers.offset, ParseExpression());
  if (!cursor_.Accept("row"_kw)) cursor_.Accept("rows"_kw);
  return Status::OK();
}

// FETCH { FIRST | NEXT } [n] { ROW | ROWS } ONLY
Status QueryParser::ParseFetch(Query& modifiers) {
  cursor_.Advance();
  if (!cursor_.Accept("first"_kw)) TRIVET_RETURN_IF_ERROR(cursor_.Expect("next"_kw));
  if (cursor_.At("row"_kw) || cursor_.At("rows"_kw)) {
    auto one = Make<LiteralExpression>();
    one->literal = LiteralKind::kInteger;
    one->value = "1";
    one->text = "1";
    modifiers.limit = std::move(one);
  } else {
    TRIVET_ASSIGN_OR_RETURN(modifiers.limit, ParseExpression());
  }
  if (!cursor_.Accept("row"_kw)) TRIVET_RETURN_IF_ERROR(cursor_.Expect("rows"_kw));
  if (cursor_.At("with"_kw) && cursor_.At("ties"_kw, 1)) {
    return Status::NotImplemented("FETCH ... WITH TIES").WithPosition(cursor_.Position());
  }
  return cursor_.Expect("only"_kw);
}

// size, (size), size (method, seed) or method(size), then REPEATABLE (seed).
Result<SampleClause> QueryParser::ParseSample() {
  SampleClause sample;
  sample.position = cursor_.Position();
  if (cursor_.AtColumnName()) {
    TRIVET_ASSIGN_OR_RETURN(sample.method, cursor_.ExpectColumnName());
    if (!cursor_.At(Symbol::kLeftParenthesis)) return cursor_.SyntaxError();
  }
  const size_t opening = cursor_.Position();
  const bool parenthesized = cursor_.Accept(Symbol::kLeftParenthesis);
  TRIVET_RETURN_IF_ERROR(ParseSampleSize(sample));
  if (parenthesized) {
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  } else if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_RETURN_IF_ERROR(ParseSampleMethod(sample));
  }
  if (sample.seed == nullptr && cursor_.Accept("repeatable"_kw)) {
    const size_t seed_opening = cursor_.Position();
    TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
    TRIVET_ASSIGN_OR_RETURN(sample.seed, ParseExpression());
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, seed_opening));
  }
  return sample;
}

Status QueryParser::ParseSampleSize(SampleClause& sample) {
  switch (cursor_.Peek().kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kDouble: {
      TRIVET_ASSIGN_OR_RETURN(sample.size, ParseLiteral());
      break;
    }
    case TokenKind::kParameter: {
      TRIVET_ASSIGN_OR_RETURN(sample.size, ParseParameter());
      break;
    }
    default: return cursor_.SyntaxError();
  }
  sample.is_percent = cursor_.Accept(Symbol::kPercent) || cursor_.Accept("percent"_kw);
  if (!sample.is_percent) cursor_.Accept("rows"_kw);
  return Status::OK();
}

Status QueryParser::ParseSampleMethod(SampleClause& sample) {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(sample.method, cursor_.ExpectColumnName());
  if (cursor_.Accept(Symbol::kComma)) {
    TRIVET_ASSIGN_OR_RETURN(sample.seed, ParseExpression());
  }
  return cursor_.ExpectClosing(Symbol::kRightParenthesis, opening);
}

}  // namespace trivet
