#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/file_system.h"
#include "context/metrics.h"
#include "expression/expression.h"
#include "formats/parquet/bounds.h"
#include "formats/parquet/metadata.h"
#include "formats/parquet/schema.h"

namespace trivet::parquet {

// Rows [begin, end) of a row group.
struct RowRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool operator==(const RowRange&) const = default;
};
// Ascending, disjoint, not touching.
using RowRanges = std::vector<RowRange>;

RowRanges Intersect(const RowRanges& a, const RowRanges& b);
uint64_t CountRows(const RowRanges& ranges);

// The pages of a chunk with their bounds, from its column and offset index.
struct PageBounds {
  RowRange rows;
  ColumnBounds bounds;
};
// Empty where the chunk has no usable index; Corruption where it has one that cannot be decoded.
Result<std::vector<PageBounds>> ReadPageBounds(const RandomAccessFile& file,
                                               const FileMetadata& metadata, const Leaf& leaf,
                                               const ColumnChunk& chunk, uint64_t row_count,
                                               OperatorMetrics* metrics);

}  // namespace trivet::parquet
