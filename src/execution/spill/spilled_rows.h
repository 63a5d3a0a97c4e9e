#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "context/execution_context.h"
#include "context/temporary_files.h"
#include "vector/row_store.h"

namespace trivet {

// Rows of one layout in a temporary file, by partition, in blocks: pages as they lay in memory,
// whose strings' pointers are mended when they come back (Kuiper et al., "Robust External Hash
// Aggregation", ICDE 2024). Any number of threads write; afterwards any number read. The context
// and metrics outlive it.
class SpilledRows {
 public:
  // `metrics` may be null. The file is made with the first row.
  SpilledRows(const ExecutionContext& context, RowLayoutPtr layout, size_t partition_count,
              OperatorMetrics* metrics);

  struct Block {
    uint64_t offset = 0;  // in the file
    uint64_t bytes = 0;   // there and, nearly the same, in memory
    uint32_t row_count = 0;
  };

  // Writes the first `row_count` rows of the store.
  Status Write(size_t partition, const RowStore& rows, size_t row_count = ~size_t{0});

  // ---- once all are written ----
  const RowLayoutPtr& layout() const { return layout_; }
  size_t partition_count() const { return partitions_.size(); }
  const std::vector<Block>& blocks(size_t partition) const { return partitions_[partition].blocks; }
  size_t row_count(size_t partition) const { return partitions_[partition].row_count; }
  size_t row_count() const;
  // What loading the partition takes.
  size_t bytes(size_t partition) const { return partitions_[partition].bytes; }
  // Appends a block's rows to the store.
  Status Read(const Block& block, RowStore& rows) const;
  Status ReadAll(size_t partition, RowStore& rows) const;
  // The partition is not read again.
  void Discard(size_t partition);
  // Spreads a partition's rows over those of `target` by the hash's bits from `shift` on, and
  // discards it.
  Status MoveTo(size_t partition, SpilledRows& target, int shift, std::string_view consumer);

 private:
  struct Partition {
    std::vector<Block> blocks;
    size_t row_count = 0;
    size_t bytes = 0;
  };
  Result<SpillFile*> File();
  Status WritePage(const RowStore::Page& page, uint32_t row_count, Partition& partition);

  const ExecutionContext& context_;
  RowLayoutPtr layout_;
  OperatorMetrics* metrics_;
  std::mutex mutex_;  // guards all below while rows are written
  std::shared_ptr<SpillFile> file_;
  std::vector<Partition> partitions_;
};

// Spreads rows over the partitions of a SpilledRows by some bits of their hash. Holds no more than
// a bounded part of them; the rest has been written. One thread's; Flush writes what is left.
class SpillPartitioner {
 public:
  // `shift`: the lowest of the bits that tell the partition. The target has a power of two of them.
  // `consumer` is named when memory is refused.
  SpillPartitioner(const ExecutionContext& context, SpilledRows& target, int shift,
                   std::string_view consumer);

  // As RowStore::Append and AppendCopies; the layout has a hash.
  Status Append(std::span<const Vector> columns, const uint64_t* hashes, const uint32_t* selection,
                size_t count);
  Status AppendCopies(uint8_t* const* rows, size_t count);
  // The first `row_count` rows of a store, whatever their number.
  Status AppendAll(const RowStore& rows, size_t row_count = ~size_t{0});
  Status Flush();
  size_t memory_bytes() const { return memory_->bytes(); }

 private:
  // Where `append` is refused memory, it is tried once more with nothing held.
  template <typename Try>
  Status AppendOrFlush(const Try& append);
  void SetComplete();
  void Reset();

  const ExecutionContext& context_;
  SpilledRows& target_;
  const int shift_;
  const int radix_bits_;
  const std::string consumer_;
  const size_t most_bytes_;
  RowMemoryPtr memory_;
  std::unique_ptr<PartitionedRowStore> rows_;
  std::vector<size_t> complete_rows_;  // by partition; rows beyond were refused half-way
};

}  // namespace trivet
