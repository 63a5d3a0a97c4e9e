#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "session/connection.h"

namespace trivet {

// What the word may become: keywords, functions, tables, their columns, settings after SET, and dot
// commands; sorted, each starting with the word in any case.
std::vector<std::string> Complete(Connection& connection, std::string_view word);

// The longest text that all candidates begin with.
std::string CommonPrefix(const std::vector<std::string>& candidates);

}  // namespace trivet
