#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "execution/operators/join_table.h"

namespace trivet {

// Rows of a build side that belong together while they are gathered.
struct GatheredRows {
  static constexpr int kRadixBits = 6;
  // Instead of a partition: any rows, any rows without a NULL that matches nothing, and rows that
  // all have one.
  static constexpr int kMixed = -1;
  static constexpr int kMatchable = -2;
  static constexpr int kNullKeys = -3;

  RowStore rows;
  int partition;  // by the uppermost bits of the hash; such rows are matchable
  // Of their keys, or of these and others that are gathered as well; where they are known.
  std::optional<KeyBounds> bounds = std::nullopt;
};

// Makes a table of gathered rows by counting: how many rows each slot has, hence where each slot
// ends, then every row into its place (or a pointer to it). Partitions are different parts of the
// directory and of the items, so each is made by a task of its own, within a cache and without
// atomics; what was not partitioned is made by one task (slots in turn, the ends as they go), or,
// addressed directly, by some that share the slots out.
//
// Copying rows takes as much memory once more until it is done. It is not done where that is more
// than an eighth of the budget, or not there: then the items are pointers.
class JoinTableBuilder {
 public:
  JoinTableBuilder(JoinTable& table, size_t thread_count)
      : table_(table), thread_count_(thread_count) {}

  // Whether keys seen so far look as if they were addressed directly in the end.
  static bool LooksDirect(uint64_t range, size_t rows);

  // Decides how rows are addressed and takes the memory for it, then the rows. On OutOfMemory
  // nothing was taken.
  Status Prepare(std::vector<GatheredRows>& gathered);
  size_t task_count() const { return tasks_.size(); }
  // Different tasks may run at the same time.
  Status RunTask(size_t task);
  // After all tasks: the table is complete.
  Status Finish();

 private:
  // Makes the slots [first_slot, end_slot) of some of the rows.
  struct Task {
    std::vector<size_t> sources;  // numbers of gathered_
    uint64_t first_slot;
    uint64_t end_slot;
    uint8_t* first_item = nullptr;
    bool is_share = false;  // rows of other slots are among the sources
  };

  const RowLayout& layout() const { return table_.layout(); }
  bool IsMatchable(const uint8_t* row) const;
  Status CollectBounds(const std::vector<GatheredRows>& gathered, KeyBounds& bounds) const;
  Status Address(const std::vector<GatheredRows>& gathered);
  void AddressByHash();
  Status ReserveDirectory();
  Status PrepareItems();
  bool TakePlace();
  Status MakeTasks(uint8_t* first_item);
  void MakePartitionTasks(uint8_t* first_item);
  Status MakeShares(const Task& all);
  Status ClearSlots(uint64_t first, uint64_t end);
  // Calls visit(rows, slots, tags, count) for some of the task's rows at a time; `null_rows`, where
  // that is not null, gets those that match nothing.
  template <bool kIsDirect, typename Visit>
  Status ForEachBlock(const Task& task, std::vector<uint8_t*>* null_rows, const Visit& visit) const;
  template <bool kIsDirect>
  Status CountAndPlace(const Task& task);
  template <bool kIsAlone>
  Status LinkSingle(size_t source, size_t most_pages);
  void MoveHeap(RowStore& rows, uint8_t* heap) const;
  void PlaceInOrder();
  uint64_t DirectSlot(const uint8_t* row) const {
    return static_cast<uint64_t>(
               ReadIntegerKey(layout().types()[0].physical(), row + layout().offset(0))) -
           static_cast<uint64_t>(table_.direct_min_);
  }
  void UsePlacedRows(int partition);
  Status CollectNullRows();

  JoinTable& table_;
  size_t thread_count_;
  std::vector<GatheredRows> gathered_;
  std::vector<Task> tasks_;
  size_t row_count_ = 0;  // without those that are known to match nothing
  uint64_t slot_count_ = 0;
  bool tries_single_ = false;  // no key came twice so far
  std::atomic<bool> has_duplicates_{false};
  // Where rows are copied to, and the long strings of each of gathered_.
  RowMemoryPtr placed_memory_;
  uint8_t* placed_ = nullptr;
  std::vector<uint8_t*> heaps_;
  bool has_heaps_ = false;
};

}  // namespace trivet
