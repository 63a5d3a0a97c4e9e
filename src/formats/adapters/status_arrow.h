#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

#include "base/status.h"

namespace trivet {

// An Arrow status as ours. Where one of ours travelled through Arrow (from a stream or memory pool
// of this folder) it comes out as it went in.
Status FromArrow(const arrow::Status& status);
// Ours as Arrow's, with ours inside.
arrow::Status ToArrow(Status status);

template <typename T>
Result<T> FromArrow(arrow::Result<T> result) {
  if (!result.ok()) return FromArrow(result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace trivet
