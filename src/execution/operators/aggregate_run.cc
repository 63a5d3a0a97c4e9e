#include "execution/operators/aggregate_run.h"

#include <algorithm>

#include "vector/hash_vector.h"

namespace trivet {

namespace {
// Rows that make a task worth its scheduling, or bytes, where states keep more than a few numbers.
constexpr size_t kRowsPerTask = size_t{1} << 14;
constexpr size_t kBytesPerTask = size_t{1} << 20;

size_t TaskCount(size_t rows, size_t bytes, size_t partition_count) {
  const size_t wanted = std::max(rows / kRowsPerTask, bytes / kBytesPerTask);
  return std::clamp<size_t>(wanted, 1, std::max<size_t>(partition_count, 1));
}
}  // namespace

AggregateRun::AggregateRun(AggregatePlanPtr plan, const ExecutionContext& context,
                           OperatorMetrics* metrics)
    : plan_(std::move(plan)),
      context_(context),
      metrics_(metrics),
      share_(context.JoinMemoryShares(0)),
      rows_at_a_time_(context.batch_size()) {}

Status AggregateRun::Spill(LocalAggregation& local) {
  std::shared_ptr<AggregateSpill> spill;
  {
    std::lock_guard lock(mutex_);
    if (spill_ == nullptr) spill_ = std::make_shared<AggregateSpill>(plan_, context_, metrics_);
    spill = spill_;
    if (metrics_ != nullptr) metrics_->NotePeakMemory(share_->held_bytes());
  }
  return spill->Write(local);
}

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

size_t AggregateRun::Partition::group_count() const {
  size_t count = 0;
  for (const RowStore* store : groups) count += store->row_count();
  return count;
}

AggregateRun::Partition AggregateRun::PartitionOf(size_t number) {
  Partition partition;
  partition.buffered.resize(plan_->buffered.size());
  partition.buffered_is_unique.assign(plan_->buffered.size(), true);
  for (const auto& local : locals_) {
    PartitionedRowStore& store = local->table().store();
    if (number < store.partition_count() && store.partition(number).row_count() != 0) {
      if (partition.groups.empty()) partition.first_is_unique = local->table().is_unique();
      partition.groups.push_back(&store.partition(number));
    }
    for (size_t i = 0; i < plan_->buffered.size(); ++i) {
      GroupTable& kept = local->buffered(i).rows().table();
      if (number >= kept.store().partition_count()) continue;
      RowStore& rows = kept.store().partition(number);
      if (rows.row_count() == 0) continue;
      partition.buffered[i].push_back(&rows);
      if (!kept.is_unique()) partition.buffered_is_unique[i] = false;
    }
  }
  return partition;
}

Result<size_t> AggregateRun::Begin() {
  // From here on it holds no more than now.
  share_->SetComplete();
  if (spill_ != nullptr) return locals_.size();
  if (locals_.empty()) locals_.push_back(std::make_unique<LocalAggregation>(plan_, context_));
  if (!plan_->is_grouped()) TRIVET_RETURN_IF_ERROR(EnsureSingleRow());
  size_t partition_count = size_t{1} << plan_->radix_bits();
  size_t filled_locals = 0;
  size_t rows = 0;
  size_t bytes = 0;
  for (const auto& local : locals_) {
    const PartitionedRowStore& store = local->table().store();
    bytes += local->memory_bytes();
    if (store.row_count() == 0) continue;
    ++filled_locals;
    rows += store.row_count();
    needs_merging_ = needs_merging_ || filled_locals > 1 || !local->table().is_unique();
  }
  if (MustSpillToFinish()) {
    spill_ = std::make_shared<AggregateSpill>(plan_, context_, metrics_);
    return locals_.size();
  }
  for (size_t p = 0; p < partition_count; ++p) partitions_.push_back(PartitionOf(p));
  for (size_t i = 0; i < plan_->buffered.size(); ++i) {
    partition_count = std::max(partition_count, size_t{1} << plan_->buffered[i].radix_bits);
    for (const auto& local : locals_) rows += local->buffered(i).rows().table().store().row_count();
  }
  if (!needs_merging_ && plan_->buffered.empty()) return size_t{0};
  const size_t task_count = TaskCount(rows, bytes, partition_count);
  for (size_t i = 0; i < task_count; ++i) {
    tasks_.push_back(std::make_unique<Task>(*plan_, context_.memory()));
    tasks_.back()->first_partition = i * partition_count / task_count;
    tasks_.back()->end_partition = (i + 1) * partition_count / task_count;
  }
  return task_count;
}

// States that are combined may grow to hold what both did, and finalising may take as much again as
// a group holds, and its value as well. What is on disk comes back in parts.
bool AggregateRun::MustSpillToFinish() const {
  if (!can_spill()) return false;
  size_t bytes = 0;
  size_t groups = 1;
  for (const auto& local : locals_) {
    bytes += local->arena().bytes();
    groups += local->complete_row_count();
  }
  size_t needed = 2 * context_.thread_count() * (bytes / groups);
  if (needs_merging_) needed = std::max(needed, bytes);
  const MemoryManager& memory = context_.memory();
  const size_t reserved = memory.reserved_bytes();
  const size_t in_use = reserved - std::min(reserved, memory.reclaimable_bytes());
  return needed > memory.limit_bytes() - std::min(memory.limit_bytes(), in_use);
}

Status AggregateRun::RunTask(size_t number) {
  // What threads still held when others had spilled.
  if (spill_ != nullptr) {
    std::unique_ptr<LocalAggregation> local = std::move(locals_[number]);
    return spill_->Write(*local);
  }
  Task& task = *tasks_[number];
  if (!plan_->is_grouped() && !plan_->buffered.empty()) {
    TRIVET_RETURN_IF_ERROR(MakeSingleRow(task));
  }
  for (size_t p = task.first_partition; p < task.end_partition; ++p) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    RowMerger merger(*plan_->layout, context_, AggregatePlan::kConsumer);
    const Partition partition = PartitionOf(p);
    TRIVET_RETURN_IF_ERROR(MergeGroups(partition, merger, task));
    for (size_t i = 0; i < plan_->buffered.size(); ++i) {
      TRIVET_RETURN_IF_ERROR(FeedBuffered(plan_->buffered[i], partition.buffered[i],
                                          partition.buffered_is_unique[i],
                                          plan_->is_grouped() ? &merger : nullptr, task));
    }
  }
  return CheckAggregates(task.errors, task.arena);
}

Status AggregateRun::MakeSingleRow(Task& task) {
  uint8_t* heap = nullptr;
  TRIVET_RETURN_IF_ERROR(task.rows.AppendRow(0, &task.single_row, &heap));
  plan_->layout->InitializeStates(task.single_row);
  return Status::OK();
}

Status AggregateRun::MergeGroups(const Partition& partition, RowMerger& merger, Task& task) {
  TRIVET_RETURN_IF_ERROR(merger.Reserve(partition.group_count()));
  const auto combine = [&](uint8_t* const* sources, uint8_t* const* targets, size_t count) {
    CombineRows(sources, targets, count, task);
  };
  bool first = true;
  for (RowStore* store : partition.groups) {
    if (first && partition.first_is_unique) {
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
  if (spill_ != nullptr) {
    share_->Change(share_->held_bytes(), 0);
    if (!plan_->is_grouped()) return FeedSpilledSingle();
    for (size_t p = 0; p < spill_->partition_count(); ++p) pieces_.push_back({spill_, p});
    return Status::OK();
  }
  if (plan_->is_grouped()) {
    size_t groups = 0;
    size_t bytes = 0;
    for (const Partition& partition : partitions_) groups += partition.group_count();
    for (const auto& local : locals_) bytes += local->arena().bytes();
    for (const auto& task : tasks_) bytes += task->arena.bytes();
    rows_at_a_time_ = AggregatePlan::RowsAtATime(context_, groups, bytes);
    return Status::OK();
  }
  // Tasks that fed buffered states without groups each have a row of their own.
  for (const auto& task : tasks_) {
    if (task->single_row == nullptr) continue;
    CombineRows(&task->single_row, &single_row_, 1, *task);
    TRIVET_RETURN_IF_ERROR(CheckAggregates(task->errors, task->arena));
  }
  return Status::OK();
}

std::optional<size_t> AggregateRun::TakePiece() {
  if (spill_ != nullptr && plan_->is_grouped()) {
    std::lock_guard lock(mutex_);
    const size_t next = next_piece_.fetch_add(1, std::memory_order_relaxed);
    if (next < pieces_.size()) return next;
    next_piece_.store(pieces_.size(), std::memory_order_relaxed);  // there may be more to come
    return std::nullopt;
  }
  while (true) {
    const size_t next = next_piece_.fetch_add(1, std::memory_order_relaxed);
    if (next >= partitions_.size()) return std::nullopt;
    if (partitions_[next].group_count() != 0) return next;
  }
}

size_t AggregateRun::parallel_readers() const {
  if (spill_ != nullptr) return plan_->is_grouped() ? spill_->partition_count() : 1;
  size_t rows = 0;
  size_t bytes = 0;
  for (const Partition& partition : partitions_) rows += partition.group_count();
  for (const auto& local : locals_) bytes += local->memory_bytes();
  for (const auto& task : tasks_) bytes += task->arena.bytes();
  return TaskCount(rows, bytes, partitions_.size());
}

Result<bool> AggregateRun::Reader::Next(Batch& batch) {
  const AggregatePlan& plan = *run_.plan_;
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  // Groups of one store go together: their strings have one owner.
  while (count == 0) {
    if (store_ == stores_.size()) return false;
    if (!cursor_) cursor_.emplace(*stores_[store_]);
    const size_t read = cursor_->Next(rows, rows_at_a_time_);
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
      OwnRows(*stores_[store_], column);
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
