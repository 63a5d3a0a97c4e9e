#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace trivet {

// What Arrow's CSV reader complains of in the user's terms: columns by name instead of number, and
// a hint at the option that helps. Other errors stay as they are.
Status ExplainCsvError(Status status, const std::vector<std::string>& columns);

// The error of a quote that is opened in this line and never closed.
Status UnclosedQuote(uint64_t line);

}  // namespace trivet
