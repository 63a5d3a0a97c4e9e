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
    Narrow([&](const uint32_t* in, size_t in_count, uint32_t* kept) {
      size_t out = 0;
      for (size_t i = 0; i < in_count; ++i) {
        const uint32_t row = in != nullptr ? in[i] : static_cast<uint32_t>(i);
        kept[out] = row;
        out += keep(row) ? 1 : 0;
      }
      return out;
    });
  }
  // Keeps what select(rows, count, out) writes to `out`, which has room for `count` rows: some of
  // rows[0..count), or of [0, count) where rows is null; it returns their number.
  template <typename Select>
  void Narrow(const Select& select) {
    auto kept = MakeIndices(count == 0 ? 1 : count);
    const size_t left = select(rows.get(), count, kept.get());
    if (left == count) return;
    rows = std::move(kept);
    count = left;
  }
};

}  // namespace trivet::parquet
