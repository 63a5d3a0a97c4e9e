#include "execution/operators/join_build.h"

#include <algorithm>
#include <utility>

#include "execution/operators/join_gather.h"
#include "execution/operators/join_keys.h"
#include "execution/operators/join_payload.h"
#include "execution/operators/join_swap.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {
constexpr std::string_view kConsumer = "HASH_JOIN";

RowMemoryPtr MakeMemory(const ExecutionContext& context) {
  return std::make_shared<RowMemory>(Reservation(&context.memory(), std::string(kConsumer)));
}
}  // namespace

// One thread's share of the build side.
class LocalJoinBuild final : public LocalSink {
 public:
  LocalJoinBuild(JoinBuildSink& sink, const ExecutionContext& context)
      : sink_(sink),
        table_(sink.table_),
        context_(context),
        evaluator_(table_.shape().keys, context),
        gatherer_(std::make_unique<JoinRowGatherer>(table_, context, sink.can_spill())) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    const JoinTableShape& shape = table_.shape();
    const size_t count = batch.row_count();
    std::vector<Vector> columns(shape.key_count());
    for (size_t i = 0; i < shape.key_count(); ++i) {
      TRIVET_RETURN_IF_ERROR(evaluator_.Evaluate(i, batch, columns[i]));
    }
    HashColumns(std::span<const Vector>(columns.data(), shape.key_count()), count, hashes_);
    const uint32_t* rows = nullptr;
    size_t kept = count;
    size_t null_count = 0;
    FindNullKeys(columns, count, kept, null_count, rows);
    for (uint64_t column : shape.columns) columns.push_back(batch.column(column));
    TRIVET_RETURN_IF_ERROR(Append(columns, rows, kept, false));
    if (shape.keep_null_keys) {
      TRIVET_RETURN_IF_ERROR(Append(columns, null_rows_, null_count, true));
    }
    if (partitioner_ != nullptr) return Outcome::kNeedInput;
    const size_t bytes = gatherer_->bytes();
    Note(bytes);
    if (sink_.can_spill() && sink_.runtime_->share->MustSpill(bytes, context_.thread_count())) {
      TRIVET_RETURN_IF_ERROR(SpillRows());
    }
    return Outcome::kNeedInput;
  }

  Status Combine(const CallContext&) override {
    if (partitioner_ != nullptr) return partitioner_->Flush();
    std::lock_guard lock(sink_.mutex_);
    gatherer_->Take(sink_.gathered_);
    return Status::OK();
  }

 private:
  Status Append(const std::vector<Vector>& columns, const uint32_t* rows, size_t count,
                bool are_null_keys) {
    if (count == 0) return Status::OK();
    if (partitioner_ == nullptr) {
      Status status = gatherer_->Append(columns, hashes_, rows, count, are_null_keys);
      if (status.code() != StatusCode::kOutOfMemory || !sink_.can_spill()) return status;
      TRIVET_RETURN_IF_ERROR(SpillRows());
    }
    return partitioner_->Append(columns, hashes_, rows, count);
  }

  // From here on, rows go to disk.
  Status SpillRows() {
    spill_ = sink_.Spill();
    partitioner_ = std::make_unique<SpillPartitioner>(context_, *spill_->build(), JoinSpill::kShift,
                                                      kConsumer);
    for (const auto& [store, whole_rows] : gatherer_->WholeRows()) {
      TRIVET_RETURN_IF_ERROR(partitioner_->AppendAll(*store, whole_rows));
    }
    gatherer_.reset();
    Note(0);
    return Status::OK();
  }

  void Note(size_t bytes) {
    sink_.runtime_->share->Change(noted_bytes_, bytes);
    noted_bytes_ = bytes;
  }

  // Splits the rows into those whose keys can match and those that have a NULL where it cannot.
  void FindNullKeys(const std::vector<Vector>& keys, size_t count, size_t& kept, size_t& null_count,
                    const uint32_t*& rows) {
    const JoinTableShape& shape = table_.shape();
    std::vector<VectorView> nullable;
    for (size_t i = 0; i < shape.key_count(); ++i) {
      const VectorView view = keys[i].View();
      if (view.validity && !shape.null_safe[i]) nullable.push_back(view);
    }
    if (nullable.empty()) return;
    kept = 0;
    for (size_t row = 0; row < count; ++row) {
      const bool valid = std::all_of(nullable.begin(), nullable.end(),
                                     [&](const VectorView& view) { return view.IsValid(row); });
      if (valid) {
        kept_rows_[kept++] = static_cast<uint32_t>(row);
      } else {
        null_rows_[null_count++] = static_cast<uint32_t>(row);
      }
    }
    rows = kept_rows_;
  }

  JoinBuildSink& sink_;
  JoinTable& table_;
  const ExecutionContext& context_;
  Evaluator evaluator_;
  std::unique_ptr<JoinRowGatherer> gatherer_;  // null once rows go to disk
  std::shared_ptr<JoinSpill> spill_;
  std::unique_ptr<SpillPartitioner> partitioner_;  // once rows go to disk
  size_t noted_bytes_ = 0;
  uint64_t hashes_[kVectorSize];
  uint32_t kept_rows_[kVectorSize];
  uint32_t null_rows_[kVectorSize];
};

Result<std::unique_ptr<LocalSink>> JoinBuildSink::MakeLocal(const ExecutionContext& context) {
  return std::unique_ptr<LocalSink>(std::make_unique<LocalJoinBuild>(*this, context));
}

bool JoinBuildSink::can_spill() const { return runtime_->probe_layout != nullptr; }

std::shared_ptr<JoinSpill> JoinBuildSink::Spill() {
  std::lock_guard lock(mutex_);
  if (runtime_->spill == nullptr) {
    runtime_->metrics->NotePeakMemory(runtime_->share->held_bytes());
    runtime_->spill = std::make_shared<JoinSpill>(*runtime_, context_);
  }
  return runtime_->spill;
}

Status JoinBuildSink::PartitionAll() {
  const auto is_partitioned = [](const GatheredRows& rows) { return rows.partition >= 0; };
  if (std::ranges::none_of(gathered_, is_partitioned)) return Status::OK();
  std::vector<GatheredRows> all;
  for (GatheredRows& rows : gathered_) {
    std::unique_ptr<PartitionedRowStore> partitions;
    if (rows.partition == GatheredRows::kMatchable) {
      TRIVET_ASSIGN_OR_RETURN(partitions,
                              JoinRowGatherer::PartitionRows(rows.rows, context_, can_spill()));
    }
    if (partitions == nullptr) {
      all.push_back(std::move(rows));
      continue;
    }
    rows.rows.Clear();
    for (size_t p = 0; p < partitions->partition_count(); ++p) {
      all.push_back({std::move(partitions->partition(p)), static_cast<int>(p), rows.bounds});
    }
  }
  gathered_ = std::move(all);
  return Status::OK();
}

bool JoinBuildSink::DirectoryFits() {
  size_t rows = 0;
  for (const GatheredRows& gathered : gathered_) rows += gathered.rows.row_count();
  prepared_ = PartitionAll();
  if (prepared_.ok()) prepared_ = builder_.Prepare(gathered_);
  if (prepared_.code() != StatusCode::kOutOfMemory) return true;
  return rows == 0 || !can_spill();
}

size_t JoinBuildSink::RowCount() const {
  size_t rows = runtime_->spill != nullptr ? runtime_->spill->build()->row_count() : 0;
  for (const GatheredRows& gathered : gathered_) rows += gathered.rows.row_count();
  return rows;
}

void JoinBuildSink::SwapSides() {
  MemoryShare& share = *runtime_->share;
  std::vector<RowStore> stores;
  for (GatheredRows& gathered : gathered_) {
    if (gathered.rows.row_count() == 0 || runtime_->spill != nullptr) continue;
    stores.push_back(std::move(gathered.rows));
  }
  gathered_.clear();
  share.Change(share.held_bytes(), MemoryBytes(stores));
  share.SetComplete();
  std::shared_ptr<SpilledRows> spilled;
  if (runtime_->spill != nullptr) spilled = runtime_->spill->build();
  runtime_->spill.reset();
  runtime_->swap->Start(std::move(stores), std::move(spilled));
}

// Writing and reading the other side's rows for it would cost more than they do where they stay.
void JoinBuildSink::GiveUp() {
  runtime_->given_up = true;
  runtime_->metrics->deviation.store("given up", std::memory_order_relaxed);
  runtime_->spill.reset();
  prepared_ = Status::OK();
  gathered_.clear();
  table_.Release();
}

// Asked once, after all locals were combined: the directory needs the number of all rows. Then
// tasks make the table, or write each store's rows where others have spilled.
size_t JoinBuildSink::FinishTaskCount() {
  swaps_ = runtime_->swap != nullptr && runtime_->swap->IsWorthwhile(RowCount());
  if (swaps_) return runtime_->spill != nullptr ? gathered_.size() : 0;
  if (runtime_->spill == nullptr && !DirectoryFits()) Spill();
  if (runtime_->spill != nullptr && runtime_->fields->reducer) {
    GiveUp();
    return 0;
  }
  if (runtime_->spill != nullptr) {
    prepared_ = Status::OK();
    return gathered_.size();
  }
  // One at least, to tell what went wrong.
  return std::max<size_t>(1, builder_.task_count());
}

Status JoinBuildSink::RunFinishTask(size_t task, const CallContext&) {
  TRIVET_RETURN_IF_ERROR(prepared_);
  if (runtime_->spill != nullptr) return SpillStore(gathered_[task].rows);
  return task < builder_.task_count() ? builder_.RunTask(task) : Status::OK();
}

Status JoinBuildSink::SpillStore(RowStore& store) const {
  SpillPartitioner partitioner(context_, *runtime_->spill->build(), JoinSpill::kShift, kConsumer);
  TRIVET_RETURN_IF_ERROR(partitioner.AppendAll(store));
  TRIVET_RETURN_IF_ERROR(partitioner.Flush());
  store.Clear();
  return Status::OK();
}

Status JoinBuildSink::Finish(const CallContext&) {
  MemoryShare& share = *runtime_->share;
  // The other side is small: filters on it would not pay.
  if (swaps_) {
    SwapSides();
    return Status::OK();
  }
  if (runtime_->given_up) {
    share.Change(share.held_bytes(), 0);
    share.SetComplete();
    return Status::OK();
  }
  if (runtime_->spill == nullptr) {
    TRIVET_RETURN_IF_ERROR(builder_.Finish());
    runtime_->metrics->NotePeakMemory(table_.memory_bytes());
  }
  // Before resident rows are gone from disk.
  for (const KeyPublication& publication : runtime_->publications) {
    Status published = JoinKeyPublisher(*runtime_, context_).Publish(publication);
    // Then scans go without.
    if (published.code() != StatusCode::kOutOfMemory) TRIVET_RETURN_IF_ERROR(published);
  }
  if (runtime_->spill != nullptr) {
    gathered_.clear();
    share.Change(share.held_bytes(), 0);
    Status loaded = LoadResident();
    if (loaded.code() == StatusCode::kOutOfMemory) {
      table_.Release();
      runtime_->spill->ForgetResident();
      RowStore nothing(table_.shape().layout, MakeMemory(context_));
      loaded = table_.Build(std::move(nothing));
    }
    TRIVET_RETURN_IF_ERROR(loaded);
    runtime_->spill->KeepResident();
  } else {
    runtime_->payload = JoinPayload::Make(*runtime_, table_, context_);
  }
  share.Change(share.held_bytes(), table_.memory_bytes());
  share.SetComplete();
  return Status::OK();
}

Status JoinBuildSink::LoadResident() {
  RowStore resident(table_.shape().layout, MakeMemory(context_));
  TRIVET_RETURN_IF_ERROR(runtime_->spill->LoadResident(runtime_->share->LoadBytes(2), resident));
  return table_.Build(std::move(resident));
}

}  // namespace trivet
