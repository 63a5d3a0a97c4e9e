// Type names and literals with a type's name in front.
#include "sql/parser/expression_parser.h"
#include "sql/parser/interval_unit.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

namespace {

// The name of a type that is a keyword of its own, as the system shows it; empty for any other
// word. Types with more syntax than a name and modifiers are not here.
std::string_view SimpleTypeName(Keyword keyword) {
  switch (keyword) {
    case "int"_kw:
    case "integer"_kw: return "INTEGER";
    case "smallint"_kw: return "SMALLINT";
    case "bigint"_kw: return "BIGINT";
    case "boolean"_kw: return "BOOLEAN";
    case "real"_kw: return "FLOAT";
    case "dec"_kw:
    case "decimal"_kw:
    case "numeric"_kw: return "DECIMAL";
    case "bit"_kw: return "BIT";
    case "char"_kw:
    case "character"_kw:
    case "nchar"_kw:
    case "varchar"_kw: return "VARCHAR";
    default: return {};
  }
}

bool AllowsModifiers(std::string_view name) {
  return name == "DECIMAL" || name == "VARCHAR" || name == "BIT";
}

}  // namespace

// A keyword type is a column's name, too, unless what follows can only belong to a type.
bool ExpressionParser::AtTypedLiteral() const {
  const Keyword keyword = cursor_.Peek().keyword;
  if (keyword == "double"_kw) return cursor_.At("precision"_kw, 1) && cursor_.AtString(2);
  const bool is_time = keyword == "time"_kw || keyword == "timestamp"_kw;
  const bool is_type = is_time || keyword == "float"_kw || !SimpleTypeName(keyword).empty();
  if (!is_type) return false;
  if (cursor_.AtString(1) || cursor_.At(Symbol::kLeftParenthesis, 1)) return true;
  if (cursor_.At("varying"_kw, 1)) return true;
  return is_time && (cursor_.At("with"_kw, 1) || cursor_.At("without"_kw, 1)) &&
         cursor_.At("time"_kw, 2);
}

// DATE '2024-01-01' and the like, for types that are keywords.
ExpressionResult ExpressionParser::ParseTypedLiteral() {
  auto cast = Make<CastExpression>();
  TRIVET_ASSIGN_OR_RETURN(cast->type, ParseType());
  if (!cursor_.AtString()) return cursor_.SyntaxError();
  TRIVET_ASSIGN_OR_RETURN(cast->operand, ParseLiteral());
  return Finish(std::move(cast));
}

Result<TypeName> ExpressionParser::ParseType() {
  TRIVET_ENTER_NESTING();
  TypeName type;
  type.position = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(ParseTypeBody(type));
  TRIVET_RETURN_IF_ERROR(ParseTypeDimensions(type));
  return type;
}

Status ExpressionParser::ParseTypeBody(TypeName& type) {
  type.name.position = type.position;
  const Keyword keyword = cursor_.Peek().keyword;
  const bool opens = cursor_.At(Symbol::kLeftParenthesis, 1);
  switch (keyword) {
    case "struct"_kw:
    case "row"_kw:
      type.name.text = "STRUCT";
      cursor_.Advance();
      return opens ? ParseTypeFields(type, true) : Status::OK();
    case "union"_kw:
      type.name.text = "UNION";
      cursor_.Advance();
      return ParseTypeFields(type, true);
    case "map"_kw:
      type.name.text = "MAP";
      cursor_.Advance();
      return opens ? ParseTypeFields(type, false) : Status::OK();
    case "time"_kw: return ParseTimeType(type, "TIME");
    case "timestamp"_kw: return ParseTimeType(type, "TIMESTAMP");
    case "interval"_kw:
      type.name.text = "INTERVAL";
      cursor_.Advance();
      if (FindIntervalUnit(cursor_.Peek().keyword) != nullptr) {
        return Status::NotImplemented("the type INTERVAL with units")
            .WithPosition(cursor_.Position());
      }
      return Status::OK();
    case "float"_kw: return ParseFloatType(type);
    case "double"_kw:
      if (!cursor_.Accept("double"_kw, "precision"_kw)) return ParseNamedType(type);
      type.name.text = "DOUBLE";
      return Status::OK();
    default:
      return SimpleTypeName(keyword).empty() && keyword != "national"_kw ? ParseNamedType(type)
                                                                         : ParseKeywordType(type);
  }
}

Status ExpressionParser::ParseKeywordType(TypeName& type) {
  if (cursor_.Accept("national"_kw) && !cursor_.At("char"_kw) && !cursor_.At("character"_kw)) {
    return cursor_.SyntaxError();
  }
  type.name.text = SimpleTypeName(cursor_.Peek().keyword);
  cursor_.Advance();
  if (type.name.text == "VARCHAR" || type.name.text == "BIT") cursor_.Accept("varying"_kw);
  if (!cursor_.At(Symbol::kLeftParenthesis)) return Status::OK();
  return AllowsModifiers(type.name.text) ? ParseTypeModifiers(type) : cursor_.SyntaxError();
}

Status ExpressionParser::ParseNamedType(TypeName& type) {
  if (!cursor_.AtFunctionName()) return cursor_.SyntaxError();
  type.name = cursor_.TakeIdentifier();
  while (cursor_.At(Symbol::kDot) && cursor_.AtLabel(1)) {
    cursor_.Advance();
    type.qualifier.push_back(std::move(type.name));
    type.name = cursor_.TakeIdentifier();
  }
  return cursor_.At(Symbol::kLeftParenthesis) ? ParseTypeModifiers(type) : Status::OK();
}

// TIME and TIMESTAMP with precision and zone. The precision of a timestamp chooses among four
// types.
Status ExpressionParser::ParseTimeType(TypeName& type, std::string_view name) {
  const bool is_timestamp = name == "TIMESTAMP";
  type.name.text = name;
  cursor_.Advance();
  const size_t precision_position = cursor_.Position();
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_RETURN_IF_ERROR(ParseTypeModifiers(type));
    const auto& digits = type.modifiers.front()->As<LiteralExpression>();
    const bool is_digit = digits.literal == LiteralKind::kInteger && digits.value.size() == 1;
    if (!is_timestamp || type.modifiers.size() > 1 || !is_digit) {
      return Status::InvalidInput(is_timestamp
                                      ? "the precision of TIMESTAMP is one number from 0 to 9"
                                      : "the type TIME takes no precision")
          .WithPosition(precision_position);
    }
    const char precision = digits.value.front();
    type.name.text += precision == '0'   ? "_S"
                      : precision <= '3' ? "_MS"
                      : precision <= '6' ? ""
                                         : "_NS";
    type.modifiers.clear();
  }
  const bool with_zone = cursor_.At("with"_kw);
  if ((with_zone || cursor_.At("without"_kw)) && cursor_.At("time"_kw, 1)) {
    cursor_.Advance(2);
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("zone"_kw));
    if (!with_zone) return Status::OK();
    if (type.name.text != name) {
      return Status::InvalidInput(
                 "TIMESTAMP WITH TIME ZONE has microseconds and no other precision")
          .WithPosition(precision_position);
    }
    type.name.text += " WITH TIME ZONE";
  }
  return Status::OK();
}

// FLOAT(bits): single precision up to 24 bits of mantissa, double up to 53.
Status ExpressionParser::ParseFloatType(TypeName& type) {
  type.name.text = "FLOAT";
  cursor_.Advance();
  if (!cursor_.At(Symbol::kLeftParenthesis)) return Status::OK();
  const size_t position = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(ParseTypeModifiers(type));
  const auto& bits = type.modifiers.front()->As<LiteralExpression>();
  const bool is_number = bits.literal == LiteralKind::kInteger && bits.value.size() <= 2 &&
                         type.modifiers.size() == 1 && !bits.value.starts_with('-');
  const int count = is_number ? std::stoi(bits.value) : 0;
  if (count < 1 || count > 53) {
    return Status::InvalidInput("the precision of FLOAT is a number from 1 to 53")
        .WithPosition(position);
  }
  if (count > 24) type.name.text = "DOUBLE";
  type.modifiers.clear();
  return Status::OK();
}

Status ExpressionParser::ParseTypeModifiers(TypeName& type) {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  do {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr modifier, ParseExpression());
    if (modifier->kind != ExpressionKind::kLiteral) {
      return Status::InvalidInput("a type takes only constants in its parentheses")
          .WithPosition(modifier->position);
    }
    type.modifiers.push_back(std::move(modifier));
  } while (AcceptComma());
  return cursor_.ExpectClosing(Symbol::kRightParenthesis, opening);
}

// (name type, ...) of STRUCT and UNION, (key type, value type) of MAP.
Status ExpressionParser::ParseTypeFields(TypeName& type, bool named) {
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  do {
    TypeField field;
    if (named) {
      TRIVET_ASSIGN_OR_RETURN(field.name, cursor_.ExpectColumnName());
    }
    TRIVET_ASSIGN_OR_RETURN(field.type, ParseType());
    type.fields.push_back(std::move(field));
  } while (AcceptComma());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  if (!named && type.fields.size() != 2) {
    return Status::InvalidInput("MAP takes a key type and a value type").WithPosition(opening);
  }
  return Status::OK();
}

// [], [3], ARRAY, ARRAY[3]
Status ExpressionParser::ParseTypeDimensions(TypeName& type) {
  while (true) {
    if (cursor_.Accept("array"_kw) && !cursor_.At(Symbol::kLeftBracket)) {
      type.dimensions.push_back(TypeName::kVariableLength);
      return Status::OK();
    }
    const size_t opening = cursor_.Position();
    if (!cursor_.Accept(Symbol::kLeftBracket)) return Status::OK();
    int64_t length = TypeName::kVariableLength;
    if (cursor_.Peek().kind == TokenKind::kInteger) {
      constexpr size_t kMaxDigits = 9;
      const std::string_view digits = cursor_.Text(cursor_.Peek());
      length = 0;
      for (const char c : digits.substr(0, kMaxDigits)) length = length * 10 + (c - '0');
      const bool is_plain = digits.find_first_not_of("0123456789") == std::string_view::npos;
      if (!is_plain || digits.size() > kMaxDigits || length == 0) {
        return Status::InvalidInput("the length of an array is a number from 1 to 999999999")
            .WithPosition(cursor_.Position());
      }
      cursor_.Advance();
    }
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBracket, opening));
    type.dimensions.push_back(length);
  }
}

}  // namespace trivet
