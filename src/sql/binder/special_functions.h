#pragma once

#include <string_view>

namespace trivet::binder {

// Whether calls of the name, in lower case, are bound as expressions of their own (COALESCE, IF)
// instead of looked up among the functions.
bool IsSpecialFunction(std::string_view name);

}  // namespace trivet::binder
