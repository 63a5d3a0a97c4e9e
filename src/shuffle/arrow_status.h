#pragma once

#include <arrow/status.h>

#include "base/status.h"

namespace trivet {

// What Arrow reports while it handles data, in our terms: memory stays OutOfMemory, everything else
// becomes `otherwise`. Only for .cc files.
inline Status FromArrow(const arrow::Status& status, StatusCode otherwise) {
  if (status.ok()) return Status::OK();
  const StatusCode code = status.IsOutOfMemory() ? StatusCode::kOutOfMemory : otherwise;
  return Status(code, status.message());
}

}  // namespace trivet
