#include "execution/operators/aggregate_run.h"

#include <algorithm>

#include "vector/hash_vector.h"

namespace trivet {

namespace {
// Rows that make a task worth its scheduling.
constexpr size_t kRowsPerTask = size_t{1} << 14;
}  // namespace

AggregateRun::AggregateRun(AggregatePlanPtr plan, const ExecutionContext& context,
                           OperatorMetrics* metrics)
    : plan_(std::move(plan)), context_(context), metrics_(metrics) {}

void AggregateRun::AddLocal(std::unique_ptr<LocalAggregation> local) {
  std::lock_guard lock(mutex_);
  locals_.push_back(std::move(local));
  size_t bytes = 0;
  for (const auto& known : locals_) bytes += known->memory_bytes();
  if (metrics_ != nullptr) metrics_->NotePeakMemory(bytes);
  locals_.back()->EndInput();
}

// Of no rows there is one group all the same.
Status AggregateRun::EnsureSingleRow() {
  for (const auto& local : locals_) {
    uint8_t* row = nullptr;
    RowStore::Cursor cursor(local->table().store().partition(0));
    if (cursor.Next(&row, 1) == 1) {
      single_row_ = row;
      return Status::OK();
    }
  }
  const uint64_t hash = 0;
  return locals_.front()->table().Append({}, &hash, nullptr, 1, &single_row_);
}

Result<size_t> AggregateRun::Begin() {
  if (locals_.empty()) locals_.push_back(std::make_unique<LocalAggregation>(plan_, context_));
  if (!plan_->is_grouped()) TRIVET_RETURN_IF_ERROR(EnsureSingleRow());
  size_t partition_count = size_t{1} << plan_->radix_bits();
  partitions_.resize(partition_count);
  size_t filled_locals = 0;
  size_t rows = 0;
  for (const auto& local : locals_) {
    PartitionedRowStore& store = local->table().store();
    if (store.row_count() == 0) continue;
    ++filled_locals;
    rows += store.row_count();
    needs_merging_ = needs_merging_ || filled_locals > 1 || !local->table().is_unique();
    for (size_t p = 0; p < partition_count; ++p) {
      if (store.partition(p).row_count() == 0) continue;
      partitions_[p].stores.push_back(&store.partition(p));
      partitions_[p].row_count += store.partition(p).row_count();
    }
  }
  for (size_t i = 0; i < plan_->buffered.size(); ++i) {
    partition_count = std::max(partition_count, size_t{1} << plan_->buffered[i].radix_bits);
    for (const auto& local : locals_) rows += local->buffered(i).rows().table().store().row_count();
  }
  if (!needs_merging_ && plan_->buffered.empty()) return size_t{0};
  const size_t task_count = std::clamp<size_t>(rows / kRowsPerTask, 1, partition_count);
  for (size_t i = 0; i < task_count; ++i) {
    tasks_.push_back(std::make_unique<Task>(*plan_, context_.memory()));
    tasks_.back()->first_partition = i * partition_count / task_count;
    tasks_.back()->end_partition = (i + 1) * partition_count / task_count;
  }
  return task_count;
}

Status AggregateRun::RunTask(size_t number) {
  Task& task = *tasks_[number];
  if (!plan_->is_grouped() && !plan_->buffered.empty()) {
    uint8_t* heap = nullptr;
    TRIVET_RETURN_IF_ERROR(task.rows.AppendRow(0, &task.single_row, &heap));
    plan_->layout->InitializeStates(task.single_row);
  }
  for (size_t p = task.first_partition; p < task.end_partition; ++p) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    RowMerger merger(*plan_->layout, context_, AggregatePlan::kConsumer);
    if (p < partitions_.size()) TRIVET_RETURN_IF_ERROR(MergeMain(p, merger, task));
    for (size_t i = 0; i < plan_->buffered.size(); ++i) {
      if (p >= size_t{1} << plan_->buffered[i].radix_bits) continue;
      TRIVET_RETURN_IF_ERROR(FeedBuffered(i, p, plan_->is_grouped() ? &merger : nullptr, task));
    }
  }
  return CheckAggregates(task.errors, task.arena);
}

Status AggregateRun::MergeMain(size_t p, RowMerger& merger, Task& task) {
  Partition& partition = partitions_[p];
  TRIVET_RETURN_IF_ERROR(merger.Reserve(partition.row_count));
  const auto combine = [&](uint8_t* const* sources, uint8_t* const* targets, size_t count) {
    CombineRows(sources, targets, count, task);
  };
  bool first = true;
  for (RowStore* store : partition.stores) {
    // Which local's store it is tells whether its rows differ.
    const auto owner = std::find_if(locals_.begin(), locals_.end(), [&](const auto& local) {
      return &local->table().store().partition(p) == store;
    });
    if (first && (*owner)->table().is_unique()) {
      TRIVET_RETURN_IF_ERROR(merger.AddUnique(*store));
    } else {
      TRIVET_RETURN_IF_ERROR(merger.Add(*store, combine));
    }
    first = false;
    TRIVET_RETURN_IF_ERROR(CheckAggregates(task.errors, task.arena));
  }
  return Status::OK();
}

void AggregateRun::CombineRows(uint8_t* const* sources, uint8_t* const* targets, size_t count,
                               Task& task) const {
  uint8_t* source_states[kVectorSize];
  uint8_t* target_states[kVectorSize];
  for (const AggregatePlan::State& state : plan_->states) {
    const size_t offset = plan_->layout->rows->extra_offset() + state.offset;
    for (size_t i = 0; i < count; ++i) {
      source_states[i] = sources[i] + offset;
      target_states[i] = targets[i] + offset;
    }
    const AggregateCall call{state.bound, task.arena, context_, task.errors, {}};
    state.bound.function->combine(call, source_states, target_states, count);
  }
}

Status AggregateRun::Finish() {
  if (plan_->is_grouped()) return Status::OK();
  // Tasks that fed buffered states without groups each have a row of their own.
  for (const auto& task : tasks_) {
    if (task->single_row == nullptr) continue;
    CombineRows(&task->single_row, &single_row_, 1, *task);
    TRIVET_RETURN_IF_ERROR(CheckAggregates(task->errors, task->arena));
  }
  return Status::OK();
}

std::optional<size_t> AggregateRun::TakePartition() {
  while (true) {
    const size_t next = next_partition_.fetch_add(1, std::memory_order_relaxed);
    if (next >= partitions_.size()) return std::nullopt;
    if (partitions_[next].row_count != 0) return next;
  }
}

size_t AggregateRun::parallel_readers() const {
  size_t rows = 0;
  for (const Partition& partition : partitions_) rows += partition.row_count;
  return std::clamp<size_t>(rows / kRowsPerTask, 1, std::max<size_t>(partitions_.size(), 1));
}

void AggregateRun::Reader::Open(size_t partition) {
  partition_ = partition;
  store_ = 0;
  cursor_.reset();
}

Result<bool> AggregateRun::Reader::Next(Batch& batch) {
  const AggregatePlan& plan = *run_.plan_;
  const Partition& partition = run_.partitions_[partition_];
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  // Groups of one store go together: their strings have one owner.
  while (count == 0) {
    if (store_ == partition.stores.size()) return false;
    if (!cursor_) cursor_.emplace(*partition.stores[store_]);
    const size_t read = cursor_->Next(rows, run_.context_.batch_size());
    if (read == 0) {
      cursor_.reset();
      ++store_;
      continue;
    }
    for (size_t i = 0; i < read; ++i) {
      rows[count] = rows[i];
      count += !plan.layout->IsMerged(rows[i]);
    }
  }
  std::vector<Vector> columns;
  for (size_t i = 0; i < plan.groups.size(); ++i) {
    Vector column = Vector::MakeFlat(plan.groups[i]->type(), count);
    GatherColumn(*plan.layout->rows, i, rows, count, column);
    if (column.type().physical() == PhysicalType::kString) {
      OwnRows(*partition.stores[store_], column);
    }
    columns.push_back(std::move(column));
  }
  uint8_t* states[kVectorSize];
  LaneErrors errors;
  // What finalising takes for a batch is free again after it.
  AggregateArena arena(Reservation(&run_.context_.memory(), std::string(AggregatePlan::kConsumer)));
  for (const AggregatePlan::Output& output : plan.outputs) {
    const size_t offset = plan.layout->rows->extra_offset() + plan.states[output.state].offset;
    for (size_t i = 0; i < count; ++i) states[i] = rows[i] + offset;
    Vector column = Vector::MakeFlat(output.bound.return_type, count);
    column.ReserveStrings(run_.context_.memory(), run_.context_.cancellation());
    const AggregateCall call{output.bound, arena, run_.context_, errors, {}};
    output.bound.function->finalize(call, states, count, column);
    TRIVET_RETURN_IF_ERROR(CheckAggregates(errors, arena));
    TRIVET_RETURN_IF_ERROR(run_.context_.cancellation().Check());
    TRIVET_RETURN_IF_ERROR(column.string_status());
    columns.push_back(std::move(column));
  }
  batch = Batch(std::move(columns), count);
  return true;
}

}  // namespace trivet
