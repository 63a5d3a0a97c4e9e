#pragma once

#include <arrow/status.h>

#include <string>

#include "base/status.h"

namespace trivet {

// Statuses on their way through Arrow Flight: all of ours travels as the error's extra information,
// texts beyond kMaxStatusText bytes cut (they go into trailers, which HTTP/2 bounds). Only for .cc
// files.
inline constexpr size_t kMaxStatusText = 4096;

arrow::Status ToFlightStatus(const Status& status);
// The status that the peer gave; where it gave none (no connection, a deadline, a cancelled call)
// the transport's error in our terms, with `peer` named.
Status FromFlightStatus(const arrow::Status& status, const std::string& peer);

}  // namespace trivet
