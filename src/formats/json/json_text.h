#pragma once

#include <string>
#include <string_view>

#include "types/time_zone.h"
#include "types/value.h"

namespace trivet {

// Appends the text as a JSON string, quotes around it.
void AppendJsonString(std::string_view text, std::string& out);

// Appends the value as JSON: numbers and booleans as they are, lists as arrays, structs as objects,
// all else (NaN and infinities too, for which JSON has no word) as the string that a cast in the
// zone gives.
void AppendJson(const Value& value, const TimeZone& zone, std::string& out);

}  // namespace trivet
