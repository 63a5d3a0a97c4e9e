#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "context/execution_context.h"
#include "context/temporary_files.h"
#include "vector/row_layout.h"

namespace trivet {

// A row on its own: row_bytes of its layout, then the strings that it was copied with.
using LoneRow = std::unique_ptr<uint8_t[]>;

// A copy with the long strings of the named columns; strings of other columns become empty. Tells
// the bytes that it takes.
LoneRow CopyLoneRow(const RowLayout& layout, const std::vector<size_t>& string_columns,
                    const uint8_t* row, size_t* bytes);

// Rows in their order on disk, in blocks. What is needed to find a row stays in memory: the first
// row of each block and the last row of all, with those strings alone that are compared.
struct SortedRun {
  struct Block {
    uint64_t offset = 0;        // in the file
    uint64_t bytes = 0;         // there and in memory
    uint64_t heap_address = 0;  // where the strings lay when the block was written
    uint32_t row_count = 0;
    LoneRow first_row;
  };
  std::vector<Block> blocks;
  LoneRow last_row;
  size_t row_count = 0;
  size_t bytes = 0;
  size_t most_block_bytes = 0;
  size_t most_block_rows = 0;
  size_t index_bytes = 0;  // memory that all this takes
};

// The temporary file of one sort's runs, made with the first block. Any number of threads write
// runs, each its own, and read them. The context and metrics outlive it.
class SortedRunFile {
 public:
  // Blocks have about `block_bytes`; `compared_strings` are the string columns that rows are
  // compared by. `metrics` may be null.
  SortedRunFile(const ExecutionContext& context, RowLayoutPtr layout,
                std::vector<size_t> compared_strings, size_t block_bytes, OperatorMetrics* metrics);

  const ExecutionContext& context() const { return context_; }
  const RowLayout& layout() const { return *layout_; }
  const std::vector<size_t>& compared_strings() const { return compared_strings_; }
  size_t block_bytes() const { return block_bytes_; }

  // Writes a block's bytes; gives its place.
  Result<uint64_t> Append(const uint8_t* bytes, size_t size);
  // Reads a block to `target`, which has room for its bytes: its rows lie there one after the
  // other, their strings behind them.
  Status Read(const SortedRun::Block& block, uint8_t* target) const;
  // The block is not read again.
  void Discard(const SortedRun::Block& block) const { file_->Discard(block.offset, block.bytes); }

 private:
  const ExecutionContext& context_;
  const RowLayoutPtr layout_;
  const std::vector<size_t> compared_strings_;
  const size_t block_bytes_;
  OperatorMetrics* const metrics_;
  std::mutex mutex_;  // guards the making of the file
  std::shared_ptr<SpillFile> file_;
};

// Writes one run, row by row in order. One thread's.
class SortedRunWriter {
 public:
  explicit SortedRunWriter(SortedRunFile& file) : file_(file) {}

  // Copies the row and its strings.
  Status Append(const uint8_t* row);
  size_t row_count() const { return run_.row_count; }
  // Of no rows: a run without blocks.
  Result<SortedRun> Finish();

 private:
  bool IsFull(size_t more_bytes) const;
  void CopyStrings(uint8_t* row, size_t bytes);
  Status FlushBlock();

  SortedRunFile& file_;
  SortedRun run_;
  // The block under way.
  std::vector<uint8_t> rows_;
  std::vector<uint8_t> heap_;
  uint32_t row_count_ = 0;
};

}  // namespace trivet
