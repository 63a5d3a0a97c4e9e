#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace trivet {

// A status with all its details as bytes, for every hop between processes. OK has an encoding too.
std::string EncodeStatus(const Status& status);
// Sets `out` to the status that was encoded; Corruption (the returned status) where the bytes are
// none.
Status DecodeStatus(std::string_view bytes, Status& out);

}  // namespace trivet
