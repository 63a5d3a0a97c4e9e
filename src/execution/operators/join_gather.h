#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "execution/operators/join_table_builder.h"

namespace trivet {

// Rows of a build side as one thread gathers them: in the order in which they come, then, once they
// are many and not likely to be addressed directly, by partition. Memory that spilling frees is
// reserved so that it yields, where `yields` is set. Not synchronised.
class JoinRowGatherer {
 public:
  JoinRowGatherer(const JoinTable& table, const EvaluationContext& context, bool yields);

  // As RowStore::Append; `are_null_keys` of rows that match nothing. On OutOfMemory, what was there
  // before is still whole.
  Status Append(const std::vector<Vector>& columns, const uint64_t* hashes,
                const uint32_t* selection, size_t count, bool are_null_keys);

  size_t row_count() const;
  // Of the rows' memory and, as it will be, the directory.
  size_t bytes() const;
  // Stores, and how many of their rows are whole.
  const std::vector<std::pair<const RowStore*, size_t>>& WholeRows();
  void Take(std::vector<GatheredRows>& gathered);

  // Copies of the rows by partition; null where there is no memory for both.
  static Result<std::unique_ptr<PartitionedRowStore>> PartitionRows(
      const RowStore& rows, const EvaluationContext& context, bool yields);

 private:
  void NoteWholeRows();
  Status Partition();
  // Takes the keys of some rows into account where tables are addressed by them directly.
  void NoteKeys(const Vector& keys, const uint32_t* selection, size_t count);
  bool LooksDirect() const;

  const JoinTable& table_;
  const EvaluationContext& context_;
  bool yields_;
  std::unique_ptr<RowStore> store_;
  std::unique_ptr<PartitionedRowStore> partitions_;  // instead, once there are many rows
  std::unique_ptr<RowStore> null_store_;             // rows that match nothing, where they are kept
  size_t partition_at_;
  std::optional<KeyBounds> bounds_;  // of a single integer key, without rows that match nothing
  bool is_broken_ = false;           // an Append has failed
  std::vector<std::pair<const RowStore*, size_t>> whole_;
  uint8_t* addresses_[kVectorSize];
};

}  // namespace trivet
