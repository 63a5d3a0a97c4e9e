#include "formats/parquet/page_index.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"

namespace trivet::parquet {

namespace {

Result<std::vector<uint8_t>> ReadPart(const RandomAccessFile& file, int64_t offset, int32_t bytes,
                                      OperatorMetrics* metrics) {
  std::vector<uint8_t> content;
  const auto start = static_cast<uint64_t>(offset);
  const auto size = static_cast<uint64_t>(bytes);
  if (start > file.size() || size > file.size() - start) {
    return Status::Corruption("a page index lies outside of the file");
  }
  content.resize(size);
  TRIVET_RETURN_IF_ERROR(file.ReadAt(start, size, content.data()));
  if (metrics) metrics->bytes_read.fetch_add(size, std::memory_order_relaxed);
  return content;
}

Result<std::vector<PageBounds>> ReadBounds(const RandomAccessFile& file, const Leaf& leaf,
                                           const ColumnChunk& chunk, uint64_t row_count,
                                           OperatorMetrics* metrics) {
  TRIVET_ASSIGN_OR_RETURN(
      const std::vector<uint8_t> offset_bytes,
      ReadPart(file, chunk.offset_index_offset, chunk.offset_index_bytes, metrics));
  TRIVET_ASSIGN_OR_RETURN(const std::vector<PageLocation> locations,
                          ParseOffsetIndex(offset_bytes.data(), offset_bytes.size()));
  TRIVET_ASSIGN_OR_RETURN(
      const std::vector<uint8_t> column_bytes,
      ReadPart(file, chunk.column_index_offset, chunk.column_index_bytes, metrics));
  TRIVET_ASSIGN_OR_RETURN(const ColumnIndex index,
                          ParseColumnIndex(column_bytes.data(), column_bytes.size()));
  if (index.null_pages.size() != locations.size()) {
    return Status::Corruption("a column index and its offset index have different pages");
  }
  std::vector<PageBounds> pages;
  for (size_t i = 0; i < locations.size(); ++i) {
    const auto begin = static_cast<uint64_t>(locations[i].first_row);
    const uint64_t end =
        i + 1 < locations.size() ? static_cast<uint64_t>(locations[i + 1].first_row) : row_count;
    if (begin > end || end > row_count || (i == 0 && begin != 0)) {
      return Status::Corruption("an offset index has pages out of order");
    }
    const uint64_t rows = end - begin;
    std::optional<int64_t> nulls;
    if (!index.null_counts.empty()) nulls = index.null_counts[i];
    if (index.null_pages[i]) {
      ColumnBounds bounds = MakeBounds(leaf, std::nullopt, std::nullopt, std::nullopt, rows);
      bounds.null_count = rows;
      pages.push_back({{begin, end}, bounds});
      continue;
    }
    pages.push_back(
        {{begin, end}, MakeBounds(leaf, index.min_values[i], index.max_values[i], nulls, rows)});
  }
  return pages;
}

}  // namespace

RowRanges Intersect(const RowRanges& a, const RowRanges& b) {
  RowRanges result;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const RowRange common{std::max(a[i].begin, b[j].begin), std::min(a[i].end, b[j].end)};
    if (common.begin < common.end) result.push_back(common);
    a[i].end < b[j].end ? ++i : ++j;
  }
  return result;
}

uint64_t CountRows(const RowRanges& ranges) {
  uint64_t rows = 0;
  for (const RowRange& range : ranges) rows += range.end - range.begin;
  return rows;
}

Result<std::vector<PageBounds>> ReadPageBounds(const RandomAccessFile& file,
                                               const FileMetadata& metadata, const Leaf& leaf,
                                               const ColumnChunk& chunk, uint64_t row_count,
                                               OperatorMetrics* metrics) {
  const bool order_known =
      metadata.order_known.empty() ||
      (leaf.chunk < metadata.order_known.size() && metadata.order_known[leaf.chunk]);
  if (chunk.column_index_offset == 0 || chunk.column_index_bytes == 0 ||
      chunk.offset_index_offset == 0 || chunk.offset_index_bytes == 0 || !order_known ||
      leaf.max_repetition > 0) {
    return std::vector<PageBounds>();
  }
  Result<std::vector<PageBounds>> pages = ReadBounds(file, leaf, chunk, row_count, metrics);
  if (pages.ok()) return pages;
  return std::move(pages)
      .status()
      .WithContext(StrCat("column \"", leaf.path, "\""))
      .WithFile(file.path());
}

}  // namespace trivet::parquet
