#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/memory.h"
#include "base/status.h"
#include "shuffle/shared_bytes.h"
#include "types/type.h"
#include "vector/batch.h"

namespace trivet {

// Rows on their way between tasks. A chunk is one Arrow IPC record batch message whose columns have
// the physical types of ours, nothing else: 128-bit numbers, UUIDs and intervals are fixed-size
// binaries of 16 bytes, strings and blobs are binaries, times and decimals are plain integers.
// Logical types are no part of it: both sides know them from the fragment. Every bit of every value
// survives; dictionaries and constants arrive flat, values below NULLs as zeros.

enum class WireCompression : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };
// "none", "lz4", "zstd"; InvalidInput for other names.
Result<WireCompression> ParseWireCompression(std::string_view name);

// Under this key a chunk's message says how many bytes its columns take once decompressed.
inline constexpr const char* kRawBytesKey = "raw_bytes";

class ColumnBuilder;

// Gathers rows into a chunk: nothing of the batches they come from is kept. One thread at a time.
class ChunkBuilder {
 public:
  explicit ChunkBuilder(const std::vector<LogicalType>& types);
  ChunkBuilder(ChunkBuilder&&) noexcept;
  ChunkBuilder& operator=(ChunkBuilder&&) noexcept;
  ~ChunkBuilder();

  // Appends the rows of the columns that rows[0..count) names, in that order; null: the first ones.
  void Append(const std::vector<Vector>& columns, const uint32_t* rows, size_t count);
  size_t row_count() const { return row_count_; }
  // Memory that the builder holds.
  size_t memory_bytes() const { return memory_bytes_; }

  // The rows as a chunk; the builder is empty thereafter and holds no memory. NotImplemented where
  // one column's strings or one level's list elements exceed 2^31 - 1.
  Result<SharedBytes> Finish(WireCompression compression);

 private:
  std::vector<std::unique_ptr<ColumnBuilder>> columns_;
  size_t row_count_ = 0;
  size_t memory_bytes_ = 0;
};

// Bytes that the rows take in a chunk, uncompressed, roughly: exact for values and strings, too
// much where nested columns share their children.
size_t EstimateWireBytes(const std::vector<Vector>& columns, size_t row_count);

class ChunkColumns;

// The rows of one chunk as batches, in order. Fixed-width values lie where the chunk (or what it
// was decompressed to) has them; batches keep that memory, and its reservation, as long as they
// live. One thread at a time.
class ChunkReader {
 public:
  // Decodes the chunk and checks its structure: Corruption where it is not one of these types.
  // The uncompressed size is reserved against `memory` (null: not at all).
  static Result<ChunkReader> Open(SharedBytes chunk, const std::vector<LogicalType>& types,
                                  MemoryManager* memory);
  ChunkReader();
  ChunkReader(ChunkReader&&) noexcept;
  ChunkReader& operator=(ChunkReader&&) noexcept;
  ~ChunkReader();

  // Gives the next rows, at most `max_rows` (up to kVectorSize); false after the last.
  bool Next(Batch& out, size_t max_rows = kVectorSize);
  size_t row_count() const { return row_count_; }
  size_t rows_left() const { return row_count_ - next_row_; }

 private:
  std::unique_ptr<ChunkColumns> columns_;
  size_t row_count_ = 0;
  size_t next_row_ = 0;
};

}  // namespace trivet
