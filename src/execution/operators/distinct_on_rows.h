#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "context/execution_context.h"
#include "context/memory_shares.h"
#include "execution/operators/group_finder.h"
#include "expression/evaluator.h"
#include "vector/batch.h"

namespace trivet {

inline constexpr std::string_view kDistinctOnConsumer = "DISTINCT_ON";
inline constexpr int kDistinctOnRadixBits = 6;

// The first row of a key known so far: its place in the input, and where its columns are kept;
// null while it has none.
struct FirstRow {
  BatchOrder batch;
  uint64_t row;
  uint8_t* columns;
  bool ComesBefore(const FirstRow& other) const {
    return batch != other.batch ? batch < other.batch : row < other.row;
  }
};

// How rows of a DISTINCT ON lie, worked out once.
struct DistinctOnShape {
  std::vector<ExpressionPtr> keys;
  GroupLayoutPtr groups;  // keys, with a FirstRow
  RowLayoutPtr columns;   // the child's
  RowLayoutPtr on_disk;   // keys, the child's columns, the three numbers of the place

  static Result<DistinctOnShape> Make(const std::vector<ExpressionPtr>& keys,
                                      const std::vector<LogicalType>& columns);
  FirstRow& FirstOf(uint8_t* group) const {
    return *reinterpret_cast<FirstRow*>(groups->States(group));
  }
};

// One thread's keys and their first rows.
class DistinctOnRows {
 public:
  // `yields`: memory is refused where others would be left with little.
  DistinctOnRows(const DistinctOnShape& shape, const ExecutionContext& context, MemoryShare& share,
                 bool yields);
  ~DistinctOnRows() { share_.Change(noted_bytes_, 0); }
  DistinctOnRows(const DistinctOnRows&) = delete;
  DistinctOnRows& operator=(const DistinctOnRows&) = delete;

  // Where it is refused memory, all is as before but for keys without a row.
  Status Add(const Batch& batch);
  // Tells the share what is held now, and how much that is.
  size_t Note();

  GroupFinder& finder() { return finder_; }
  const GroupFinder& finder() const { return finder_; }
  const RowStore& columns() const { return columns_; }
  bool has_rows() const { return columns_.row_count() > 0; }
  // Of each partition, groups beyond these were refused half-way.
  const std::vector<size_t>& complete_groups() const { return complete_groups_; }
  size_t memory_bytes() const {
    return finder_.memory_bytes() + columns_.memories().front()->bytes();
  }

 private:
  const DistinctOnShape& shape_;
  MemoryShare& share_;
  Evaluator evaluator_;
  GroupFinder finder_;
  RowStore columns_;
  std::unique_ptr<GroupRuns> runs_;
  std::vector<FirstRow> replaced_;
  std::vector<size_t> complete_groups_;
  size_t noted_bytes_ = 0;
};

}  // namespace trivet
