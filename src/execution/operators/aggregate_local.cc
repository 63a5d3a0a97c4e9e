#include "execution/operators/aggregate_local.h"

#include <algorithm>
#include <bit>
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

// Rows that are added after others of their batch were are numbered anew, from the first of them:
// its place in the batch, which goes before theirs, puts them behind those others.
constexpr int kFirstRowBits = std::bit_width(kVectorSize - 1);

std::vector<uint32_t> AllRows(size_t count) {
  std::vector<uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

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
  order.sequence <<= kFirstRowBits;
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
      yields_(yields),
      runs_(std::make_unique<GroupRuns>()),
      rows_(std::make_unique<uint8_t*[]>(kVectorSize)),
      selected_rows_(std::make_unique<uint8_t*[]>(kVectorSize)),
      states_(std::make_unique<uint8_t*[]>(kVectorSize)) {
  Reservation reservation(&context.memory(), std::string(AggregatePlan::kConsumer));
  reservation.set_yields(yields);
  arena_ = std::make_unique<AggregateArena>(std::move(reservation));
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

// What is refused here leaves nothing behind.
Status LocalAggregation::FindRows(const Batch& batch, bool is_whole) {
  TRIVET_RETURN_IF_ERROR(finder_.Find(keys_, batch.row_count(), rows_.get(), *runs_));
  if (!is_whole) return Status::OK();  // what is kept for later was
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

Result<bool> LocalAggregation::TryAdd(const Batch& batch, RestOfBatch& rest) {
  if (batch.row_count() == 0) return true;
  if (rest.is_whole_) {
    TRIVET_RETURN_IF_ERROR(EvaluateKeys(batch));
  } else {
    keys_ = rest.keys_;
  }
  Status found = FindRows(batch, rest.is_whole_);
  if (found.code() == StatusCode::kOutOfMemory) {
    refusal_ = std::move(found);
    return false;
  }
  TRIVET_RETURN_IF_ERROR(found);
  TRIVET_RETURN_IF_ERROR(rest.is_whole_ ? AddWhole(batch, rest) : AddRest(rest));
  SetComplete();
  return refusal_.ok();
}

Status LocalAggregation::AddWhole(const Batch& batch, RestOfBatch& rest) {
  for (Input& input : inputs_) TRIVET_RETURN_IF_ERROR(UpdateInput(input, batch, rest));
  if (refusal_.ok()) {
    is_empty_ = false;
    return CheckAggregates(errors_, *arena_);
  }
  // Keys and arguments are evaluated once: they may be different another time.
  rest.is_whole_ = false;
  rest.keys_ = keys_;
  size_t changed = plan_->buffered.empty() ? 0 : 1;
  for (const AggregatePlan::Direct& direct : plan_->direct) changed += direct.states.size();
  for (const RestOfBatch::Rows& rows : rest.rows_) {
    changed -= rows.left.size() == rows.arguments.row_count();
  }
  is_empty_ = is_empty_ && changed == 0;
  return Status::OK();
}

Status LocalAggregation::AddRest(RestOfBatch& rest) {
  std::vector<RestOfBatch::Rows> left;
  for (RestOfBatch::Rows& rows : rest.rows_) {
    if (!refusal_.ok()) {
      left.push_back(std::move(rows));
      continue;
    }
    const size_t count = rows.left.size();
    auto selected = MakeIndices(count);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t row = rows.left[i];
      selected[i] = row;
      selected_rows_[i] = rows_[rows.places == nullptr ? row : rows.places[row]];
    }
    Batch arguments = rows.arguments;
    arguments.Slice(selected, count);
    BatchOrder order = arguments.order();
    order.sequence += rows.left.front();
    call_arguments_ = std::move(arguments.mutable_columns());
    UpdateState(plan_->states[rows.state], order, count, selected_rows_.get(), nullptr);
    std::vector<uint32_t> refused;
    TRIVET_ASSIGN_OR_RETURN(const bool was_refused, WasRefused(refused));
    is_empty_ = is_empty_ && refused.size() == count;
    if (!was_refused) continue;
    for (uint32_t& row : refused) row = rows.left[row];
    rows.left = std::move(refused);
    left.push_back(std::move(rows));
  }
  rest.rows_ = std::move(left);
  return refusal_.ok() ? CheckAggregates(errors_, *arena_) : Status::OK();
}

Result<bool> LocalAggregation::WasRefused(std::vector<uint32_t>& left) {
  if (arena_->status().ok()) return false;
  for (const LaneErrors::Entry& entry : errors_.entries()) {
    if (entry.status.code() != StatusCode::kOutOfMemory) return entry.status;
    left.push_back(entry.row);
  }
  // The aggregate does not tell what it has added.
  if (left.empty()) return arena_->status();
  refusal_ = arena_->status();
  return true;
}

size_t LocalAggregation::complete_row_count() const {
  return std::accumulate(complete_rows_.begin(), complete_rows_.end(), size_t{0});
}

Status LocalAggregation::UpdateInput(Input& input, const Batch& batch, RestOfBatch& rest) {
  const AggregatePlan::Direct& direct = *input.direct;
  const Batch* source = &batch;
  Batch sliced;
  uint8_t* const* rows = rows_.get();
  const GroupRuns* runs = runs_->count != 0 ? runs_.get() : nullptr;
  Indices selected;
  if (input.filter != nullptr) {
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
    } else {
      selected.reset();
    }
  }
  arguments_.resize(direct.expressions.size());
  for (size_t i = 0; i < arguments_.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(input.arguments.Evaluate(i, *source, arguments_[i]));
  }
  const size_t count = source->row_count();
  const BatchOrder order = PlaceInTable(batch.order(), part_);
  for (size_t number : direct.states) {
    const AggregatePlan::State& state = plan_->states[number];
    call_arguments_.clear();
    for (size_t argument : state.arguments) call_arguments_.push_back(arguments_[argument]);
    std::vector<uint32_t> left;
    if (refusal_.ok()) {
      UpdateState(state, order, count, rows, runs);
      TRIVET_ASSIGN_OR_RETURN(const bool was_refused, WasRefused(left));
      if (!was_refused) continue;
    } else {
      left = AllRows(count);
    }
    Batch arguments(call_arguments_, count);
    arguments.set_order(order);
    rest.rows_.push_back({number, std::move(arguments), std::move(left), selected});
  }
  return Status::OK();
}

void LocalAggregation::UpdateState(const AggregatePlan::State& state, BatchOrder order,
                                   size_t count, uint8_t* const* rows, const GroupRuns* runs) {
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
