#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "types/value.h"

namespace trivet {

// What is known of a column without reading it. Bounds hold for every non-NULL value; absent:
// unknown, or there is none. `null_count` is exact. `distinct_count` is an estimate (an upper bound
// where it comes from dictionary sizes).
struct ColumnStatistics {
  std::optional<Value> min;
  std::optional<Value> max;
  bool bounds_are_values = false;  // the least and the greatest value themselves
  std::optional<uint64_t> null_count;
  std::optional<double> distinct_count;
};

struct TableStatistics {
  std::optional<uint64_t> row_count;      // exact
  std::vector<ColumnStatistics> columns;  // by table column; may be empty when nothing is known
};

}  // namespace trivet
