#include <array>
#include <string>
#include <vector>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "expression/functions/date_part.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

struct NamedPart {
  std::string_view name;
  DatePart part;
};

// The first name of a part is the one that messages use.
constexpr NamedPart kNames[] = {
    {"millennium", DatePart::kMillennium},
    {"millennia", DatePart::kMillennium},
    {"millenium", DatePart::kMillennium},
    {"mil", DatePart::kMillennium},
    {"mils", DatePart::kMillennium},
    {"century", DatePart::kCentury},
    {"centuries", DatePart::kCentury},
    {"cent", DatePart::kCentury},
    {"c", DatePart::kCentury},
    {"decade", DatePart::kDecade},
    {"decades", DatePart::kDecade},
    {"dec", DatePart::kDecade},
    {"decs", DatePart::kDecade},
    {"year", DatePart::kYear},
    {"years", DatePart::kYear},
    {"y", DatePart::kYear},
    {"yr", DatePart::kYear},
    {"yrs", DatePart::kYear},
    {"quarter", DatePart::kQuarter},
    {"quarters", DatePart::kQuarter},
    {"month", DatePart::kMonth},
    {"months", DatePart::kMonth},
    {"mon", DatePart::kMonth},
    {"mons", DatePart::kMonth},
    {"week", DatePart::kWeek},
    {"weeks", DatePart::kWeek},
    {"w", DatePart::kWeek},
    {"weekofyear", DatePart::kWeek},
    {"day", DatePart::kDay},
    {"days", DatePart::kDay},
    {"d", DatePart::kDay},
    {"dayofmonth", DatePart::kDay},
    {"hour", DatePart::kHour},
    {"hours", DatePart::kHour},
    {"h", DatePart::kHour},
    {"hr", DatePart::kHour},
    {"hrs", DatePart::kHour},
    {"minute", DatePart::kMinute},
    {"minutes", DatePart::kMinute},
    {"m", DatePart::kMinute},
    {"min", DatePart::kMinute},
    {"mins", DatePart::kMinute},
    {"second", DatePart::kSecond},
    {"seconds", DatePart::kSecond},
    {"s", DatePart::kSecond},
    {"sec", DatePart::kSecond},
    {"secs", DatePart::kSecond},
    {"millisecond", DatePart::kMillisecond},
    {"milliseconds", DatePart::kMillisecond},
    {"ms", DatePart::kMillisecond},
    {"msec", DatePart::kMillisecond},
    {"msecs", DatePart::kMillisecond},
    {"msecond", DatePart::kMillisecond},
    {"mseconds", DatePart::kMillisecond},
    {"microsecond", DatePart::kMicrosecond},
    {"microseconds", DatePart::kMicrosecond},
    {"us", DatePart::kMicrosecond},
    {"usec", DatePart::kMicrosecond},
    {"usecs", DatePart::kMicrosecond},
    {"usecond", DatePart::kMicrosecond},
    {"useconds", DatePart::kMicrosecond},
    {"epoch", DatePart::kEpoch},
    {"dow", DatePart::kDayOfWeek},
    {"dayofweek", DatePart::kDayOfWeek},
    {"weekday", DatePart::kDayOfWeek},
    {"isodow", DatePart::kIsoDayOfWeek},
    {"doy", DatePart::kDayOfYear},
    {"dayofyear", DatePart::kDayOfYear},
    {"isoyear", DatePart::kIsoYear},
    {"yearweek", DatePart::kYearWeek},
    {"era", DatePart::kEra},
    {"timezone", DatePart::kTimeZone},
    {"timezone_hour", DatePart::kTimeZoneHour},
    {"timezone_minute", DatePart::kTimeZoneMinute},
    {"julian", DatePart::kJulian},
    {"jd", DatePart::kJulian},
};

}  // namespace

std::optional<DatePart> ParseDatePart(std::string_view name) {
  for (const NamedPart& known : kNames) {
    if (EqualsLower(name, known.name)) return known.part;
  }
  return std::nullopt;
}

std::string_view DatePartName(DatePart part) {
  for (const NamedPart& known : kNames) {
    if (known.part == part) return known.name;
  }
  return "?";
}

Status UnknownDatePart(std::string_view name) {
  std::vector<std::string> names;
  for (const NamedPart& known : kNames) names.emplace_back(known.name);
  Status status = Status::InvalidInput(StrCat("extract specifier \"", name, "\" not recognized"));
  const std::string nearest = NearestName(name, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
}

LogicalType DatePartType(DatePart part) {
  const bool fractional = part == DatePart::kEpoch || part == DatePart::kJulian;
  return fractional ? TypeId::kDouble : TypeId::kInt64;
}

}  // namespace trivet
