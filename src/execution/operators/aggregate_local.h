#pragma once

#include <memory>
#include <vector>

#include "execution/operators/aggregate_plan.h"
#include "execution/operators/group_finder.h"
#include "expression/evaluator.h"

namespace trivet {

// Makes the values by which groups are told apart: floating-point numbers canonical, others as they
// are.
Vector GroupKey(const Vector& column, size_t count);

// Reports what calls on aggregates have left behind: an error of a row, or memory refused.
Status CheckAggregates(LaneErrors& errors, const AggregateArena& arena);

// Rows that one thread keeps for aggregates over DISTINCT or ordered input. Not synchronised.
class BufferedInput {
 public:
  BufferedInput(const AggregatePlan& plan, const AggregatePlan::Buffered& buffered,
                const ExecutionContext& context, bool yields);

  // `keys` are the batch's group keys.
  Status Add(const Batch& batch, const std::vector<Vector>& keys);

  GroupFinder& rows() { return *finder_; }
  // How many rows of each partition were there when SetComplete was last called.
  const std::vector<size_t>& complete_rows() const { return complete_rows_; }
  void SetComplete();

 private:
  Status AddRows(const Batch& batch, std::vector<Vector> keys, size_t count);
  void KeepEarlier(const std::vector<Vector>& sort_keys, size_t count, BatchOrder order,
                   uint8_t* const* rows);

  const AggregatePlan::Buffered& buffered_;
  std::unique_ptr<Evaluator> filter_;
  Evaluator arguments_;
  Evaluator sort_keys_;
  std::unique_ptr<GroupFinder> finder_;
  std::unique_ptr<GroupRuns> runs_;
  std::vector<uint8_t> scratch_;
  std::vector<size_t> complete_rows_;
};

// What a local aggregation has not taken of a batch: at first all of it, and less where memory was
// refused in the midst of it. It goes on with the next local aggregation.
class RestOfBatch {
 public:
  bool is_whole() const { return is_whole_; }

 private:
  friend class LocalAggregation;
  struct Rows {
    size_t state;
    Batch arguments;             // of all rows that the state is to see
    std::vector<uint32_t> left;  // of these, ascending
    Indices places;              // of all of them in the batch; null: the same
  };

  bool is_whole_ = true;
  std::vector<Vector> keys_;
  std::vector<Rows> rows_;
};

// One thread's share of an aggregation: its groups with their states, and the rows it keeps.
// Not synchronised.
class LocalAggregation {
 public:
  // `yields`: it will be spilled when its rows are refused memory, and leaves some to others.
  LocalAggregation(AggregatePlanPtr plan, const ExecutionContext& context, bool yields = false);

  // The batch holds rows, in the final phase groups and serialised states; what of it `rest` names
  // is added. False where memory was refused: then `rest` is what was not added, rows beyond
  // complete_rows(), here and of the kept inputs, mean nothing, those before hold all that was
  // added, and nothing more may be added.
  Result<bool> TryAdd(const Batch& batch, RestOfBatch& rest);
  const Status& refusal() const { return refusal_; }
  // Nothing was ever added.
  bool is_empty() const { return is_empty_; }
  bool yields() const { return yields_; }
  // How many rows of each partition of the table were there after the last batch.
  const std::vector<size_t>& complete_rows() const { return complete_rows_; }
  size_t complete_row_count() const;

  GroupTable& table() { return finder_.table(); }
  BufferedInput& buffered(size_t i) { return *buffered_[i]; }
  AggregateArena& arena() { return *arena_; }
  size_t memory_bytes() const;
  // Frees what is of use only while rows come in.
  void EndInput();

 private:
  struct Input {
    const AggregatePlan::Direct* direct;
    std::unique_ptr<Evaluator> filter;
    Evaluator arguments;
  };
  Status EvaluateKeys(const Batch& batch);
  Status FindRows(const Batch& batch, bool is_whole);
  Status AddWhole(const Batch& batch, RestOfBatch& rest);
  Status AddRest(RestOfBatch& rest);
  void SetComplete();
  Status UpdateInput(Input& input, const Batch& batch, RestOfBatch& rest);
  void UpdateState(const AggregatePlan::State& state, BatchOrder order, size_t count,
                   uint8_t* const* rows, const GroupRuns* runs);
  // Whether the update before was refused memory; then `left` are the rows that it did not add.
  Result<bool> WasRefused(std::vector<uint32_t>& left);

  AggregatePlanPtr plan_;
  const ExecutionContext& context_;
  const uint64_t part_;  // of the table, that this run reads
  Evaluator groups_;
  GroupFinder finder_;
  std::unique_ptr<AggregateArena> arena_;
  LaneErrors errors_;
  Status refusal_;
  const bool yields_;
  bool is_empty_ = true;
  std::vector<size_t> complete_rows_;
  std::vector<Input> inputs_;
  std::vector<std::unique_ptr<BufferedInput>> buffered_;
  std::unique_ptr<GroupRuns> runs_;
  std::vector<Vector> keys_;
  std::vector<Vector> arguments_;  // of the input being added
  std::vector<Vector> call_arguments_;
  std::unique_ptr<uint8_t*[]> rows_;
  std::unique_ptr<uint8_t*[]> selected_rows_;
  std::unique_ptr<uint8_t*[]> states_;
};

}  // namespace trivet
