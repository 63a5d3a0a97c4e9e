#include "formats/type_detection.h"

#include <algorithm>
#include <limits>
#include <span>

#include "types/date_time_parse.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

// Sign, digits, and what follows the digits.
struct NumberShape {
  bool is_integer = false;
  bool is_number = false;
};

NumberShape ShapeOf(std::string_view text) {
  text = TrimBlanks(text);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  NumberShape shape;
  if (digits > 1 && text[0] == '0') return shape;
  shape.is_integer = digits > 0 && digits == text.size();
  const bool fraction = text.size() > digits && text[digits] == '.';
  const bool exponent =
      digits > 0 && text.size() > digits && (text[digits] == 'e' || text[digits] == 'E');
  const bool word =
      EqualsLower(text, "nan") || EqualsLower(text, "inf") || EqualsLower(text, "infinity");
  shape.is_number = shape.is_integer || fraction || exponent || word;
  return shape;
}

bool FitsInteger(std::string_view text, int128_t minimum, int128_t maximum) {
  int128_t value = 0;
  return ShapeOf(text).is_integer &&
         ParseInteger(text, minimum, maximum, &value) == NumberParse::kOk;
}

// The year first, in full, and dashes: casts read more than that, but would take 13-02-20 for a day
// of the year 13.
bool LooksLikeDate(std::string_view text) {
  text = TrimBlanks(text);
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  return digits >= 4 && digits < text.size() && text[digits] == '-';
}

// Hours first: a cast reads the time of a timestamp, too.
bool LooksLikeTime(std::string_view text) {
  const size_t colon = TrimBlanks(text).find(':');
  return colon == 1 || colon == 2;
}

}  // namespace

bool TextFitsType(std::string_view text, const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kBoolean: {
      // A cast takes "y" and "n" too; a column of single letters is more likely one of letters.
      bool value = false;
      return !text.empty() && !IsDigit(text[0]) && !EqualsLower(text, "y") &&
             !EqualsLower(text, "n") && ParseBoolean(text, &value);
    }
    case TypeId::kTime: {
      int64_t micros = 0;
      return LooksLikeTime(text) && ParseTime(text, &micros) == DateTimeParse::kOk;
    }
    case TypeId::kDate: {
      int32_t days = 0;
      return LooksLikeDate(text) && TrimBlanks(text).size() <= 10 &&
             ParseDate(text, &days) == DateTimeParse::kOk;
    }
    case TypeId::kTimestamp: {
      ParsedTimestamp parts;
      return LooksLikeDate(text) && ParseTimestampParts(text, &parts) == DateTimeParse::kOk &&
             parts.infinity == 0 && parts.zone.empty() &&
             (type.with_time_zone() || !parts.has_offset);
    }
    case TypeId::kInt64:
      return FitsInteger(text, std::numeric_limits<int64_t>::min(),
                         std::numeric_limits<int64_t>::max());
    case TypeId::kInt128: return FitsInteger(text, kInt128Min, kInt128Max);
    case TypeId::kDouble: {
      double value = 0;
      return ShapeOf(text).is_number && ParseDouble(text, &value) == NumberParse::kOk;
    }
    default: return true;
  }
}

LogicalType DetectType(const std::vector<std::optional<std::string_view>>& texts) {
  const bool any = std::any_of(texts.begin(), texts.end(), [](const auto& text) { return text; });
  if (!any) return TypeId::kVarchar;
  for (const LogicalType& candidate :
       {LogicalType(TypeId::kBoolean), LogicalType(TypeId::kTime), LogicalType(TypeId::kDate),
        LogicalType::Timestamp(), LogicalType::Timestamp(TimeUnit::kMicro, true),
        LogicalType(TypeId::kInt64), LogicalType(TypeId::kInt128), LogicalType(TypeId::kDouble)}) {
    if (std::all_of(texts.begin(), texts.end(),
                    [&](const auto& text) { return !text || TextFitsType(*text, candidate); })) {
      return candidate;
    }
  }
  return TypeId::kVarchar;
}

}  // namespace trivet
