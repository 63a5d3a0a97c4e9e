// Calls whose arguments have a syntax of their own: CAST, EXTRACT, SUBSTRING, POSITION, OVERLAY,
// TRIM.
#include "sql/parser/expression_parser.h"
#include "sql/parser/interval_unit.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

bool ExpressionParser::AtSpecialForm() const {
  switch (cursor_.Peek().keyword) {
    case "cast"_kw: return true;
    case "try_cast"_kw:
    case "extract"_kw:
    case "substring"_kw:
    case "position"_kw:
    case "overlay"_kw:
    case "trim"_kw: return cursor_.At(Symbol::kLeftParenthesis, 1);
    default: return false;
  }
}

ExpressionResult ExpressionParser::ParseSpecialForm() {
  const Keyword keyword = cursor_.Peek().keyword;
  if (keyword == "cast"_kw || keyword == "try_cast"_kw) return ParseCast(keyword == "try_cast"_kw);
  if (keyword == "extract"_kw) return ParseExtract();
  auto call = Make<FunctionExpression>();
  call->name = KeywordText(keyword);
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  Status status = keyword == "substring"_kw  ? ParseSubstringArguments(*call)
                  : keyword == "position"_kw ? ParsePositionArguments(*call)
                  : keyword == "overlay"_kw  ? ParseOverlayArguments(*call)
                                             : ParseTrimArguments(*call);
  TRIVET_RETURN_IF_ERROR(std::move(status));
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return ParseCallSuffix(std::move(call));
}

Status ExpressionParser::AddArgument(FunctionExpression& call, Precedence lowest) {
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression(lowest));
  call.arguments.push_back({{}, std::move(value)});
  return Status::OK();
}

Status ExpressionParser::ParseMoreArguments(FunctionExpression& call) {
  while (AcceptComma()) TRIVET_RETURN_IF_ERROR(AddArgument(call));
  return Status::OK();
}

ExpressionResult ExpressionParser::ParseCast(bool try_cast) {
  auto node = Make<CastExpression>();
  node->try_cast = try_cast;
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  TRIVET_ASSIGN_OR_RETURN(node->operand, ParseExpression());
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
  TRIVET_ASSIGN_OR_RETURN(node->type, ParseType());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return Finish(std::move(node));
}

// EXTRACT(part FROM source) is date_part('part', source).
ExpressionResult ExpressionParser::ParseExtract() {
  const size_t position = cursor_.Position();
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  const size_t part_position = cursor_.Position();
  std::string part;
  if (cursor_.AtString()) {
    TRIVET_ASSIGN_OR_RETURN(part, ParseString());
  } else if (const IntervalUnit* unit = FindIntervalUnit(cursor_.Peek().keyword); unit != nullptr) {
    part = unit->part;
    cursor_.Advance();
  } else {
    TRIVET_ASSIGN_OR_RETURN(const Identifier name, cursor_.ExpectColumnName());
    part = name.text;
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("from"_kw));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr source, ParseExpression());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr literal, StringLiteral(std::move(part), part_position));
  return MakeCall("date_part", position, std::move(literal), std::move(source));
}

// SUBSTRING(text FROM start FOR length), SUBSTRING(text FOR length) or plain arguments.
Status ExpressionParser::ParseSubstringArguments(FunctionExpression& call) {
  TRIVET_RETURN_IF_ERROR(AddArgument(call));
  if (cursor_.Accept("from"_kw)) {
    TRIVET_RETURN_IF_ERROR(AddArgument(call));
    if (cursor_.Accept("for"_kw)) TRIVET_RETURN_IF_ERROR(AddArgument(call));
    return Status::OK();
  }
  if (!cursor_.At("for"_kw)) return ParseMoreArguments(call);
  auto start = Make<LiteralExpression>();
  start->literal = LiteralKind::kInteger;
  start->value = "1";
  start->text = "1";
  cursor_.Advance();
  call.arguments.push_back({{}, std::move(start)});
  return AddArgument(call);
}

// POSITION(search IN text) is position(text, search).
Status ExpressionParser::ParsePositionArguments(FunctionExpression& call) {
  TRIVET_RETURN_IF_ERROR(AddArgument(call, Precedence::kOther));
  if (!cursor_.Accept("in"_kw)) {
    if (!cursor_.At(Symbol::kComma)) return cursor_.SyntaxError();
    return ParseMoreArguments(call);
  }
  TRIVET_RETURN_IF_ERROR(AddArgument(call, Precedence::kOther));
  std::swap(call.arguments[0], call.arguments[1]);
  return Status::OK();
}

// OVERLAY(text PLACING replacement FROM start FOR length)
Status ExpressionParser::ParseOverlayArguments(FunctionExpression& call) {
  TRIVET_RETURN_IF_ERROR(AddArgument(call));
  if (!cursor_.Accept("placing"_kw)) return ParseMoreArguments(call);
  TRIVET_RETURN_IF_ERROR(AddArgument(call));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("from"_kw));
  TRIVET_RETURN_IF_ERROR(AddArgument(call));
  if (cursor_.Accept("for"_kw)) TRIVET_RETURN_IF_ERROR(AddArgument(call));
  return Status::OK();
}

// TRIM([BOTH | LEADING | TRAILING] [characters] FROM text) is trim, ltrim or rtrim(text,
// characters).
Status ExpressionParser::ParseTrimArguments(FunctionExpression& call) {
  if (cursor_.Accept("leading"_kw)) {
    call.name = "ltrim";
  } else if (cursor_.Accept("trailing"_kw)) {
    call.name = "rtrim";
  } else {
    cursor_.Accept("both"_kw);
  }
  if (cursor_.Accept("from"_kw)) {
    TRIVET_RETURN_IF_ERROR(AddArgument(call));
    return ParseMoreArguments(call);
  }
  TRIVET_RETURN_IF_ERROR(AddArgument(call));
  if (!cursor_.Accept("from"_kw)) return ParseMoreArguments(call);
  TRIVET_RETURN_IF_ERROR(AddArgument(call));
  std::swap(call.arguments[0], call.arguments[1]);
  return Status::OK();
}

}  // namespace trivet
