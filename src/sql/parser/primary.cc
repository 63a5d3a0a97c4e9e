// Operands: names, parentheses, subqueries, CASE.
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

ExpressionResult ExpressionParser::ParsePrimary() {
  const Token& token = cursor_.Peek();
  switch (token.kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kDouble:
    case TokenKind::kString:
    case TokenKind::kEscapeString:
    case TokenKind::kUnicodeString:
    case TokenKind::kDollarString:
    case TokenKind::kBlob:
    case TokenKind::kBitString: return ParseLiteral();
    case TokenKind::kParameter: return ParseParameter();
    case TokenKind::kQuotedIdentifier: return ParsePath();
    case TokenKind::kIdentifier:
      return token.keyword == Keyword::kNone ? ParsePath() : ParseWordPrimary();
    default: break;
  }
  switch (token.symbol) {
    case Symbol::kLeftParenthesis: return ParseParenthesizedPrimary();
    case Symbol::kLeftBracket: return ParseList();
    case Symbol::kLeftBrace: return ParseStruct();
    case Symbol::kHash: return ParsePositional();
    case Symbol::kStar:
      if (cursor_.At("columns"_kw, 1) && cursor_.At(Symbol::kLeftParenthesis, 2)) {
        cursor_.Advance();
        return ParseColumns(true);
      }
      return ParseStar({});
    default: return cursor_.SyntaxError();
  }
}

ExpressionResult ExpressionParser::ParseWordPrimary() {
  const bool opens = cursor_.At(Symbol::kLeftParenthesis, 1);
  switch (cursor_.Peek().keyword) {
    case "true"_kw:
    case "false"_kw:
    case "null"_kw: return ParseLiteral();
    case "default"_kw: {
      auto node = Make<DefaultExpression>();
      cursor_.Advance();
      return Finish(std::move(node));
    }
    case "case"_kw: return ParseCase();
    case "exists"_kw:
      if (opens) return ParseSubqueryOperand(SubqueryKind::kExists);
      break;
    case "array"_kw:
      if (opens) return ParseSubqueryOperand(SubqueryKind::kArray);
      cursor_.Advance();
      if (!cursor_.At(Symbol::kLeftBracket)) return cursor_.SyntaxError();
      return ParseList();
    case "map"_kw:
      if (cursor_.At(Symbol::kLeftBrace, 1)) return ParseMap();
      break;
    case "columns"_kw:
      if (opens) return ParseColumns(false);
      break;
    case "row"_kw:
      if (opens) return ParseCall({cursor_.TakeIdentifier()});
      break;
    default: break;
  }
  if (AtSpecialForm()) return ParseSpecialForm();
  if (AtInterval()) return ParseInterval();
  if (AtTypedLiteral()) return ParseTypedLiteral();
  return ParsePath();
}

// A column, a star with a qualifier, a call, or a literal with its type's name in front.
ExpressionResult ExpressionParser::ParsePath() {
  const bool may_be_column = cursor_.AtColumnName();
  // These are functions in every respect but their class.
  const bool may_be_function = cursor_.AtFunctionName() || cursor_.At("coalesce"_kw) ||
                               cursor_.At("nullif"_kw) || cursor_.At("grouping"_kw) ||
                               cursor_.At("grouping_id"_kw);
  if (!may_be_column && !may_be_function) return cursor_.SyntaxError();
  const size_t position = cursor_.Position();
  const Token first = cursor_.Peek();
  QualifiedName names;
  names.push_back(cursor_.TakeIdentifier());
  while (may_be_column && cursor_.At(Symbol::kDot)) {
    if (cursor_.At(Symbol::kStar, 1)) {
      cursor_.Advance();
      return ParseStar(std::move(names));
    }
    if (!cursor_.AtLabel(1)) break;
    cursor_.Advance();
    names.push_back(cursor_.TakeIdentifier());
  }
  if (cursor_.At(Symbol::kLeftParenthesis) && (may_be_function || names.size() > 1)) {
    return ParseCall(std::move(names));
  }
  if (cursor_.AtString() && may_be_function) {
    TypeName type;
    type.position = position;
    type.name = std::move(names.back());
    names.pop_back();
    type.qualifier = std::move(names);
    auto cast = Make<CastExpression>(position);
    TRIVET_ASSIGN_OR_RETURN(cast->operand, ParseLiteral());
    cast->type = std::move(type);
    return Finish(std::move(cast));
  }
  if (!may_be_column) return cursor_.SyntaxError();
  auto column = Make<ColumnExpression>(first.begin);
  column->names = std::move(names);
  return Finish(std::move(column));
}

// #1
ExpressionResult ExpressionParser::ParsePositional() {
  auto node = Make<PositionalExpression>();
  cursor_.Advance();
  const Token token = cursor_.Peek();
  const std::string_view digits = cursor_.Text(token);
  constexpr size_t kMaxDigits = 9;
  if (token.kind != TokenKind::kInteger || digits.size() > kMaxDigits) return cursor_.SyntaxError();
  for (const char c : digits) {
    if (c < '0' || c > '9') return cursor_.SyntaxError();
    node->index = node->index * 10 + static_cast<uint64_t>(c - '0');
  }
  if (node->index == 0) {
    return Status::InvalidInput("column positions begin at #1").WithPosition(node->position);
  }
  cursor_.Advance();
  return Finish(std::move(node));
}

// Behind '(' another '(' may open a query or an expression, and only what follows the matching ')'
// tells whether (query) stands for a value: ((SELECT 1) + 1) or ((SELECT 1) UNION (SELECT 2)).
Result<ExpressionParser::Parenthesized> ExpressionParser::ParseParentheses() {
  TRIVET_ENTER_NESTING();
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  Parenthesized inside;
  if (AtQuery()) {
    TRIVET_ASSIGN_OR_RETURN(inside.query, ParseQuery());
  } else if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(inside, ParseNestedParentheses());
  } else {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
    inside.expressions.push_back(std::move(expression));
  }
  while (inside.query == nullptr && cursor_.Accept(Symbol::kComma)) {
    if (!cursor_.CanStartExpression()) {
      inside.trailing_comma = true;
      break;
    }
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
    inside.expressions.push_back(std::move(expression));
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return inside;
}

// What begins with a parenthesis inside parentheses: still a query, or the first expression.
Result<ExpressionParser::Parenthesized> ExpressionParser::ParseNestedParentheses() {
  const size_t position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(Parenthesized nested, ParseParentheses());
  Parenthesized inside;
  if (nested.query != nullptr) {
    if (AtQueryRest()) {
      TRIVET_ASSIGN_OR_RETURN(inside.query, ParseQueryRest(std::move(nested.query)));
      return inside;
    }
    if (cursor_.At(Symbol::kRightParenthesis)) return nested;
  }
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr primary, ToExpression(std::move(nested), position));
  TRIVET_ASSIGN_OR_RETURN(primary, ParsePostfix(std::move(primary)));
  TRIVET_ASSIGN_OR_RETURN(primary, ContinueExpression(std::move(primary), Precedence::kLowest));
  inside.expressions.push_back(std::move(primary));
  return inside;
}

ExpressionResult ExpressionParser::ToExpression(Parenthesized inside, size_t position) {
  if (inside.query != nullptr) {
    return MakeSubquery(SubqueryKind::kScalar, std::move(inside.query), position);
  }
  if (inside.expressions.size() == 1 && !inside.trailing_comma) {
    return std::move(inside.expressions.front());
  }
  auto row = Make<FunctionExpression>(position);
  row->name = "row";
  for (ExpressionPtr& expression : inside.expressions) {
    row->arguments.push_back({{}, std::move(expression)});
  }
  return Finish(std::move(row));
}

ExpressionResult ExpressionParser::ParseParenthesizedPrimary() {
  const size_t position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(Parenthesized inside, ParseParentheses());
  return ToExpression(std::move(inside), position);
}

ExpressionResult ExpressionParser::MakeSubquery(SubqueryKind kind, QueryPtr query,
                                                size_t position) {
  auto node = Make<SubqueryExpression>(position);
  node->subquery = kind;
  node->query = std::move(query);
  return Finish(std::move(node));
}

// EXISTS (query) and ARRAY (query)
ExpressionResult ExpressionParser::ParseSubqueryOperand(SubqueryKind kind) {
  const size_t position = cursor_.Position();
  cursor_.Advance();
  const size_t inside_position = cursor_.Peek(1).begin;
  TRIVET_ASSIGN_OR_RETURN(Parenthesized inside, ParseParentheses());
  if (inside.query == nullptr) {
    return Status::InvalidInput("expected a query in the parentheses")
        .WithPosition(inside_position);
  }
  return MakeSubquery(kind, std::move(inside.query), position);
}

ExpressionResult ExpressionParser::ParseCase() {
  auto node = Make<CaseExpression>();
  cursor_.Advance();
  if (!cursor_.At("when"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(node->operand, ParseExpression());
  }
  if (!cursor_.At("when"_kw)) return cursor_.SyntaxError();
  while (cursor_.Accept("when"_kw)) {
    CaseBranch branch;
    TRIVET_ASSIGN_OR_RETURN(branch.condition, ParseExpression());
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("then"_kw));
    TRIVET_ASSIGN_OR_RETURN(branch.result, ParseExpression());
    node->branches.push_back(std::move(branch));
  }
  if (cursor_.Accept("else"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(node->otherwise, ParseExpression());
  } else {
    node->otherwise = Make<LiteralExpression>(node->position);
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("end"_kw));
  return Finish(std::move(node));
}

}  // namespace trivet
