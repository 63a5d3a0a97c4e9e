#include "sql/binder/literal.h"

#include <limits>

#include "base/string_concat.h"
#include "types/number_parse.h"

namespace trivet::binder {

namespace {

Result<Value> DoubleLiteral(const syntax::LiteralExpression& literal) {
  double value = 0;
  if (ParseDouble(literal.value, &value) != NumberParse::kOk) {
    return Status::InvalidInput(StrCat("malformed number ", literal.value))
        .WithPosition(literal.position);
  }
  return Value::Double(value);
}

Result<Value> IntegerLiteral(const syntax::LiteralExpression& literal) {
  int128_t value = 0;
  if (ParseInteger(literal.value, kInt128Min, kInt128Max, &value) != NumberParse::kOk) {
    return DoubleLiteral(literal);
  }
  if (value >= std::numeric_limits<int32_t>::min() &&
      value <= std::numeric_limits<int32_t>::max()) {
    return Value::Integer(TypeId::kInt32, value);
  }
  if (value >= std::numeric_limits<int64_t>::min() &&
      value <= std::numeric_limits<int64_t>::max()) {
    return Value::Integer(TypeId::kInt64, value);
  }
  return Value::Integer(TypeId::kInt128, value);
}

Result<Value> DecimalLiteral(const syntax::LiteralExpression& literal) {
  std::string_view digits = literal.value;
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  const size_t point = digits.find('.');
  const size_t scale = point == std::string_view::npos ? 0 : digits.size() - point - 1;
  const size_t precision = digits.size() - (point == std::string_view::npos ? 0 : 1);
  if (precision > kMaxDecimalPrecision || precision == 0) return DoubleLiteral(literal);
  int128_t unscaled = 0;
  if (ParseScaled(literal.value, static_cast<int>(scale), &unscaled) != NumberParse::kOk) {
    return DoubleLiteral(literal);
  }
  return Value::Integer(
      LogicalType::Decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale)), unscaled);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<Value> BlobLiteral(const syntax::LiteralExpression& literal) {
  std::string bytes;
  const std::string& digits = literal.value;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const int high = HexDigit(digits[i]);
    const int low = i + 1 < digits.size() ? HexDigit(digits[i + 1]) : -1;
    if (high < 0 || low < 0) {
      return Status::InvalidInput("a blob literal needs pairs of hexadecimal digits")
          .WithPosition(literal.position);
    }
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return Value::Blob(std::move(bytes));
}

}  // namespace

Result<Value> LiteralValue(const syntax::LiteralExpression& literal) {
  switch (literal.literal) {
    case syntax::LiteralKind::kNull: return Value::Null();
    case syntax::LiteralKind::kBoolean: return Value::Boolean(literal.value == "true");
    case syntax::LiteralKind::kInteger: return IntegerLiteral(literal);
    case syntax::LiteralKind::kDecimal: return DecimalLiteral(literal);
    case syntax::LiteralKind::kDouble: return DoubleLiteral(literal);
    case syntax::LiteralKind::kString: return Value::Varchar(literal.value);
    case syntax::LiteralKind::kBlob: return BlobLiteral(literal);
    case syntax::LiteralKind::kBitString:
      return Status::NotImplemented("bit strings are not supported yet")
          .WithPosition(literal.position);
  }
  return Status::Internal("unknown literal");
}

}  // namespace trivet::binder
