#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace trivet {

// Edits (insert, delete, replace, swap of neighbours) that turn a into b, ASCII letters compared
// without case. Optimal string alignment over bytes.
size_t EditDistance(std::string_view a, std::string_view b);

// The candidate most like a mistyped name, for "did you mean" hints; empty where none is near
// enough to help. Ties go to the first in alphabetical order, so that messages repeat.
std::string NearestName(std::string_view name, std::span<const std::string> candidates);

}  // namespace trivet
