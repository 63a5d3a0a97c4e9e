#pragma once

#include <string_view>

namespace trivet {

// The keyword, in upper case, that `word` looks like a slip of: one edit away, two for long
// keywords; an edit inserts, deletes or replaces a letter or swaps two neighbours. Only keywords
// that begin or join clauses are considered. Empty where there is none.
std::string_view NearestClauseKeyword(std::string_view word);

}  // namespace trivet
