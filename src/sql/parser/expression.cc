#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

namespace {

Precedence SymbolPrecedence(Symbol symbol) {
  switch (symbol) {
    case Symbol::kArrow: return Precedence::kArrow;
    case Symbol::kEqual:
    case Symbol::kNotEqual:
    case Symbol::kLess:
    case Symbol::kLessOrEqual:
    case Symbol::kGreater:
    case Symbol::kGreaterOrEqual: return Precedence::kComparison;
    case Symbol::kTilde:
    case Symbol::kRegex:
    case Symbol::kNotRegex:
    case Symbol::kNotInsensitiveRegex:
    case Symbol::kLike:
    case Symbol::kNotLike:
    case Symbol::kInsensitiveLike:
    case Symbol::kNotInsensitiveLike:
    case Symbol::kGlob: return Precedence::kMatch;
    case Symbol::kConcatenate:
    case Symbol::kLongArrow:
    case Symbol::kContains:
    case Symbol::kContainedBy:
    case Symbol::kOverlaps:
    case Symbol::kStartsWith:
    case Symbol::kDistance:
    case Symbol::kCosineDistance: return Precedence::kOther;
    case Symbol::kAmpersand:
    case Symbol::kPipe:
    case Symbol::kShiftLeft:
    case Symbol::kShiftRight: return Precedence::kBitwise;
    case Symbol::kPlus:
    case Symbol::kMinus: return Precedence::kAdditive;
    case Symbol::kStar:
    case Symbol::kSlash:
    case Symbol::kDoubleSlash:
    case Symbol::kPercent: return Precedence::kMultiplicative;
    case Symbol::kCaret:
    case Symbol::kDoubleStar: return Precedence::kExponent;
    default: return Precedence::kLowest;
  }
}

ComparisonOperator ToComparison(Symbol symbol) {
  switch (symbol) {
    case Symbol::kNotEqual: return ComparisonOperator::kNotEqual;
    case Symbol::kLess: return ComparisonOperator::kLess;
    case Symbol::kLessOrEqual: return ComparisonOperator::kLessOrEqual;
    case Symbol::kGreater: return ComparisonOperator::kGreater;
    case Symbol::kGreaterOrEqual: return ComparisonOperator::kGreaterOrEqual;
    default: return ComparisonOperator::kEqual;
  }
}

ComparisonOperator Inverse(ComparisonOperator comparison) {
  switch (comparison) {
    case ComparisonOperator::kEqual: return ComparisonOperator::kNotEqual;
    case ComparisonOperator::kNotEqual: return ComparisonOperator::kEqual;
    case ComparisonOperator::kLess: return ComparisonOperator::kGreaterOrEqual;
    case ComparisonOperator::kLessOrEqual: return ComparisonOperator::kGreater;
    case ComparisonOperator::kGreater: return ComparisonOperator::kLessOrEqual;
    case ComparisonOperator::kGreaterOrEqual: return ComparisonOperator::kLess;
    case ComparisonOperator::kDistinctFrom: return ComparisonOperator::kNotDistinctFrom;
    case ComparisonOperator::kNotDistinctFrom: break;
  }
  return ComparisonOperator::kDistinctFrom;
}

Precedence Above(Precedence precedence) {
  return static_cast<Precedence>(static_cast<uint8_t>(precedence) + 1);
}

}  // namespace

Precedence ExpressionParser::WordPrecedence() const {
  switch (cursor_.Peek().keyword) {
    case "or"_kw: return Precedence::kOr;
    case "and"_kw: return Precedence::kAnd;
    case "is"_kw:
    case "isnull"_kw:
    case "notnull"_kw: return Precedence::kIs;
    case "between"_kw:
    case "in"_kw:
    case "like"_kw:
    case "ilike"_kw:
    case "glob"_kw: return Precedence::kMatch;
    case "similar"_kw: return cursor_.At("to"_kw, 1) ? Precedence::kMatch : Precedence::kLowest;
    case "not"_kw:
      switch (cursor_.Peek(1).keyword) {
        case "null"_kw: return Precedence::kIs;
        case "between"_kw:
        case "in"_kw:
        case "like"_kw:
        case "ilike"_kw:
        case "glob"_kw:
        case "similar"_kw: return Precedence::kMatch;
        default: return Precedence::kLowest;
      }
    case "collate"_kw: return Precedence::kCollate;
    case "at"_kw:
      return cursor_.At("time"_kw, 1) && cursor_.At("zone"_kw, 2) ? Precedence::kAtTimeZone
                                                                  : Precedence::kLowest;
    default: return Precedence::kLowest;
  }
}

// kLowest where the current token is no infix operator.
Precedence ExpressionParser::InfixPrecedence() const {
  const Token& token = cursor_.Peek();
  if (token.kind == TokenKind::kIdentifier) return WordPrecedence();
  if (token.kind != TokenKind::kOperator) return Precedence::kLowest;
  // In LIMIT 10% the sign is no operator.
  if (token.symbol == Symbol::kPercent && !cursor_.CanStartExpression(1))
    return Precedence::kLowest;
  return SymbolPrecedence(token.symbol);
}

ExpressionResult ExpressionParser::ParseExpression(Precedence lowest) {
  TRIVET_ENTER_NESTING();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr left, ParsePrefix(lowest));
  return ContinueExpression(std::move(left), lowest);
}

ExpressionResult ExpressionParser::ContinueExpression(ExpressionPtr left, Precedence lowest) {
  while (true) {
    const Precedence precedence = InfixPrecedence();
    if (precedence == Precedence::kLowest || precedence < lowest) return left;
    ExpressionResult combined = ParseInfix(std::move(left), precedence);
    if (!combined.ok()) return combined;
    left = std::move(combined).value();
  }
}

ExpressionResult ExpressionParser::ParseInfix(ExpressionPtr left, Precedence precedence) {
  switch (precedence) {
    case Precedence::kOr: return ParseConjunction(std::move(left), ConjunctionKind::kOr);
    case Precedence::kAnd: return ParseConjunction(std::move(left), ConjunctionKind::kAnd);
    case Precedence::kIs: return ParseTrailingCasts(ParseIs(std::move(left)));
    case Precedence::kComparison: return ParseComparison(std::move(left));
    case Precedence::kMatch: return ParseTrailingCasts(ParseMatch(std::move(left)));
    case Precedence::kCollate: return ParseCollate(std::move(left));
    case Precedence::kAtTimeZone: {
      const size_t position = cursor_.Position();
      cursor_.Advance(3);
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr zone, ParseExpression(Precedence::kPrefix));
      return MakeCall("timezone", position, std::move(zone), std::move(left));
    }
    default: {
      const Token token = cursor_.Peek();
      cursor_.Advance();
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr right, ParseExpression(Above(precedence)));
      return MakeOperator(std::string(cursor_.Text(token)), std::move(left), std::move(right),
                          token.begin);
    }
  }
}

ExpressionResult ExpressionParser::ParseConjunction(ExpressionPtr left, ConjunctionKind kind) {
  auto node = Make<ConjunctionExpression>();
  node->conjunction = kind;
  // Operands of the same kind are taken in, also from parentheses: AND and OR are associative.
  const auto add = [&](ExpressionPtr operand) {
    if (operand->kind == ExpressionKind::kConjunction) {
      auto& inner = operand->As<ConjunctionExpression>();
      if (inner.conjunction == kind) {
        for (ExpressionPtr& nested : inner.operands) node->operands.push_back(std::move(nested));
        return;
      }
    }
    node->operands.push_back(std::move(operand));
  };
  add(std::move(left));
  const Keyword keyword = kind == ConjunctionKind::kAnd ? "and"_kw : "or"_kw;
  const Precedence above = kind == ConjunctionKind::kAnd ? Precedence::kIs : Precedence::kAnd;
  while (cursor_.Accept(keyword)) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseExpression(above));
    add(std::move(operand));
  }
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::ParseComparison(ExpressionPtr left) {
  const size_t position = cursor_.Position();
  const ComparisonOperator comparison = ToComparison(cursor_.Peek().symbol);
  cursor_.Advance();
  if (cursor_.At("any"_kw) || cursor_.At("some"_kw) || cursor_.At("all"_kw)) {
    return ParseQuantified(std::move(left), comparison, position);
  }
  auto node = Make<ComparisonExpression>(position);
  node->comparison = comparison;
  node->left = std::move(left);
  TRIVET_ASSIGN_OR_RETURN(node->right, ParseExpression(Precedence::kMatch));
  if (InfixPrecedence() == Precedence::kComparison) return ChainedComparison();
  return Finish(std::move(node));
}

Status ExpressionParser::ChainedComparison() const {
  return Status::InvalidInput("comparisons cannot be chained")
      .WithPosition(cursor_.Position())
      .WithHint("combine two comparisons with AND, or put one into parentheses");
}

// x > ALL (q) is NOT (x <= ANY (q)), also where NULLs take part.
ExpressionResult ExpressionParser::ParseQuantified(ExpressionPtr left,
                                                   ComparisonOperator comparison, size_t position) {
  const bool is_all = cursor_.At("all"_kw);
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(Parenthesized inside, ParseParentheses());
  auto node = Make<SubqueryExpression>(position);
  node->subquery = SubqueryKind::kAny;
  node->comparison = is_all ? Inverse(comparison) : comparison;
  node->operand = std::move(left);
  node->query = std::move(inside.query);
  if (node->query == nullptr) {
    // ANY over a list: over the rows the list unfolds into.
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr list, ToExpression(std::move(inside), opening));
    auto select = Make<SelectQuery>(opening);
    SelectItem item;
    item.position = opening;
    TRIVET_ASSIGN_OR_RETURN(item.expression, MakeCall("unnest", opening, std::move(list)));
    select->items.push_back(std::move(item));
    TRIVET_RETURN_IF_ERROR(Measure(*select));
    node->query = std::move(select);
  }
  return NegateIf(is_all, Finish(std::move(node)), position);
}

ExpressionResult ExpressionParser::ParseIs(ExpressionPtr left) {
  const size_t position = cursor_.Position();
  auto is_null = [&](bool negated) {
    auto node = Make<IsNullExpression>(position);
    node->operand = std::move(left);
    node->negated = negated;
    return Finish(std::move(node));
  };
  if (cursor_.Accept("isnull"_kw)) return is_null(false);
  if (cursor_.Accept("notnull"_kw) || cursor_.Accept("not"_kw, "null"_kw)) return is_null(true);
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("is"_kw));
  const bool negated = cursor_.Accept("not"_kw);
  if (cursor_.Accept("null"_kw) || cursor_.Accept("unknown"_kw)) return is_null(negated);
  auto node = Make<ComparisonExpression>(position);
  node->comparison =
      negated ? ComparisonOperator::kDistinctFrom : ComparisonOperator::kNotDistinctFrom;
  if (cursor_.At("true"_kw) || cursor_.At("false"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(node->left, MakeCast(std::move(left), "BOOLEAN", position));
    TRIVET_ASSIGN_OR_RETURN(node->right, ParseLiteral());
    return Finish(std::move(node));
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("distinct"_kw));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("from"_kw));
  node->comparison = Inverse(node->comparison);
  node->left = std::move(left);
  TRIVET_ASSIGN_OR_RETURN(node->right, ParseExpression(Precedence::kComparison));
  if (cursor_.At("is"_kw) && cursor_.At("distinct"_kw, cursor_.At("not"_kw, 1) ? 2 : 1)) {
    return ChainedComparison();
  }
  return Finish(std::move(node));
}

// x IS NULL::INTEGER and x IN (1, 2)::INTEGER cast the whole: nothing else in front of the sign can
// take it.
ExpressionResult ExpressionParser::ParseTrailingCasts(ExpressionResult operand) {
  if (!operand.ok() || !cursor_.At(Symbol::kDoubleColon)) return operand;
  return ParsePostfix(std::move(operand).value());
}

ExpressionResult ExpressionParser::ParseCollate(ExpressionPtr left) {
  auto node = Make<CollateExpression>();
  cursor_.Advance();
  node->operand = std::move(left);
  node->collation.position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(const QualifiedName parts, ParseQualifiedName());
  for (const Identifier& part : parts) {
    if (!node->collation.empty()) node->collation.text += '.';
    node->collation.text += part.text;
  }
  return Finish(std::move(node));
}

Result<std::vector<ExpressionPtr>> ExpressionParser::ParseExpressionList() {
  std::vector<ExpressionPtr> list;
  do {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
    list.push_back(std::move(expression));
  } while (AcceptComma());
  return list;
}

ExpressionResult ExpressionParser::ParseWholeExpression() {
  cursor_.BeginStatement();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
  if (!cursor_.AtEnd()) return cursor_.SyntaxError();
  return expression;
}

Result<TypeName> ExpressionParser::ParseWholeType() {
  cursor_.BeginStatement();
  TRIVET_ASSIGN_OR_RETURN(TypeName type, ParseType());
  if (!cursor_.AtEnd()) return cursor_.SyntaxError();
  return type;
}

ExpressionResult ExpressionParser::MakeOperator(std::string name, ExpressionPtr left,
                                                ExpressionPtr right, size_t position) const {
  auto node = Make<FunctionExpression>(position);
  node->name = std::move(name);
  node->is_operator = true;
  node->arguments.push_back({{}, std::move(left)});
  if (right != nullptr) node->arguments.push_back({{}, std::move(right)});
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::MakeCast(ExpressionPtr operand, std::string_view type,
                                            size_t position) const {
  auto node = Make<CastExpression>(position);
  node->operand = std::move(operand);
  node->type.position = position;
  node->type.name = {std::string(type), position};
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::MakeNot(ExpressionPtr operand, size_t position) const {
  auto node = Make<NotExpression>(position);
  node->operand = std::move(operand);
  return Finish(std::move(node));
}

ExpressionResult ExpressionParser::NegateIf(bool negated, ExpressionResult operand,
                                            size_t position) const {
  if (!negated || !operand.ok()) return operand;
  return MakeNot(std::move(operand).value(), position);
}

}  // namespace trivet
