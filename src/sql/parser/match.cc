// BETWEEN, IN, LIKE, ILIKE, GLOB, SIMILAR TO and the matching operators.
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

ExpressionResult ExpressionParser::ParseMatch(ExpressionPtr left) {
  const size_t position = cursor_.Position();
  const bool is_symbol = cursor_.Peek().kind == TokenKind::kOperator;
  const bool negated = !is_symbol && cursor_.Accept("not"_kw);
  if (cursor_.Accept("in"_kw)) {
    return NegateIf(negated, ParseIn(std::move(left), position), position);
  }
  ExpressionResult result =
      is_symbol ? ParseRegexMatch(std::move(left))
      : cursor_.Accept("between"_kw)
          ? NegateIf(negated, ParseBetween(std::move(left), position), position)
          : ParseLike(std::move(left), negated, position);
  // None of these associates: a LIKE b LIKE c has no meaning worth guessing.
  if (result.ok() && InfixPrecedence() == Precedence::kMatch) return cursor_.SyntaxError();
  return result;
}

ExpressionResult ExpressionParser::ParseBetween(ExpressionPtr value, size_t position) {
  auto node = Make<BetweenExpression>(position);
  node->value = std::move(value);
  node->symmetric = cursor_.Accept("symmetric"_kw);
  if (!node->symmetric) cursor_.Accept("asymmetric"_kw);
  TRIVET_ASSIGN_OR_RETURN(node->lower, ParseExpression(Precedence::kOther));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("and"_kw));
  TRIVET_ASSIGN_OR_RETURN(node->upper, ParseExpression(Precedence::kOther));
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::ParseIn(ExpressionPtr value, size_t position) {
  if (!cursor_.At(Symbol::kLeftParenthesis)) {
    // x IN list, where the list is one value.
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr list, ParseExpression(Precedence::kOther));
    return MakeCall("contains", position, std::move(list), std::move(value));
  }
  TRIVET_ASSIGN_OR_RETURN(Parenthesized inside, ParseParentheses());
  if (inside.query != nullptr) {
    auto node = Make<SubqueryExpression>(position);
    node->subquery = SubqueryKind::kAny;
    node->operand = std::move(value);
    node->query = std::move(inside.query);
    return Finish(std::move(node));
  }
  auto node = Make<InExpression>(position);
  node->value = std::move(value);
  node->candidates = std::move(inside.expressions);
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::ParseLike(ExpressionPtr value, bool negated, size_t position) {
  const Keyword keyword = cursor_.Peek().keyword;
  cursor_.Advance();
  if (keyword == "similar"_kw) TRIVET_RETURN_IF_ERROR(cursor_.Expect("to"_kw));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr pattern, ParseExpression(Precedence::kOther));
  ExpressionPtr escape;
  if (keyword != "glob"_kw && cursor_.Accept("escape"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(escape, ParseExpression(Precedence::kOther));
  }
  if (keyword == "glob"_kw) {
    return NegateIf(negated, MakeOperator("~~~", std::move(value), std::move(pattern), position),
                    position);
  }
  if (keyword == "similar"_kw) {
    if (escape != nullptr) {
      return Status::NotImplemented("SIMILAR TO ... ESCAPE").WithPosition(escape->position);
    }
    return NegateIf(negated,
                    MakeCall("regexp_full_match", position, std::move(value), std::move(pattern)),
                    position);
  }
  const bool is_like = keyword == "like"_kw;
  if (escape != nullptr) {
    return NegateIf(negated,
                    MakeCall(is_like ? "like_escape" : "ilike_escape", position, std::move(value),
                             std::move(pattern), std::move(escape)),
                    position);
  }
  std::string name = negated ? "!~~" : "~~";
  if (!is_like) name += '*';
  return MakeOperator(std::move(name), std::move(value), std::move(pattern), position);
}

ExpressionResult ExpressionParser::ParseRegexMatch(ExpressionPtr value) {
  const Token token = cursor_.Peek();
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr pattern, ParseExpression(Precedence::kOther));
  switch (token.symbol) {
    case Symbol::kTilde:
    case Symbol::kNotRegex:
      return NegateIf(token.symbol == Symbol::kNotRegex,
                      MakeCall("regexp_matches", token.begin, std::move(value), std::move(pattern)),
                      token.begin);
    case Symbol::kRegex:
    case Symbol::kNotInsensitiveRegex: {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr options, StringLiteral("i", token.begin));
      return NegateIf(token.symbol == Symbol::kNotInsensitiveRegex,
                      MakeCall("regexp_matches", token.begin, std::move(value), std::move(pattern),
                               std::move(options)),
                      token.begin);
    }
    default:
      return MakeOperator(std::string(cursor_.Text(token)), std::move(value), std::move(pattern),
                          token.begin);
  }
}

}  // namespace trivet
