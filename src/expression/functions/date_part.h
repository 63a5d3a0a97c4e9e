#pragma once

#include <optional>
#include <string_view>

#include "expression/function.h"

namespace trivet {

// The parts into which EXTRACT, date_trunc, date_diff and their like take dates and times apart.
enum class DatePart : uint8_t {
  kMillennium,
  kCentury,
  kDecade,
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kEpoch,
  kDayOfWeek,     // 0 Sunday .. 6
  kIsoDayOfWeek,  // 1 Monday .. 7
  kDayOfYear,
  kIsoYear,
  kYearWeek,
  kEra,
  kTimeZone,
  kTimeZoneHour,
  kTimeZoneMinute,
  kJulian,
};

// The part that a name stands for, in any case, plural and short forms included.
std::optional<DatePart> ParseDatePart(std::string_view name);
std::string_view DatePartName(DatePart part);
// InvalidInput with the nearest name.
Status UnknownDatePart(std::string_view name);

// The kernel that extracts the part of argument 0, and the type that it gives: BIGINT, or DOUBLE for
// epoch and julian. Null where values of the type have no such part.
ScalarKernel DatePartKernel(DatePart part, const LogicalType& type);
LogicalType DatePartType(DatePart part);

}  // namespace trivet
