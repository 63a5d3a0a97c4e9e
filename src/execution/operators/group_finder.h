#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "execution/operators/group_table.h"

namespace trivet {

// How rows of a batch fall on few groups: rows selection[ends[r - 1]..ends[r]) belong to rows[r].
struct GroupRuns {
  static constexpr size_t kMaxRuns = 64;
  size_t count = 0;  // 0: not known, or too many
  uint32_t selection[kVectorSize];
  uint32_t ends[kMaxRuns];
  uint8_t* rows[kMaxRuns];
};

// Addresses groups by an array where the keys' domain is small: one slot for each combination of
// values, a slot holding the group's row. Two kinds of key:
//  - dictionary codes, as long as the dictionaries stay the same (by id), with integers among them
//  or without: a cache before the index. Keys that share their codes count as one;
//  - integers within known bounds, which widen as values come: then the array takes the index's
//  place.
// One thread's; not synchronised.
class DirectGroups {
 public:
  DirectGroups(MemoryManager& memory, std::string_view consumer);

  // Computes the slot of every row by dictionary codes and the bounds of integers seen so far;
  // false where no key has codes, one is neither, or there are too many combinations.
  bool SlotByCodes(std::span<const Vector> keys, size_t count);
  // Computes the slot of every row by integers; false where a value is out of bounds.
  bool SlotByIntegers(std::span<const Vector> keys, size_t count);
  // Widening the integer bounds: Cover takes in values, Widen makes the array for them, empty;
  // false, with all as before, where it would have more than `max_slots` or memory is short.
  void Cover(std::span<const Vector> keys, size_t count);
  bool Widen(size_t max_slots);
  // The slot of a row of the table, which is within bounds.
  size_t SlotOfRow(const GroupLayout& layout, const uint8_t* row) const;
  static bool AreIntegers(const GroupLayout& layout);

  // Writes the row of every slot of the batch; false where one has none yet.
  bool GatherRows(size_t count, uint8_t** rows) const;
  uint8_t*& row(size_t slot) { return rows_[slot]; }
  uint32_t slot(size_t i) const { return slots_[i]; }
  size_t slot_count() const { return slot_count_; }
  size_t memory_bytes() const { return reservation_.bytes(); }
  void Release();
  // Rows by slot, after all slots of the batch have their row.
  void MakeRuns(size_t count, GroupRuns& runs) const;

 private:
  struct Bounds {
    int64_t min = 0;
    int64_t max = -1;
    uint64_t stride = 0;
    uint64_t span() const { return static_cast<uint64_t>(max) - static_cast<uint64_t>(min) + 1; }
  };
  // A key by codes: of a dictionary, or, without an id, an integer's place within bounds.
  struct CodeKey {
    uint64_t id = 0;
    size_t first = 0;  // the first key with the same codes, maybe itself
    size_t size = 0;   // of the dictionary, or the bounds with a place for NULL
    bool operator==(const CodeKey&) const = default;
  };
  // Reads what the keys are by codes into read_keys_, integers with the bounds covered so far;
  // false where they cannot be addressed so.
  bool ReadCodeKeys(std::span<const Vector> keys);
  // The combinations of read_keys_, or some number above the most.
  size_t CodeSlots() const;
  // Makes the array for read_keys_, free; false where memory is short.
  bool ResetCodes();
  // False where an integer is out of bounds.
  bool ComputeCodeSlots(std::span<const Vector> keys, size_t count);
  // Adds each integer's place, in steps of the bounds' stride; false where one is out of bounds.
  bool AddPlaces(const Vector& key, const Bounds& bounds, size_t count);
  // Makes an array of free slots; false where memory is short, which is no error here.
  bool ResetRows(size_t slot_count);

  Reservation reservation_;
  std::unique_ptr<uint8_t*[]> rows_;
  size_t slot_count_ = 0;
  size_t capacity_ = 0;
  std::unique_ptr<uint32_t[]> slots_;
  std::vector<CodeKey> read_keys_;
  std::vector<CodeKey> code_keys_;  // that the slots stand for; none in integers' own way
  size_t code_rows_ = 0;            // that came so far
  size_t cleared_slots_ = 0;        // for keys with integers among them
  std::vector<Bounds> bounds_;
  std::vector<Bounds> covered_;
};

// Finds the groups of batches in the way that suits the keys seen so far: through dictionary codes,
// integer bounds, the index, or, where nearly every row makes a group of its own, not at all: then
// rows are appended and equal ones meet when partitions are merged. One thread's; not synchronised.
class GroupFinder {
 public:
  // So many of the hash's uppermost bits come from the partitioning keys alone: rows of equal ones
  // stay together however often partitions are split by these bits.
  static constexpr int kPartitionBits = 18;

  // `partition_keys`: how many of the keys, from the first on, decide the partition of a row; all
  // partitions are one where there are none.
  GroupFinder(GroupLayoutPtr layout, const EvaluationContext& context, int radix_bits,
              size_t partition_keys, std::string_view consumer, bool yields = false);

  // Writes the group's row of every row of the batch to rows[0..count); keys are canonical. Where
  // runs.count is not 0 afterwards, they tell the same.
  Status Find(std::span<const Vector> keys, size_t count, uint8_t** rows, GroupRuns& runs);

  // Adds a row for every row of the batch, equal or not.
  Status Append(std::span<const Vector> keys, size_t count, uint8_t** rows);
  // Frees what only finding takes; the rows stay.
  void EndInput();

  GroupTable& table() { return table_; }
  const GroupTable& table() const { return table_; }
  size_t memory_bytes() const { return table_.memory_bytes() + direct_.memory_bytes(); }

 private:
  enum class Mode : uint8_t { kIndex, kIntegers, kAppend };

  // The first row of the batch for each slot without one, which is taken for it; returns how many.
  size_t ReserveSlots(size_t count, uint32_t* first_rows);
  Status FindByCodes(std::span<const Vector> keys, size_t count, uint8_t** rows, GroupRuns& runs);
  // False where the keys left the bounds that an array can have.
  Result<bool> FindByIntegers(std::span<const Vector> keys, size_t count, uint8_t** rows,
                              GroupRuns& runs);
  void HashKeys(std::span<const Vector> keys, size_t count);
  void UnifyIntervals(std::span<const Vector> keys, size_t count, uint8_t* const* rows) const;
  Status FindAny(std::span<const Vector> keys, size_t count, uint8_t** rows, GroupRuns& runs);
  Status TryIntegers(std::span<const Vector> keys, size_t count);
  // Enters all rows of the table into the array of integer slots.
  void PlaceRows();
  void ReviewIndex();

  const size_t partition_keys_;
  const int radix_bits_;
  GroupTable table_;
  DirectGroups direct_;
  Mode mode_ = Mode::kIndex;
  bool integers_possible_;
  uint64_t rows_seen_ = 0;
  uint64_t next_attempt_ = 0;   // rows_seen_ at which integer bounds are tried next
  uint64_t reviewed_rows_ = 0;  // rows_seen_ when the index was last reviewed
  size_t reviewed_groups_ = 0;
  uint64_t append_until_ = 0;
  uint64_t hashes_[kVectorSize];
};

}  // namespace trivet
