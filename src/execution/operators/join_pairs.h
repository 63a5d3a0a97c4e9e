#pragma once

#include <memory>
#include <span>
#include <vector>

#include "execution/operators/join_runtime.h"
#include "expression/evaluator.h"

namespace trivet {

// Enumerates the pairs (probe row, build row) that agree in the keys, for one probe batch, in runs
// of at most kVectorSize. With keys, the order among a probe row's pairs, and of probe rows, is
// that of the table's slots; without keys, all pairs come, probe rows outermost. Not synchronised.
class JoinPairs {
 public:
  JoinPairs(const JoinRuntime& runtime, const ExecutionContext& context);

  // Runs as full as they can be; or runs that hold each probe row at most once, for those who Drop
  // it when they have seen enough.
  enum class Runs : uint8_t { kFull, kOncePerRow };
  // Looks the batch's keys up. The batch must outlive the enumeration.
  Status Start(const Batch& batch, Runs runs = Runs::kFull);
  // The next run: probe row numbers and build rows, parallel arrays; false when there are no more.
  // A run may be empty.
  bool Next();
  size_t count() const { return count_; }
  const uint32_t* probe_rows() const { return probe_rows_.get(); }
  uint8_t* const* build_rows() const { return build_rows_; }
  // The arrays as a shared selection (of probe rows).
  const std::shared_ptr<uint32_t[]>& probe_selection() const { return probe_rows_; }
  // Leaves only the listed positions of the run, in ascending order.
  void Keep(const uint32_t* positions, size_t count);
  // Ends the search for probe rows for which `done` is set: no more of their pairs come.
  void Drop(const uint8_t* done);

  // All rows of the build side, listed when first asked for.
  Result<std::span<uint8_t* const>> AllRows();

  // Rows that have a NULL in a key that matches no NULL.
  bool KeyIsNull(size_t probe_row) const { return has_null_keys_ && null_key_[probe_row] != 0; }

  // Evaluates a predicate over the pairs of the run into `result`.
  Status EvaluateOnPairs(size_t predicate, Vector& result);
  // Leaves the pairs that pass the residual predicate; an error of a pair that is there is raised.
  Status FilterByResidual();
  bool has_residual() const { return runtime_.residual != nullptr; }

  // Pairs given from outside (NULL-aware marks): sets the run.
  void SetRun(const uint32_t* probe_rows, uint8_t* const* build_rows, size_t count);

 private:
  void StartHashed();
  void StartDirect();
  bool NextMatches();
  // Adds what the next item of each of the first `active` rows gives.
  template <JoinTable::Items kItems, bool kChecksHash>
  void AddRound(size_t active);
  // Adds the items of one row after the other, as long as there is room.
  template <JoinTable::Items kItems, bool kChecksHash>
  void AddRanges();
  void MatchRound(size_t first);
  void MatchPairs();
  bool NextProduct();
  Batch PairBatch();

  const JoinRuntime& runtime_;
  const JoinTable& table_;
  const ExecutionContext& context_;
  Evaluator keys_;
  Evaluator predicates_;                       // the residual, then the comparison, where there are
  const std::vector<uint64_t> build_columns_;  // that predicates use
  const Batch* batch_ = nullptr;
  std::vector<Vector> key_columns_;
  std::vector<VectorView> key_views_;

  // Probe rows that have items left, and which; the row a round has found for each.
  Runs runs_ = Runs::kFull;
  bool has_long_ranges_ = false;
  size_t active_count_ = 0;
  uint32_t active_[kVectorSize];
  const uint8_t* next_[kVectorSize];
  const uint8_t* end_[kVectorSize];
  uint8_t* found_[kVectorSize];
  bool has_null_keys_ = false;
  uint8_t null_key_[kVectorSize];
  uint64_t hashes_[kVectorSize];

  // Without keys: the next pair.
  size_t product_row_ = 0;
  size_t product_build_ = 0;
  Reservation all_rows_reservation_;
  std::vector<uint8_t*> all_rows_;

  size_t count_ = 0;
  std::shared_ptr<uint32_t[]> probe_rows_;
  uint8_t* build_rows_[kVectorSize];
};

}  // namespace trivet
