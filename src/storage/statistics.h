#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "types/value.h"

namespace trivet {

// What is known of a column without reading it. Bounds hold for every non-NULL value; absent:
// unknown. `distinct_count` is an estimate (an upper bound where it comes from dictionary sizes).
struct ColumnStatistics {
  std::optional<Value> min;
  std::optional<Value> max;
  std::optional<uint64_t> null_count;
  std::optional<double> distinct_count;
};

struct TableStatistics {
  std::optional<uint64_t> row_count;      // exact
  std::vector<ColumnStatistics> columns;  // by table column; may be empty when nothing is known
};

}  // namespace trivet
