#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "coordinator/state.h"

namespace trivet {

// Equal bytes exactly where the states are equal.
std::string EncodeState(const CoordinatorState& state);
// Corruption if the bytes are not those of a state.
Status DecodeState(std::string_view bytes, CoordinatorState& state);

}  // namespace trivet
