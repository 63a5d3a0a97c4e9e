#include "sql/binder/type_name.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "sql/binder/statement_state.h"
#include "sql/syntax/expression.h"

namespace trivet::binder {

namespace {

constexpr std::array<std::string_view, 14> kUnsupportedNames = {"BIT",
                                                                "BITSTRING",
                                                                "ENUM",
                                                                "UNION",
                                                                "MAP",
                                                                "STRUCT",
                                                                "ROW",
                                                                "JSON",
                                                                "UHUGEINT",
                                                                "VARIANT",
                                                                "TIME WITH TIME ZONE",
                                                                "TIMETZ",
                                                                "BIGNUM",
                                                                "GEOMETRY"};

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

Result<uint8_t> DecimalModifier(const syntax::Expression& modifier) {
  const auto* literal = modifier.TryAs<syntax::LiteralExpression>();
  int value = -1;
  if (literal != nullptr && literal->literal == syntax::LiteralKind::kInteger) {
    const std::string& text = literal->value;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc()) value = -1;
  }
  if (value < 0 || value > 255) {
    return Status::InvalidInput("DECIMAL type width must be between 1 and 38")
        .WithPosition(modifier.position);
  }
  return static_cast<uint8_t>(value);
}

Result<LogicalType> ResolveDecimal(const syntax::TypeName& name) {
  // DuckDB's defaults: DECIMAL is DECIMAL(18,3), DECIMAL(p) has no fraction.
  uint8_t precision = 18;
  uint8_t scale = 3;
  if (name.modifiers.size() > 2) {
    return Status::InvalidInput("a DECIMAL type takes width and scale").WithPosition(name.position);
  }
  if (!name.modifiers.empty()) {
    TRIVET_ASSIGN_OR_RETURN(precision, DecimalModifier(*name.modifiers[0]));
    scale = 0;
  }
  if (name.modifiers.size() == 2) {
    TRIVET_ASSIGN_OR_RETURN(scale, DecimalModifier(*name.modifiers[1]));
  }
  if (precision < 1 || precision > kMaxDecimalPrecision) {
    return Status::InvalidInput("DECIMAL type width must be between 1 and 38")
        .WithPosition(name.position);
  }
  if (scale > precision) {
    return Status::InvalidInput("DECIMAL type scale cannot be bigger than its width")
        .WithPosition(name.position);
  }
  return LogicalType::Decimal(precision, scale);
}

// Each type with its names, the canonical one first.
std::vector<std::pair<LogicalType, std::vector<std::string_view>>> TypesAndNames() {
  const auto time = [](TimeUnit unit) { return LogicalType::Timestamp(unit); };
  return {
      {TypeId::kBoolean, {"BOOLEAN", "BOOL", "LOGICAL"}},
      {TypeId::kInt8, {"TINYINT", "INT1"}},
      {TypeId::kInt16, {"SMALLINT", "INT2", "SHORT", "INT16"}},
      {TypeId::kInt32, {"INTEGER", "INT", "INT4", "SIGNED", "INT32", "INTEGRAL"}},
      {TypeId::kInt64, {"BIGINT", "INT8", "LONG", "INT64", "OID"}},
      {TypeId::kInt128, {"HUGEINT", "INT128"}},
      {TypeId::kUInt8, {"UTINYINT", "UINT8"}},
      {TypeId::kUInt16, {"USMALLINT", "UINT16"}},
      {TypeId::kUInt32, {"UINTEGER", "UINT32"}},
      {TypeId::kUInt64, {"UBIGINT", "UINT64"}},
      {TypeId::kFloat, {"FLOAT", "FLOAT4", "REAL"}},
      {TypeId::kDouble, {"DOUBLE", "FLOAT8", "DOUBLE PRECISION"}},
      {TypeId::kVarchar,
       {"VARCHAR", "TEXT", "STRING", "CHAR", "BPCHAR", "NVARCHAR", "CHARACTER",
        "CHARACTER VARYING"}},
      {TypeId::kBlob, {"BLOB", "BYTEA", "BINARY", "VARBINARY"}},
      {TypeId::kDate, {"DATE"}},
      {TypeId::kTime, {"TIME", "TIME WITHOUT TIME ZONE"}},
      {time(TimeUnit::kMicro),
       {"TIMESTAMP", "DATETIME", "TIMESTAMP_US", "TIMESTAMP WITHOUT TIME ZONE"}},
      {time(TimeUnit::kSecond), {"TIMESTAMP_S"}},
      {time(TimeUnit::kMilli), {"TIMESTAMP_MS"}},
      {time(TimeUnit::kNano), {"TIMESTAMP_NS"}},
      {LogicalType::Timestamp(TimeUnit::kMicro, true), {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}},
      {TypeId::kInterval, {"INTERVAL"}},
      {TypeId::kUuid, {"UUID", "GUID"}},
      {TypeId::kNull, {"NULL"}},
  };
}

}  // namespace

const std::vector<NamedType>& NamedTypes() {
  static const std::vector<NamedType> kTypes = [] {
    std::vector<NamedType> types;
    for (const auto& [type, names] : TypesAndNames()) {
      for (std::string_view name : names) types.push_back({name, type});
    }
    return types;
  }();
  return kTypes;
}

Result<LogicalType> ResolveTypeName(const syntax::TypeName& name) {
  const std::string upper = UpperCase(name.name.text);
  if (!name.dimensions.empty()) {
    return Unsupported(StrCat("the list type ", name.name.text, "[] is"), name.position);
  }
  if (std::ranges::find(kUnsupportedNames, upper) != kUnsupportedNames.end() ||
      !name.fields.empty()) {
    return Unsupported(StrCat("the type ", upper, " is"), name.position);
  }
  if (upper == "DECIMAL" || upper == "NUMERIC" || upper == "DEC") return ResolveDecimal(name);
  const auto& types = NamedTypes();
  const auto found = std::ranges::find(types, upper, &NamedType::name);
  if (found == types.end()) {
    std::vector<std::string> names;
    for (const NamedType& type : types) names.emplace_back(syntax::LowerCase(type.name));
    Status status = Status::NotFound(StrCat("Type with name ", name.name.text, " does not exist!"))
                        .WithPosition(name.position);
    const std::string nearest = NearestName(name.name.text, names);
    if (nearest.empty()) return status;
    return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
  }
  // VARCHAR(n) and its like do not limit lengths in this dialect; other types take no modifiers.
  if (!name.modifiers.empty() && found->type.id() != TypeId::kVarchar &&
      found->type.id() != TypeId::kBlob) {
    return Status::InvalidInput(StrCat("Type ", upper, " does not support any modifiers!"))
        .WithPosition(name.position);
  }
  return found->type;
}

}  // namespace trivet::binder
