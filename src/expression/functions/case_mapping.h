#pragma once

#include <string>
#include <string_view>

namespace trivet {

// Upper and lower case code point by code point (ICU's simple mappings), appended to `out`.
void AppendUpper(std::string_view text, std::string& out);
void AppendLower(std::string_view text, std::string& out);

}  // namespace trivet
