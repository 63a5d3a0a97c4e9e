#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "formats/parquet/column_pages.h"

namespace trivet::parquet {

// Levels and values of one leaf of a nested column, row by row (Melnik et al., "Dremel", VLDB
// 2010): a row begins at a repetition level of 0 and may go on over pages. One thread at a time.
class LeafStream {
 public:
  LeafStream(const Leaf& leaf, const ColumnChunk& chunk, const ReaderResources& resources);

  // Reads the next rows; what the last Read gave is gone.
  Status Read(size_t rows);
  Status Skip(size_t rows);

  // Of the rows last read: their levels, entry by entry, and the values of the entries whose
  // definition level is the leaf's highest, in pieces.
  size_t entries() const { return definition_.size(); }
  uint32_t definition(size_t entry) const { return definition_[entry]; }
  uint32_t repetition(size_t entry) const { return repetition_.empty() ? 0 : repetition_[entry]; }
  const std::vector<std::pair<Vector, size_t>>& pieces() const { return pieces_; }
  const Leaf& leaf() const { return pages_.leaf(); }
  Status Corrupt(std::string_view what) const { return pages_.Corrupt(what); }

 private:
  static constexpr size_t kBlock = 1024;
  // Memory of an entry, here and in the vectors made of it.
  static constexpr size_t kBytesPerEntry = 40;

  Status Take(size_t rows, bool keep);
  // Decodes the levels of the next entries of the chunk; block_size_ is 0 at its end.
  Status FillBlock();
  Status TakeEntries(size_t count, bool keep);
  // True where whole pages can be passed over by their number of rows.
  bool SkipPage(size_t& rows);

  ColumnPages pages_;
  Reservation reservation_;
  size_t page_left_ = 0;     // entries of the current page whose levels are not decoded
  bool page_fresh_ = false;  // nothing of the current page was decoded
  uint32_t block_definition_[kBlock];
  uint32_t block_repetition_[kBlock];
  size_t block_position_ = 0;
  size_t block_size_ = 0;
  std::vector<uint16_t> definition_;
  std::vector<uint16_t> repetition_;  // empty where nothing repeats
  std::vector<std::pair<Vector, size_t>> pieces_;
};

}  // namespace trivet::parquet
