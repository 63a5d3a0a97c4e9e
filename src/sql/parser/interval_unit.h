#pragma once

#include <string_view>

#include "sql/keywords.h"

namespace trivet {

// A unit of time as a keyword, of INTERVAL 3 DAY and EXTRACT(DAY FROM x).
struct IntervalUnit {
  std::string_view part;      // the argument of date_part that EXTRACT stands for
  std::string_view function;  // makes an interval of a number of such units
  // The type that function takes; a unit that takes DOUBLE keeps fractions, the others cut them
  // off.
  std::string_view argument_type;
};

// Singular and plural alike; null for any other keyword.
const IntervalUnit* FindIntervalUnit(Keyword keyword);

}  // namespace trivet
