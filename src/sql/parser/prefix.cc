// Signs, NOT and lambdas in front of an operand; casts, subscripts and dots behind it.
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

ExpressionResult ExpressionParser::ParsePrefix(Precedence lowest) {
  const size_t position = cursor_.Position();
  switch (cursor_.Peek().symbol) {
    case Symbol::kMinus:
    case Symbol::kPlus: return ParseSigned();
    case Symbol::kTilde: {
      cursor_.Advance();
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseExpression(Precedence::kAdditive));
      return MakeOperator("~", std::move(operand), nullptr, position);
    }
    case Symbol::kAt: {
      cursor_.Advance();
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseExpression(Precedence::kOther));
      return MakeOperator("@", std::move(operand), nullptr, position);
    }
    default: break;
  }
  // NOT binds weaker than what stands around it in a + NOT b, and is refused there.
  if (cursor_.At("not"_kw) && lowest <= Precedence::kMatch) {
    cursor_.Advance();
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseExpression(Precedence::kIs));
    return MakeNot(std::move(operand), position);
  }
  if (cursor_.At("lambda"_kw)) return ParseLambda();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr primary, ParsePrimary());
  return ParsePostfix(std::move(primary));
}

ExpressionResult ExpressionParser::ParseSigned() {
  TRIVET_ENTER_NESTING();
  const size_t position = cursor_.Position();
  const bool is_minus = cursor_.At(Symbol::kMinus);
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, ParsePrefix(Precedence::kPrefix));
  if (is_minus && operand->kind == ExpressionKind::kLiteral) {
    auto& literal = operand->As<LiteralExpression>();
    const bool is_number = literal.literal == LiteralKind::kInteger ||
                           literal.literal == LiteralKind::kDecimal ||
                           literal.literal == LiteralKind::kDouble;
    if (is_number) {
      // The sign belongs to the number: the least integer of a type has no positive counterpart.
      for (std::string* digits : {&literal.value, &literal.text}) {
        if (digits->starts_with('-')) {
          digits->erase(0, 1);
        } else {
          digits->insert(0, 1, '-');
        }
      }
      literal.position = position;
      return operand;
    }
  }
  return MakeOperator(is_minus ? "-" : "+", std::move(operand), nullptr, position);
}

ExpressionResult ExpressionParser::ParseLambda() {
  auto node = Make<LambdaExpression>();
  cursor_.Advance();
  do {
    TRIVET_ASSIGN_OR_RETURN(Identifier parameter, cursor_.ExpectColumnName());
    node->parameters.push_back(std::move(parameter));
  } while (cursor_.Accept(Symbol::kComma));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kColon));
  TRIVET_ASSIGN_OR_RETURN(node->body, ParseExpression());
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::ParsePostfix(ExpressionPtr base) {
  while (true) {
    ExpressionResult next = Status::Internal("no postfix operator");
    switch (cursor_.Peek().symbol) {
      case Symbol::kDoubleColon: {
        auto cast = Make<CastExpression>();
        cursor_.Advance();
        cast->operand = std::move(base);
        TRIVET_ASSIGN_OR_RETURN(cast->type, ParseType());
        next = Finish(std::move(cast));
        break;
      }
      case Symbol::kLeftBracket: next = ParseSubscript(std::move(base)); break;
      case Symbol::kDot: next = ParseDot(std::move(base)); break;
      case Symbol::kExclamation: {
        const size_t position = cursor_.Position();
        cursor_.Advance();
        next = MakeCall("factorial", position, std::move(base));
        break;
      }
      default: return base;
    }
    if (!next.ok()) return next;
    base = std::move(next).value();
  }
}

// base[index], base[lower:upper], base[lower:upper:step]; `-` stands for an omitted upper bound.
ExpressionResult ExpressionParser::ParseSubscript(ExpressionPtr base) {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  ExpressionPtr lower;
  if (!cursor_.At(Symbol::kColon)) {
    TRIVET_ASSIGN_OR_RETURN(lower, ParseExpression());
  }
  if (!cursor_.Accept(Symbol::kColon)) {
    auto node = Make<SubscriptExpression>(opening);
    node->base = std::move(base);
    node->index = std::move(lower);
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBracket, opening));
    return Finish(std::move(node));
  }
  auto node = Make<SliceExpression>(opening);
  node->base = std::move(base);
  node->lower = std::move(lower);
  if (cursor_.At(Symbol::kMinus) && cursor_.At(Symbol::kColon, 1)) {
    cursor_.Advance();
  } else if (!cursor_.At(Symbol::kRightBracket) && !cursor_.At(Symbol::kColon)) {
    TRIVET_ASSIGN_OR_RETURN(node->upper, ParseExpression());
  }
  if (cursor_.Accept(Symbol::kColon)) {
    TRIVET_ASSIGN_OR_RETURN(node->step, ParseExpression());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBracket, opening));
  return Finish(std::move(node));
}

// base.field or base.function(arguments), which calls function(base, arguments).
ExpressionResult ExpressionParser::ParseDot(ExpressionPtr base) {
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(Identifier name, cursor_.ExpectLabel());
  if (!cursor_.At(Symbol::kLeftParenthesis)) {
    auto node = Make<FieldExpression>(name.position);
    node->base = std::move(base);
    node->field = std::move(name);
    return Finish(std::move(node));
  }
  auto call = Make<FunctionExpression>(name.position);
  call->name = LowerCase(name.text);
  call->arguments.push_back({{}, std::move(base)});
  TRIVET_RETURN_IF_ERROR(ParseArguments(*call));
  return ParseCallSuffix(std::move(call));
}

}  // namespace trivet
