#include "types/cast_rules.h"

#include <algorithm>

#include "base/assert.h"

namespace trivet {

namespace {

int TargetCost(const LogicalType& to) {
  switch (to.id()) {
    case TypeId::kInt64: return 101;
    case TypeId::kDouble: return 102;
    case TypeId::kInt32: return 103;
    case TypeId::kDecimal: return 104;
    case TypeId::kInt128: return 120;
    case TypeId::kTimestamp:
      if (to.with_time_zone()) return 123;
      return to.unit() == TimeUnit::kMicro ? 119 : to.unit() == TimeUnit::kNano ? 120 : 121;
    case TypeId::kVarchar: return 149;
    case TypeId::kList:
    case TypeId::kStruct: return 160;
    default: return 110;
  }
}

// Bits of an integer type.
int Width(const LogicalType& type) { return 8 * static_cast<int>(TypeSize(type)); }

bool IntegerConverts(const LogicalType& from, const LogicalType& to) {
  if (from.IsSigned() && !to.IsSigned()) return false;
  return Width(to) > Width(from);
}

bool TimestampConverts(const LogicalType& from, const LogicalType& to) {
  if (from.with_time_zone()) return false;
  if (to.with_time_zone()) return from.unit() != TimeUnit::kNano;
  // Finer units hold coarser ones; TIMESTAMP takes in all.
  return to.unit() >= from.unit() || to.unit() == TimeUnit::kMicro;
}

bool Converts(const LogicalType& from, const LogicalType& to) {
  if (from.IsNull()) return true;
  if (from.IsInteger()) {
    return to.IsInteger() ? IntegerConverts(from, to)
                          : to.IsFloating() || to.id() == TypeId::kDecimal;
  }
  switch (from.id()) {
    case TypeId::kFloat: return to.id() == TypeId::kDouble;
    case TypeId::kDecimal: return to.IsFloating() || to.id() == TypeId::kDecimal;
    case TypeId::kDate: return to.id() == TypeId::kTimestamp;
    case TypeId::kTimestamp: return to.id() == TypeId::kTimestamp && TimestampConverts(from, to);
    default: return false;
  }
}

std::optional<int> StructCost(const LogicalType& from, const LogicalType& to) {
  const auto& source = from.fields();
  const auto& target = to.fields();
  if (source.size() != target.size()) return std::nullopt;
  int cost = 0;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i].name != target[i].name) return std::nullopt;
    const std::optional<int> field = ImplicitCastCost(source[i].type, target[i].type);
    if (!field) return std::nullopt;
    cost = std::max(cost, *field);
  }
  return cost;
}

LogicalType DecimalFor(int integer_digits, int scale) {
  const int digits = std::min<int>(integer_digits, kMaxDecimalPrecision);
  const int kept_scale = std::min(scale, kMaxDecimalPrecision - digits);
  return LogicalType::Decimal(static_cast<uint8_t>(std::max(1, digits + kept_scale)),
                              static_cast<uint8_t>(kept_scale));
}

LogicalType NumericSupertype(const LogicalType& left, const LogicalType& right) {
  if (left.IsFloating() || right.IsFloating()) {
    const bool is_double = left.id() == TypeId::kDouble || right.id() == TypeId::kDouble;
    return is_double ? TypeId::kDouble : TypeId::kFloat;
  }
  if (left.id() == TypeId::kDecimal && right.id() == TypeId::kDecimal) {
    return DecimalFor(std::max(left.precision() - left.scale(), right.precision() - right.scale()),
                      std::max(left.scale(), right.scale()));
  }
  if (left.id() == TypeId::kDecimal || right.id() == TypeId::kDecimal) {
    // An integer keeps the decimal's scale; its digits grow as far as there is room.
    const LogicalType& decimal = left.id() == TypeId::kDecimal ? left : right;
    const LogicalType integer = DecimalOfInteger(left.id() == TypeId::kDecimal ? right : left);
    const int digits = std::max<int>(decimal.precision() - decimal.scale(), integer.precision());
    const int precision = std::min<int>(digits + decimal.scale(), kMaxDecimalPrecision);
    return LogicalType::Decimal(static_cast<uint8_t>(precision), decimal.scale());
  }
  if (left.IsSigned() == right.IsSigned()) return Width(left) >= Width(right) ? left : right;
  const LogicalType& with_sign = left.IsSigned() ? left : right;
  const LogicalType& without = left.IsSigned() ? right : left;
  if (Width(with_sign) > Width(without)) return with_sign;
  switch (Width(without)) {
    case 8: return TypeId::kInt16;
    case 16: return TypeId::kInt32;
    case 32: return TypeId::kInt64;
    default: return TypeId::kInt128;
  }
}

std::optional<LogicalType> TimestampSupertype(const LogicalType& left, const LogicalType& right) {
  if (left.with_time_zone() || right.with_time_zone()) {
    // Nanoseconds have no zoned form to go to.
    if (left.unit() == TimeUnit::kNano || right.unit() == TimeUnit::kNano) return std::nullopt;
    return LogicalType::Timestamp(TimeUnit::kMicro, true);
  }
  return left.unit() >= right.unit() ? left : right;
}

std::optional<LogicalType> StructSupertype(const LogicalType& left, const LogicalType& right) {
  if (left.fields().size() != right.fields().size()) return std::nullopt;
  std::vector<StructField> fields;
  for (size_t i = 0; i < left.fields().size(); ++i) {
    if (left.fields()[i].name != right.fields()[i].name) return std::nullopt;
    const auto type = CommonSupertype(left.fields()[i].type, right.fields()[i].type);
    if (!type) return std::nullopt;
    fields.push_back({left.fields()[i].name, *type});
  }
  return LogicalType::Struct(std::move(fields));
}

}  // namespace

LogicalType DecimalOfInteger(const LogicalType& integer) {
  switch (integer.id()) {
    case TypeId::kInt8:
    case TypeId::kUInt8: return LogicalType::Decimal(3, 0);
    case TypeId::kInt16:
    case TypeId::kUInt16: return LogicalType::Decimal(5, 0);
    case TypeId::kInt32:
    case TypeId::kUInt32: return LogicalType::Decimal(10, 0);
    case TypeId::kInt64: return LogicalType::Decimal(19, 0);
    case TypeId::kUInt64: return LogicalType::Decimal(20, 0);
    default: TRIVET_ASSERT(integer.id() == TypeId::kInt128); return LogicalType::Decimal(38, 0);
  }
}

std::optional<int> ImplicitCastCost(const LogicalType& from, const LogicalType& to) {
  if (from == to) return 0;
  if (from.id() == TypeId::kList && to.id() == TypeId::kList) {
    return ImplicitCastCost(from.element(), to.element());
  }
  if (from.id() == TypeId::kStruct && to.id() == TypeId::kStruct) return StructCost(from, to);
  if (!Converts(from, to)) return std::nullopt;
  return TargetCost(to);
}

std::optional<LogicalType> CommonSupertype(const LogicalType& left, const LogicalType& right) {
  if (left == right || right.IsNull()) return left;
  if (left.IsNull()) return right;
  if (left.IsNumeric() && right.IsNumeric()) return NumericSupertype(left, right);
  if (left.id() == TypeId::kBoolean && right.IsInteger()) return right;
  if (right.id() == TypeId::kBoolean && left.IsInteger()) return left;
  if (left.id() == TypeId::kDate && right.id() == TypeId::kTimestamp) return right;
  if (left.id() == TypeId::kTimestamp && right.id() == TypeId::kDate) return left;
  if (left.id() != right.id()) return std::nullopt;
  switch (left.id()) {
    case TypeId::kTimestamp: return TimestampSupertype(left, right);
    case TypeId::kStruct: return StructSupertype(left, right);
    case TypeId::kList: {
      const auto element = CommonSupertype(left.element(), right.element());
      if (!element) return std::nullopt;
      return LogicalType::List(*element);
    }
    default: return std::nullopt;
  }
}

std::optional<LogicalType> SetOperationType(const LogicalType& left, const LogicalType& right) {
  if (const auto common = CommonSupertype(left, right)) return common;
  const auto spelled_by_text = [](const LogicalType& type) {
    return type.id() == TypeId::kBlob || type.id() == TypeId::kUuid;
  };
  if (left.id() == TypeId::kVarchar) return spelled_by_text(right) ? right : left;
  if (right.id() == TypeId::kVarchar) return spelled_by_text(left) ? left : right;
  return std::nullopt;
}

}  // namespace trivet
