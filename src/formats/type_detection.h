#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/type.h"

namespace trivet {

// The narrowest type that every text of a sample is written in: BOOLEAN, TIME, DATE, TIMESTAMP
// (with time zone), BIGINT, HUGEINT, DOUBLE or VARCHAR. NULLs (absent) fit any type; of NULLs alone
// VARCHAR. Numbers with leading zeros stay text: they are codes.
LogicalType DetectType(const std::vector<std::optional<std::string_view>>& texts);

// Whether one text is written in the type, by the same rules.
bool TextFitsType(std::string_view text, const LogicalType& type);

}  // namespace trivet
