#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/parquet/metadata.h"
#include "formats/parquet/schema.h"
#include "types/value.h"

namespace trivet::parquet {

// What statistics say of a column over some rows. Absent: unknown.
struct ColumnBounds {
  std::optional<Value> min;  // no non-NULL value is below, in the engine's order
  std::optional<Value> max;  // none is above, but for NaN where nan_above
  bool nan_above = false;  // floating point: Parquet's bounds leave NaN out, the engine's greatest
  std::optional<uint64_t> null_count;
  uint64_t row_count = 0;

  bool all_null() const { return null_count && *null_count >= row_count; }
};

// A bound as the engine's value; nothing where it cannot be decoded or its order is not the
// engine's.
std::optional<Value> DecodeBound(const Leaf& leaf, const std::string& bytes);

// Bounds from their stored form; contradictory ones are dropped.
ColumnBounds MakeBounds(const Leaf& leaf, const std::optional<std::string>& min,
                        const std::optional<std::string>& max, std::optional<int64_t> null_count,
                        uint64_t row_count);

// Bounds of a chunk of `row_count` rows.
ColumnBounds BoundsOfChunk(const FileMetadata& metadata, const Leaf& leaf, const ColumnChunk& chunk,
                           uint64_t row_count);

}  // namespace trivet::parquet
