// Literals and parameters.
#include "sql/lexer.h"
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

namespace {

constexpr uint64_t kMaxParameters = 65535;

}  // namespace

ExpressionResult ExpressionParser::StringLiteral(std::string value, size_t position) const {
  auto node = Make<LiteralExpression>(position);
  node->literal = LiteralKind::kString;
  node->value = std::move(value);
  return Finish(std::move(node));
}

Result<std::string> ExpressionParser::ParseString() {
  if (!cursor_.AtString()) return cursor_.SyntaxError();
  Result<std::string> value = StringTokenValue(cursor_.sql(), cursor_.Peek());
  cursor_.Advance();
  return value;
}

ExpressionResult ExpressionParser::ParseNumber() {
  auto node = Make<LiteralExpression>();
  const Token& token = cursor_.Peek();
  node->literal = token.kind == TokenKind::kInteger   ? LiteralKind::kInteger
                  : token.kind == TokenKind::kDecimal ? LiteralKind::kDecimal
                                                      : LiteralKind::kDouble;
  node->value = NumberTokenValue(cursor_.sql(), token);
  node->text = cursor_.Text(token);
  cursor_.Advance();
  return Finish(std::move(node));
}

// Numbers, strings of every kind, TRUE, FALSE and NULL.
ExpressionResult ExpressionParser::ParseLiteral() {
  const Token token = cursor_.Peek();
  if (cursor_.AtString()) {
    TRIVET_ASSIGN_OR_RETURN(std::string value, ParseString());
    return StringLiteral(std::move(value), token.begin);
  }
  auto node = Make<LiteralExpression>();
  switch (token.kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kDouble: return ParseNumber();
    case TokenKind::kBlob:
    case TokenKind::kBitString: {
      node->literal = token.kind == TokenKind::kBlob ? LiteralKind::kBlob : LiteralKind::kBitString;
      TRIVET_ASSIGN_OR_RETURN(node->value, StringTokenValue(cursor_.sql(), token));
      break;
    }
    default:
      if (token.keyword != "null"_kw) {
        node->literal = LiteralKind::kBoolean;
        node->value = KeywordText(token.keyword);
      }
  }
  cursor_.Advance();
  return Finish(std::move(node));
}

// ? takes the number after the highest so far; ?2 and $2 say theirs; $name has a name.
ExpressionResult ExpressionParser::ParseParameter() {
  auto node = Make<ParameterExpression>();
  const std::string_view text = cursor_.Text(cursor_.Peek()).substr(1);
  const bool is_named = !text.empty() && !(text.front() >= '0' && text.front() <= '9');
  if (is_named ? highest_parameter_ > 0 : highest_parameter_ == 0 && !parameters_.empty()) {
    return Status::InvalidInput("named and numbered parameters cannot be mixed in one statement")
        .WithPosition(node->position);
  }
  node->name.position = node->position;
  if (is_named) {
    node->name.text = text;
    if (std::find(parameters_.begin(), parameters_.end(), node->name) == parameters_.end()) {
      parameters_.push_back(node->name);
    }
  } else {
    uint64_t number = text.empty() ? highest_parameter_ + 1 : 0;
    for (const char c : text.substr(0, 6)) number = number * 10 + static_cast<uint64_t>(c - '0');
    if (number == 0 || number > kMaxParameters) {
      return Status::InvalidInput("parameters are numbered from 1 to " +
                                  std::to_string(kMaxParameters))
          .WithPosition(node->position);
    }
    highest_parameter_ = std::max(highest_parameter_, number);
    while (parameters_.size() < highest_parameter_) {
      parameters_.push_back({std::to_string(parameters_.size() + 1), node->position});
    }
    node->name.text = std::to_string(number);
  }
  cursor_.Advance();
  return Finish(std::move(node));
}

}  // namespace trivet
