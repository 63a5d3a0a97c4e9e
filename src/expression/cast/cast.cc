#include "expression/cast.h"

#include "base/string_concat.h"
#include "expression/cast/cast_kernels.h"
#include "types/cast_rules.h"

namespace trivet {

namespace cast_internal {

std::string_view StorageName(const LogicalType& type) {
  if (type.id() == TypeId::kUuid) return "UUID";
  if (type.id() == TypeId::kInterval) return "INTERVAL";
  switch (type.physical()) {
    case PhysicalType::kBool: return "BOOL";
    case PhysicalType::kInt8: return "INT8";
    case PhysicalType::kInt16: return "INT16";
    case PhysicalType::kInt32: return "INT32";
    case PhysicalType::kInt64: return "INT64";
    case PhysicalType::kUInt8: return "UINT8";
    case PhysicalType::kUInt16: return "UINT16";
    case PhysicalType::kUInt32: return "UINT32";
    case PhysicalType::kUInt64: return "UINT64";
    case PhysicalType::kInt128: return "INT128";
    case PhysicalType::kFloat: return "FLOAT";
    case PhysicalType::kDouble: return "DOUBLE";
    case PhysicalType::kString: return "VARCHAR";
    case PhysicalType::kInterval: return "INTERVAL";
    case PhysicalType::kList: return "LIST";
    case PhysicalType::kStruct: return "STRUCT";
  }
  return "UNKNOWN";
}

Status OutOfRange(const LogicalType& from, std::string_view value, const LogicalType& to) {
  return Status::InvalidInput(
      StrCat("Type ", StorageName(from), " with value ", value,
             " can't be cast because the value is out of range for the destination type ",
             StorageName(to)));
}

Status BadText(std::string_view text, std::string_view target) {
  return Status::InvalidInput(StrCat("Could not convert string '", text, "' to ", target));
}

namespace {

bool IsIntegral(const LogicalType& type) {
  return type.IsInteger() || type.id() == TypeId::kBoolean;
}
bool IsDateOrTime(const LogicalType& type) {
  return type.id() == TypeId::kDate || type.id() == TypeId::kTime ||
         type.id() == TypeId::kTimestamp;
}
bool IsUuidOrBlob(const LogicalType& type) {
  return type.id() == TypeId::kUuid || type.id() == TypeId::kBlob;
}

}  // namespace
}  // namespace cast_internal

CastKernel FindCast(const LogicalType& from, const LogicalType& to) {
  using namespace cast_internal;  // NOLINT: the families of this very file's module
  if (to.id() == TypeId::kVarchar) return FindToTextCast(from);
  if (from.IsNested() || to.IsNested()) return FindNestedCast(from, to);
  if (from.id() == TypeId::kVarchar) return FindFromTextCast(to);
  const bool from_number = IsIntegral(from) || from.IsFloating();
  const bool to_number = IsIntegral(to) || to.IsFloating();
  if (to.id() == TypeId::kDecimal) {
    return from_number || from.id() == TypeId::kDecimal ? FindToDecimalCast(from, to) : nullptr;
  }
  if (from.id() == TypeId::kDecimal) return to_number ? FindFromDecimalCast(from, to) : nullptr;
  if (from_number && to_number) {
    return IsIntegral(from) && IsIntegral(to) ? FindIntegerCast(from, to)
                                              : FindFloatingCast(from, to);
  }
  if (IsDateOrTime(from) && IsDateOrTime(to)) return FindTemporalCast(from, to);
  if (IsUuidOrBlob(from) && IsUuidOrBlob(to)) return FindUuidCast(from, to);
  return nullptr;
}

namespace {

int IntegerDigits(const LogicalType& decimal) { return decimal.precision() - decimal.scale(); }

bool ToDecimalCanFail(const LogicalType& from, const LogicalType& to) {
  if (from.id() == TypeId::kBoolean) return IntegerDigits(to) < 1;
  if (from.IsInteger()) {
    // 128 bits hold numbers of 39 digits.
    return from.id() == TypeId::kInt128 ||
           IntegerDigits(DecimalOfInteger(from)) > IntegerDigits(to);
  }
  if (from.id() != TypeId::kDecimal) return true;
  // Rounding may carry into one more digit.
  return IntegerDigits(from) + (to.scale() < from.scale() ? 1 : 0) > IntegerDigits(to);
}

bool TimestampCanFail(const LogicalType& from, const LogicalType& to) {
  if (to.id() == TypeId::kDate) return from.with_time_zone();
  if (to.id() == TypeId::kTime) return true;  // infinity has none
  return from.with_time_zone() != to.with_time_zone() || to.unit() > from.unit();
}

}  // namespace

bool CastCanFail(const LogicalType& from, const LogicalType& to) {
  if (from == to || from.IsNull() || to.id() == TypeId::kVarchar || to.id() == TypeId::kBoolean) {
    return from.id() == TypeId::kVarchar && to.id() == TypeId::kBoolean;
  }
  if (from.id() == TypeId::kBoolean && to.id() != TypeId::kDecimal) return false;
  if (to.id() == TypeId::kDecimal) return ToDecimalCanFail(from, to);
  if (from.IsInteger() && to.IsInteger()) return !ImplicitCastCost(from, to);
  if (to.IsFloating()) {
    return !from.IsNumeric() || (from.id() == TypeId::kDouble && to.id() == TypeId::kFloat);
  }
  if (from.id() == TypeId::kTimestamp) return TimestampCanFail(from, to);
  return !(from.id() == TypeId::kUuid && to.id() == TypeId::kBlob);
}

}  // namespace trivet
