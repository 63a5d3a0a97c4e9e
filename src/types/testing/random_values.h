#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "types/decimal.h"
#include "types/value.h"

// For tests alone: values of every type that is not nested, from a generator. Edge values are
// common, and so are repeated ones.
namespace trivet::testing {

using Random = std::mt19937_64;

// Every type that is not nested and has values.
inline const std::vector<LogicalType>& ScalarTypes() {
  static const std::vector<LogicalType> types = {TypeId::kBoolean,
                                                 TypeId::kInt8,
                                                 TypeId::kInt16,
                                                 TypeId::kInt32,
                                                 TypeId::kInt64,
                                                 TypeId::kUInt8,
                                                 TypeId::kUInt16,
                                                 TypeId::kUInt32,
                                                 TypeId::kUInt64,
                                                 TypeId::kInt128,
                                                 LogicalType::Decimal(4, 1),
                                                 LogicalType::Decimal(9, 2),
                                                 LogicalType::Decimal(18, 3),
                                                 LogicalType::Decimal(38, 10),
                                                 TypeId::kFloat,
                                                 TypeId::kDouble,
                                                 TypeId::kVarchar,
                                                 TypeId::kBlob,
                                                 TypeId::kDate,
                                                 TypeId::kTime,
                                                 LogicalType::Timestamp(),
                                                 LogicalType::Timestamp(TimeUnit::kNano),
                                                 LogicalType::Timestamp(TimeUnit::kMicro, true),
                                                 TypeId::kInterval,
                                                 TypeId::kUuid};
  return types;
}

inline double RandomFinite(Random& random) {
  using Limits = std::numeric_limits<double>;
  constexpr double kEdges[] = {0.0,
                               -0.0,
                               1.0,
                               -1.0,
                               0.1,
                               Limits::max(),
                               -Limits::max(),
                               Limits::min(),
                               Limits::denorm_min(),
                               -3 * Limits::denorm_min()};
  switch (random() % 4) {
    case 0: return kEdges[random() % std::size(kEdges)];
    case 1: return static_cast<double>(random() % 7);
    case 2: return std::bit_cast<double>(random() & ~(uint64_t{1} << 62));  // any exponent
    default: return static_cast<double>(static_cast<int64_t>(random())) / 1e15;
  }
}

inline double RandomNonFinite(Random& random) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double kinds[] = {kInfinity, -kInfinity, std::nan(""), -std::nan("1")};
  return kinds[random() % std::size(kinds)];
}

inline bool IsUnsignedInteger(const LogicalType& type) {
  return type.IsInteger() && !type.IsSigned();
}

// The greatest magnitude that a value of the type may have, as far as tests go: decimals stay
// within their precision, times within a day, dates and timestamps far from where they end.
inline uint128_t LargestMagnitude(const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kDecimal: return static_cast<uint128_t>(PowerOfTen(type.precision())) - 1;
    case TypeId::kDate: return (uint128_t{1} << 20) - 1;
    case TypeId::kTime:
    case TypeId::kTimestamp: return (uint128_t{1} << 36) - 1;
    default: break;
  }
  const auto bits = static_cast<int>(8 * TypeSize(type)) - (IsUnsignedInteger(type) ? 0 : 1);
  return (uint128_t{1} << (bits - 1) << 1) - 1;
}

// An edge of the type's range, a small number or one of any size.
inline Value RandomInteger(const LogicalType& type, Random& random) {
  const uint128_t most = LargestMagnitude(type);
  const bool has_sign = !IsUnsignedInteger(type) && type.id() != TypeId::kTime;
  const bool is_plain = type.IsInteger() && has_sign;
  uint128_t magnitude = random() % 9;
  switch (random() % 4) {
    case 0: magnitude = most; break;
    case 1: {
      const uint128_t any = static_cast<uint128_t>(random()) << 64 | random();
      magnitude = (any >> (random() % 120)) & most;
      if (magnitude > most) magnitude = most;
      break;
    }
    default: break;
  }
  magnitude = std::min(magnitude, most);
  if (!has_sign || random() % 2) return Value::Integer(type, static_cast<int128_t>(magnitude));
  const bool lowest = is_plain && magnitude == most && random() % 2;
  return Value::Integer(type, -static_cast<int128_t>(magnitude) - (lowest ? 1 : 0));
}

// Short ones, and pairs that agree in their first bytes; with zero bytes and letters of two.
inline std::string RandomText(Random& random) {
  const std::string letters[] = {"a", std::string(1, '\0'), "b", "ÿ"};
  const size_t size = random() % 5 == 0 ? random() % 60 : random() % 4 + (random() % 2) * 11;
  std::string text;
  while (text.size() < size) text += letters[random() % (text.size() < 11 ? 2 : 4)];
  return text;
}

// A value of a scalar type; `non_finite_share` is that of NaNs and infinities.
inline Value RandomValue(const LogicalType& type, Random& random, double null_share = 0.15,
                         double non_finite_share = 0.2) {
  const auto chance = [&](double share) {
    return static_cast<double>(random() % 1000) < share * 1000;
  };
  if (chance(null_share)) return Value::Null(type);
  switch (type.id()) {
    case TypeId::kBoolean: return Value::Boolean(random() % 2 == 0);
    case TypeId::kDouble:
      return Value::Double(chance(non_finite_share) ? RandomNonFinite(random)
                                                    : RandomFinite(random));
    case TypeId::kFloat: {
      if (chance(non_finite_share))
        return Value::Float(static_cast<float>(RandomNonFinite(random)));
      constexpr double kMost = std::numeric_limits<float>::max();
      return Value::Float(static_cast<float>(std::clamp(RandomFinite(random), -kMost, kMost)));
    }
    case TypeId::kVarchar: return Value::Varchar(RandomText(random));
    case TypeId::kBlob: return Value::Blob(RandomText(random));
    case TypeId::kInterval: {
      // Equal lengths of different parts are common.
      const auto months = static_cast<int32_t>(random() % 5) - 2;
      const auto days = static_cast<int32_t>(random() % 5) * 30 - 60;
      const auto micros = static_cast<int64_t>(random() % 3) * (random() % 2 ? 1 : 86'400'000'000);
      return Value::FromInterval({months, days, micros});
    }
    default: return RandomInteger(type, random);
  }
}

}  // namespace trivet::testing
