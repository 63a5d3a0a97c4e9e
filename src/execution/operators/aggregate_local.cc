#include "execution/operators/aggregate_local.h"

#include <algorithm>
#include <numeric>

#include "execution/pipeline_builder.h"
#include "vector/canonical.h"

namespace trivet {

namespace {
// Groups of fewer bytes are likely to lie in a core's own caches.
constexpr size_t kCachedBytes = size_t{512} << 10;
}  // namespace

Vector GroupKey(const Vector& column, size_t count) {
  return column.type().IsFloating() ? CanonicalVector(column, count) : column;
}

Status CheckAggregates(LaneErrors& errors, const AggregateArena& arena) {
  if (!errors.empty()) return errors.First();
  return arena.status();
}

namespace {

// Selects the rows that a filter lets through; false where these are all.
Result<bool> SelectRows(Evaluator& filter, const Batch& batch, Indices& rows, size_t& count) {
  auto selected = MakeIndices();
  TRIVET_RETURN_IF_ERROR(filter.Select(0, batch, selected.get(), count));
  rows = std::move(selected);
  return count < batch.row_count();
}

std::unique_ptr<Evaluator> MakeFilter(const ExpressionPtr& filter,
                                      const ExecutionContext& context) {
  if (filter == nullptr) return nullptr;
  return std::make_unique<Evaluator>(std::vector<ExpressionPtr>{filter}, context);
}

// Rows of an earlier part of the scan come first, as they do where one run reads all of it: below
// the number of the UNION ALL's branch, above that of the morsel, which counts within the part.
BatchOrder PlaceInTable(BatchOrder order, uint64_t part) {
  constexpr int kPartBits = 20;
  constexpr int kMorselBits = 32;
  const uint64_t branch = order.morsel >> kUnionBranchBits;
  const uint64_t morsel = order.morsel & ((uint64_t{1} << kUnionBranchBits) - 1);
  order.morsel = (((branch << kPartBits) | part) << kMorselBits) | morsel;
  return order;
}

}  // namespace

LocalAggregation::LocalAggregation(AggregatePlanPtr plan, const ExecutionContext& context,
                                   bool yields)
    : plan_(std::move(plan)),
      context_(context),
      part_(context.scan_part().index),
      groups_(plan_->groups, context),
      finder_(plan_->layout, context, plan_->radix_bits(), plan_->groups.size(),
              AggregatePlan::kConsumer, yields),
      arena_(std::make_unique<AggregateArena>(
          Reservation(&context.memory(), std::string(AggregatePlan::kConsumer)))),
      runs_(std::make_unique<GroupRuns>()),
      rows_(std::make_unique<uint8_t*[]>(kVectorSize)),
      selected_rows_(std::make_unique<uint8_t*[]>(kVectorSize)),
      states_(std::make_unique<uint8_t*[]>(kVectorSize)) {
  complete_rows_.resize(finder_.table().store().partition_count());
  for (const AggregatePlan::Direct& direct : plan_->direct) {
    inputs_.push_back(
        {&direct, MakeFilter(direct.filter, context), Evaluator(direct.expressions, context)});
  }
  for (const AggregatePlan::Buffered& buffered : plan_->buffered) {
    buffered_.push_back(std::make_unique<BufferedInput>(*plan_, buffered, context, yields));
  }
}

Status LocalAggregation::EvaluateKeys(const Batch& batch) {
  const size_t count = batch.row_count();
  keys_.resize(plan_->groups.size());
  for (size_t i = 0; i < keys_.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(groups_.Evaluate(i, batch, keys_[i]));
    keys_[i] = GroupKey(keys_[i], count);
  }
  return Status::OK();
}

// What may be refused and tried again comes before what changes states for good.
Status LocalAggregation::AddRows(const Batch& batch) {
  TRIVET_RETURN_IF_ERROR(finder_.Find(keys_, batch.row_count(), rows_.get(), *runs_));
  for (const auto& buffered : buffered_) TRIVET_RETURN_IF_ERROR(buffered->Add(batch, keys_));
  return Status::OK();
}

void LocalAggregation::SetComplete() {
  const PartitionedRowStore& store = finder_.table().store();
  for (size_t p = 0; p < complete_rows_.size(); ++p) {
    complete_rows_[p] = store.partition(p).row_count();
  }
  for (const auto& buffered : buffered_) buffered->SetComplete();
}

Result<bool> LocalAggregation::TryAdd(const Batch& batch) {
  if (batch.row_count() == 0) return true;
  TRIVET_RETURN_IF_ERROR(EvaluateKeys(batch));
  Status added = AddRows(batch);
  if (added.code() == StatusCode::kOutOfMemory) {
    refusal_ = std::move(added);
    return false;
  }
  TRIVET_RETURN_IF_ERROR(added);
  for (Input& input : inputs_) TRIVET_RETURN_IF_ERROR(UpdateInput(input, batch));
  TRIVET_RETURN_IF_ERROR(CheckAggregates(errors_, *arena_));
  SetComplete();
  return true;
}

size_t LocalAggregation::complete_row_count() const {
  return std::accumulate(complete_rows_.begin(), complete_rows_.end(), size_t{0});
}

Status LocalAggregation::UpdateInput(Input& input, const Batch& batch) {
  const AggregatePlan::Direct& direct = *input.direct;
  const Batch* source = &batch;
  Batch sliced;
  uint8_t* const* rows = rows_.get();
  const GroupRuns* runs = runs_->count != 0 ? runs_.get() : nullptr;
  if (input.filter != nullptr) {
    Indices selected;
    size_t count = 0;
    TRIVET_ASSIGN_OR_RETURN(const bool cuts, SelectRows(*input.filter, batch, selected, count));
    if (count == 0) return Status::OK();
    if (cuts) {
      sliced = batch;
      sliced.Slice(selected, count);
      source = &sliced;
      for (size_t i = 0; i < count; ++i) selected_rows_[i] = rows_[selected[i]];
      rows = selected_rows_.get();
      runs = nullptr;
    }
  }
  arguments_.resize(direct.expressions.size());
  for (size_t i = 0; i < arguments_.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(input.arguments.Evaluate(i, *source, arguments_[i]));
  }
  for (size_t state : direct.states) {
    UpdateState(plan_->states[state], PlaceInTable(batch.order(), part_), source->row_count(), rows,
                runs);
  }
  return Status::OK();
}

void LocalAggregation::UpdateState(const AggregatePlan::State& state, BatchOrder order,
                                   size_t count, uint8_t* const* rows, const GroupRuns* runs) {
  call_arguments_.clear();
  for (size_t argument : state.arguments) call_arguments_.push_back(arguments_[argument]);
  const AggregateFunction& function = *state.bound.function;
  const AggregateCall call{state.bound, *arena_, context_, errors_, order};
  const size_t offset = plan_->layout->rows->extra_offset() + state.offset;
  if (plan_->phase == AggregatePhase::kFinal) {
    for (size_t i = 0; i < count; ++i) states_[i] = rows[i] + offset;
    function.deserialize_combine(call, call_arguments_.front(), count, states_.get());
    return;
  }
  if (!plan_->is_grouped()) {
    function.update_single(call, call_arguments_, count, rows[0] + offset);
    return;
  }
  if (runs != nullptr && function.update_runs != nullptr) {
    uint8_t* states[GroupRuns::kMaxRuns];
    for (size_t i = 0; i < runs->count; ++i) states[i] = runs->rows[i] + offset;
    function.update_runs(call, call_arguments_, runs->selection, runs->ends, runs->count, states);
    return;
  }
  if (finder_.memory_bytes() < kCachedBytes) {
    for (size_t i = 0; i < count; ++i) states_[i] = rows[i] + offset;
  } else {
    // The updates wait for one state after another; this loop asks for all of them at once.
    for (size_t i = 0; i < count; ++i) {
      states_[i] = rows[i] + offset;
      __builtin_prefetch(states_[i], 1);
    }
  }
  function.update(call, call_arguments_, count, states_.get());
}

size_t LocalAggregation::memory_bytes() const {
  size_t bytes = finder_.memory_bytes() + arena_->bytes();
  for (const auto& buffered : buffered_) bytes += buffered->rows().memory_bytes();
  return bytes;
}

void LocalAggregation::EndInput() {
  finder_.EndInput();
  for (const auto& buffered : buffered_) buffered->rows().EndInput();
}

BufferedInput::BufferedInput(const AggregatePlan& plan, const AggregatePlan::Buffered& buffered,
                             const ExecutionContext& context, bool yields)
    : buffered_(buffered),
      filter_(MakeFilter(buffered.filter, context)),
      arguments_(buffered.expressions, context),
      sort_keys_(buffered.sort_expressions, context),
      finder_(std::make_unique<GroupFinder>(
          buffered.layout, context, buffered.radix_bits,
          plan.is_grouped() ? plan.groups.size() : buffered.layout->key_count(),
          AggregatePlan::kConsumer, yields)),
      runs_(std::make_unique<GroupRuns>()),
      scratch_(buffered.ordered ? kVectorSize * buffered.encoder->key_bytes() : 0),
      complete_rows_(finder_->table().store().partition_count()) {}

void BufferedInput::SetComplete() {
  const PartitionedRowStore& store = finder_->table().store();
  for (size_t p = 0; p < complete_rows_.size(); ++p) {
    complete_rows_[p] = store.partition(p).row_count();
  }
}

Status BufferedInput::Add(const Batch& batch, const std::vector<Vector>& keys) {
  if (filter_ == nullptr) return AddRows(batch, keys, batch.row_count());
  Indices selected;
  size_t count = 0;
  TRIVET_ASSIGN_OR_RETURN(const bool cuts, SelectRows(*filter_, batch, selected, count));
  if (!cuts) return AddRows(batch, keys, count);
  if (count == 0) return Status::OK();
  Batch sliced = batch;
  sliced.Slice(selected, count);
  Batch sliced_keys(keys, batch.row_count());
  sliced_keys.Slice(selected, count);
  return AddRows(sliced, std::move(sliced_keys.mutable_columns()), count);
}

Status BufferedInput::AddRows(const Batch& batch, std::vector<Vector> keys, size_t count) {
  for (size_t i = 0; i < buffered_.expressions.size(); ++i) {
    Vector& argument = keys.emplace_back();
    TRIVET_RETURN_IF_ERROR(arguments_.Evaluate(i, batch, argument));
    if (buffered_.distinct) argument = GroupKey(argument, count);
  }
  std::vector<Vector> sort_keys(buffered_.sort_expressions.size());
  for (size_t i = 0; i < sort_keys.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(sort_keys_.Evaluate(i, batch, sort_keys[i]));
  }
  for (size_t key : buffered_.string_keys) keys.push_back(sort_keys[key]);
  uint8_t* rows[kVectorSize];
  if (buffered_.distinct) {
    TRIVET_RETURN_IF_ERROR(finder_->Find(keys, count, rows, *runs_));
    if (buffered_.ordered) KeepEarlier(sort_keys, count, batch.order(), rows);
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(finder_->Append(keys, count, rows));
  for (size_t i = 0; i < count; ++i) rows[i] = buffered_.layout->States(rows[i]);
  buffered_.encoder->Encode(sort_keys, nullptr, count, batch.order(), rows);
  return Status::OK();
}

// Of equal rows, the one that came first in the input gives the place.
void BufferedInput::KeepEarlier(const std::vector<Vector>& sort_keys, size_t count,
                                BatchOrder order, uint8_t* const* rows) {
  const size_t bytes = buffered_.encoder->key_bytes();
  uint8_t* targets[kVectorSize] = {};
  for (size_t i = 0; i < count; ++i) targets[i] = scratch_.data() + i * bytes;
  buffered_.encoder->Encode(sort_keys, nullptr, count, order, targets);
  for (size_t i = 0; i < count; ++i) {
    uint8_t* kept = buffered_.layout->States(rows[i]);
    if (std::memcmp(targets[i], kept, bytes) < 0) std::memcpy(kept, targets[i], bytes);
  }
}

}  // namespace trivet
