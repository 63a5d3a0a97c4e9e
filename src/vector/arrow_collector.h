#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "types/type.h"
#include "vector/arrow_abi.h"
#include "vector/arrow_export.h"
#include "vector/batch.h"

namespace trivet {

// Rows laid out as Arrow has them, up to ArrowCollector::kChunkRows, in memory of their own.
// Immutable once finished.
struct ArrowChunk {
  class Memory {
   public:
    explicit Memory(size_t size);
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    uint8_t* data() { return data_; }
    const uint8_t* data() const { return data_; }
    size_t size() const { return size_; }

   private:
    uint8_t* data_;
    size_t size_;
  };
  struct Column {
    std::unique_ptr<Memory> validity;  // null: no row is NULL
    std::unique_ptr<Memory> values;    // of strings: views, or int32 offsets, one more than rows
    std::unique_ptr<Memory> bytes;     // of strings; with views, of those too long for them
    int64_t byte_count = 0;
    size_t null_count = 0;
  };
  ArrowStrings strings = ArrowStrings::kOffsets;
  size_t row_count = 0;
  std::vector<Column> columns;
};

// Copies batches into few large Arrow arrays: whoever wants a whole result gets it in memory that
// goes back to the system in one piece, and nothing of what the batches shared (decoded pages,
// dictionaries) stays behind. The memory is the receiver's and not reserved. One thread at a time.
class ArrowCollector {
 public:
  // Large enough for huge pages in every column, small enough not to be felt where a result ends
  // early in its last chunk.
  static constexpr size_t kChunkRows = size_t{1} << 20;

  // Nested columns, and those whose Arrow form differs in more than width, are not collected but
  // exported batch by batch (arrow_export.h).
  static bool CanCollect(const LogicalType& type);

  explicit ArrowCollector(std::vector<LogicalType> types,
                          ArrowStrings strings = ArrowStrings::kOffsets)
      : types_(std::move(types)), strings_(strings) {}

  // Rows of the types. NotImplemented where the strings of one batch exceed an array's 2 GiB.
  Status Append(const Batch& batch);
  // All rows appended so far, in their order; none where there are none.
  std::vector<std::shared_ptr<const ArrowChunk>> Finish();

 private:
  Status Open(const Batch& batch);
  void AppendColumn(const Vector& column, const LogicalType& type, size_t count,
                    ArrowChunk::Column& out);

  const std::vector<LogicalType> types_;
  const ArrowStrings strings_;
  std::vector<size_t> expected_bytes_;  // of each column's strings in a chunk, as the last had them
  std::vector<uint64_t> batch_bytes_;   // of each column's strings in the batch at hand
  std::shared_ptr<ArrowChunk> chunk_;
  std::vector<std::shared_ptr<const ArrowChunk>> finished_;
};

// Rows [begin, begin + count) of the chunk as a struct array that shares and keeps it.
void ExportArrowChunk(std::shared_ptr<const ArrowChunk> chunk,
                      const std::vector<LogicalType>& types, size_t begin, size_t count,
                      ArrowArray* out);

// Adds these rows of the chunk to `out` as batches, which share its memory and keep it.
Status ReadArrowChunk(const std::shared_ptr<const ArrowChunk>& chunk,
                      const std::vector<LogicalType>& types, size_t begin, size_t count,
                      std::vector<Batch>& out);

}  // namespace trivet
