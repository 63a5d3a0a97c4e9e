#pragma once

#include <cstdint>
#include <memory>

#include "vector/vector.h"

namespace trivet::parquet {

// The rows of a window that are still in: all of the first `count`, or those that `rows` names,
// ascending.
struct RowSelection {
  std::shared_ptr<uint32_t[]> rows;  // null: all
  size_t count = 0;

  uint32_t Row(size_t i) const { return rows ? rows[i] : static_cast<uint32_t>(i); }

  // Keeps the rows for which keep(row) is true.
  template <typename Keep>
  void Filter(const Keep& keep) {
    auto kept = MakeIndices(count == 0 ? 1 : count);
    size_t out = 0;
    if (rows == nullptr) {
      for (size_t i = 0; i < count; ++i) {
        kept[out] = static_cast<uint32_t>(i);
        out += keep(static_cast<uint32_t>(i)) ? 1 : 0;
      }
    } else {
      for (size_t i = 0; i < count; ++i) {
        const uint32_t row = rows[i];
        kept[out] = row;
        out += keep(row) ? 1 : 0;
      }
    }
    if (out == count) return;
    rows = std::move(kept);
    count = out;
  }
};

}  // namespace trivet::parquet
