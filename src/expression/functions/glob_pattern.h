#pragma once

#include <string_view>

#include "base/cancellation.h"

namespace trivet {

// Whether the whole text matches the pattern: * is any text, ? any byte, [a-z] and [!a-z] one byte
// in or out of a set, \ the next byte as it is. A set that does not end, or a \ at the end, matches
// nothing. Takes the product of both lengths at worst, which a cancellation ends, with false.
bool MatchesGlob(std::string_view text, std::string_view pattern, const CancellationToken& token);

}  // namespace trivet
