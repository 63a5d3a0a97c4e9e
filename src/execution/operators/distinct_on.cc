#include "execution/operators/distinct_on.h"

#include <algorithm>
#include <mutex>

#include "base/interruptible_sort.h"
#include "execution/morsel_tracker.h"
#include "execution/operators/distinct_on_spill.h"
#include "execution/operators/register.h"
#include "execution/operators/row_merger.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

// Groups that make a task worth its scheduling.
constexpr size_t kRowsPerTask = size_t{1} << 14;

class DistinctOnSink final : public Sink {
 public:
  DistinctOnSink(DistinctOnShape shape, const ExecutionContext& context, OperatorMetrics& metrics)
      : shape_(std::move(shape)),
        context_(context),
        metrics_(metrics),
        share_(context.JoinMemoryShares(0)),
        reservation_(&context.memory(), std::string(kDistinctOnConsumer)),
        partitions_(size_t{1} << kDistinctOnRadixBits) {}

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  bool can_spill() const { return context_.temporary_files() != nullptr; }
  bool MustSpill(size_t bytes) const {
    return can_spill() && share_->MustSpill(bytes, context_.thread_count());
  }
  std::unique_ptr<DistinctOnRows> MakeRows(bool yields) {
    return std::make_unique<DistinctOnRows>(shape_, context_, *share_, yields);
  }
  // Held by the thread that takes what others have to leave free.
  std::mutex& last_memory() { return last_memory_; }
  // Writes a thread's rows; all others then go to disk as well.
  Status Spill(const DistinctOnRows& rows);
  Status AddLocal(std::unique_ptr<DistinctOnRows> local);
  size_t FinishTaskCount() override;
  Status RunFinishTask(size_t task, const CallContext& call) override;
  Status Finish(const CallContext& call) override;

  // Complete after Finish: the first rows in the input's order.
  const std::vector<FirstRow>& rows() const { return rows_; }
  // Null where all rows fitted.
  DistinctOnSpill* spill() const { return spill_.get(); }
  Batch MakeBatch(size_t from, size_t count) const;

 private:
  Status MergePartition(size_t partition);

  const DistinctOnShape shape_;
  const ExecutionContext& context_;
  OperatorMetrics& metrics_;
  size_t task_count_ = 1;
  std::unique_ptr<MemoryShare> share_;
  std::mutex last_memory_;
  std::mutex mutex_;
  std::unique_ptr<DistinctOnSpill> spill_;
  Reservation reservation_;
  std::vector<std::unique_ptr<DistinctOnRows>> locals_;
  std::vector<std::vector<FirstRow>> partitions_;
  std::vector<FirstRow> rows_;
};

class LocalDistinctOn final : public LocalSink {
 public:
  explicit LocalDistinctOn(DistinctOnSink& sink)
      : sink_(sink), rows_(sink.MakeRows(sink.can_spill())) {}
  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    Status added = rows_->Add(batch);
    if (added.code() == StatusCode::kOutOfMemory && sink_.can_spill() && rows_->has_rows()) {
      TRIVET_RETURN_IF_ERROR(Spill());
      added = rows_->Add(batch);
    }
    if (added.code() == StatusCode::kOutOfMemory && sink_.can_spill()) return AddLast(batch);
    TRIVET_RETURN_IF_ERROR(added);
    if (sink_.MustSpill(rows_->Note())) TRIVET_RETURN_IF_ERROR(Spill());
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override { return sink_.AddLocal(std::move(rows_)); }

 private:
  // With nothing to spill, others hold it all but what is kept free for such a case. That is enough
  // for one thread's batch: it goes to disk before the next thread's turn.
  Result<Outcome> AddLast(const Batch& batch) {
    std::lock_guard lock(sink_.last_memory());
    rows_ = sink_.MakeRows(false);
    TRIVET_RETURN_IF_ERROR(rows_->Add(batch));
    TRIVET_RETURN_IF_ERROR(Spill());
    return Outcome::kNeedInput;
  }
  Status Spill() {
    TRIVET_RETURN_IF_ERROR(sink_.Spill(*rows_));
    rows_.reset();
    rows_ = sink_.MakeRows(true);
    return Status::OK();
  }

  DistinctOnSink& sink_;
  std::unique_ptr<DistinctOnRows> rows_;
};

Status DistinctOnSink::Spill(const DistinctOnRows& rows) {
  {
    std::lock_guard lock(mutex_);
    if (spill_ == nullptr) {
      spill_ = std::make_unique<DistinctOnSpill>(shape_, context_, metrics_, *share_);
    }
  }
  return spill_->Write(rows);
}

// Whoever has spilled comes here after that, and finds what others had combined before.
Status DistinctOnSink::AddLocal(std::unique_ptr<DistinctOnRows> local) {
  std::vector<std::unique_ptr<DistinctOnRows>> leaving;
  {
    std::lock_guard lock(mutex_);
    locals_.push_back(std::move(local));
    size_t bytes = 0;
    for (const auto& known : locals_) bytes += known->memory_bytes();
    metrics_.NotePeakMemory(bytes);
    locals_.back()->finder().EndInput();
    if (spill_ != nullptr) leaving.swap(locals_);
  }
  for (auto& rows : leaving) {
    TRIVET_RETURN_IF_ERROR(spill_->Write(*rows));
    rows.reset();
  }
  return Status::OK();
}

Result<std::unique_ptr<LocalSink>> DistinctOnSink::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSink>(std::make_unique<LocalDistinctOn>(*this));
}

size_t DistinctOnSink::FinishTaskCount() {
  share_->SetComplete();
  if (spill_ != nullptr) {
    spill_->EndInput();
    return context_.thread_count();
  }
  size_t groups = 0;
  for (const auto& local : locals_) groups += local->finder().table().store().row_count();
  task_count_ = std::clamp<size_t>(groups / kRowsPerTask, 1, partitions_.size());
  return task_count_;
}

Status DistinctOnSink::RunFinishTask(size_t task, const CallContext&) {
  if (spill_ != nullptr) return spill_->FindFirstRows();
  for (size_t partition = task; partition < partitions_.size(); partition += task_count_) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    TRIVET_RETURN_IF_ERROR(MergePartition(partition));
  }
  return Status::OK();
}

Status DistinctOnSink::MergePartition(size_t partition) {
  size_t count = 0;
  for (const auto& local : locals_) {
    count += local->finder().table().store().partition(partition).row_count();
  }
  if (count == 0) return Status::OK();
  {
    std::lock_guard lock(mutex_);
    // Here and once more where the partitions come together.
    TRIVET_RETURN_IF_ERROR(reservation_.Grow(2 * count * sizeof(FirstRow)));
  }
  RowMerger merger(*shape_.groups, context_, kDistinctOnConsumer);
  TRIVET_RETURN_IF_ERROR(merger.Reserve(count));
  const auto keep_first = [&](uint8_t* const* sources, uint8_t* const* targets, size_t pairs) {
    for (size_t i = 0; i < pairs; ++i) {
      const FirstRow& source = shape_.FirstOf(sources[i]);
      FirstRow& target = shape_.FirstOf(targets[i]);
      if (source.ComesBefore(target)) target = source;
    }
  };
  for (const auto& local : locals_) {
    TRIVET_RETURN_IF_ERROR(
        merger.Add(local->finder().table().store().partition(partition), keep_first));
  }
  std::vector<FirstRow>& rows = partitions_[partition];
  rows.reserve(count);
  for (const auto& local : locals_) {
    uint8_t* groups[kVectorSize];
    RowStore::Cursor cursor(local->finder().table().store().partition(partition));
    while (const size_t read = cursor.Next(groups)) {
      for (size_t i = 0; i < read; ++i) {
        if (!shape_.groups->IsMerged(groups[i])) rows.push_back(shape_.FirstOf(groups[i]));
      }
    }
  }
  return Status::OK();
}

Status DistinctOnSink::Finish(const CallContext&) {
  if (spill_ != nullptr) return Status::OK();
  size_t count = 0;
  for (const auto& rows : partitions_) count += rows.size();
  rows_.reserve(count);
  for (auto& rows : partitions_) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    rows = {};
  }
  TRIVET_ASSIGN_OR_RETURN(
      const Reservation reservation,
      context_.memory().TryReserve(count * sizeof(FirstRow), kDistinctOnConsumer));
  std::vector<FirstRow> scratch(count);
  return SortInterruptibly<FirstRow>(
      rows_, scratch, [](const FirstRow& a, const FirstRow& b) { return a.ComesBefore(b); },
      context_.cancellation());
}

Batch DistinctOnSink::MakeBatch(size_t from, size_t count) const {
  uint8_t* rows[kVectorSize];
  for (size_t i = 0; i < count; ++i) rows[i] = rows_[from + i].columns;
  std::vector<Vector> columns;
  for (size_t i = 0; i < shape_.columns->column_count(); ++i) {
    Vector column = Vector::MakeFlat(shape_.columns->types()[i], count);
    GatherColumn(*shape_.columns, i, rows, count, column);
    if (column.type().physical() == PhysicalType::kString) {
      for (const auto& local : locals_) OwnRows(local->columns(), column);
    }
    columns.push_back(std::move(column));
  }
  return Batch(std::move(columns), count);
}

// Batches are morsels of their own, so that whoever wants the order can tell it.
class DistinctOnSource final : public Source {
 public:
  DistinctOnSource(std::shared_ptr<DistinctOnSink> sink,
                   std::function<std::unique_ptr<MorselTaker>()> takers)
      : sink_(std::move(sink)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override;
  size_t max_threads() const override {
    if (sink_->spill() != nullptr) return 1;  // merging what is on disk
    return std::max<size_t>(1, sink_->rows().size() / (8 * kVectorSize));
  }
  const DistinctOnSink& sink() const { return *sink_; }
  std::optional<uint64_t> TakeBatch(size_t batch_size) {
    const uint64_t next = next_.fetch_add(1, std::memory_order_relaxed);
    return next * batch_size < sink_->rows().size() ? std::optional(next) : std::nullopt;
  }

 private:
  std::shared_ptr<DistinctOnSink> sink_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::atomic<uint64_t> next_{0};
};

class LocalDistinctOnSource final : public LocalSource {
 public:
  LocalDistinctOnSource(DistinctOnSource& source, std::unique_ptr<MorselTaker> taker,
                        size_t batch_size)
      : source_(source), taker_(std::move(taker)), batch_size_(batch_size) {}
  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    uint64_t number = 0;
    DistinctOnSpill* const spill = source_.sink().spill();
    const auto take = [&]() -> Result<std::optional<uint64_t>> {
      if (spill != nullptr) {
        TRIVET_ASSIGN_OR_RETURN(const bool more, spill->NextBatch(batch_size_, out));
        number = merged_;
        return more ? std::optional(merged_++) : std::nullopt;
      }
      const std::optional<uint64_t> taken = source_.TakeBatch(batch_size_);
      number = taken.value_or(0);
      return taken;
    };
    TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
    if (!taken) return Outcome::kBlocked;
    if (taker_->exhausted()) return Outcome::kFinished;
    if (spill == nullptr) {
      const size_t from = number * batch_size_;
      const size_t left = source_.sink().rows().size() - from;
      out = source_.sink().MakeBatch(from, std::min(batch_size_, left));
    }
    out.set_order({number, 0});
    return Outcome::kHaveOutput;
  }

 private:
  DistinctOnSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  const size_t batch_size_;
  uint64_t merged_ = 0;  // batches given from disk
};

Result<std::unique_ptr<LocalSource>> DistinctOnSource::MakeLocal(const ExecutionContext& context) {
  return std::unique_ptr<LocalSource>(
      std::make_unique<LocalDistinctOnSource>(*this, takers_(), context.batch_size()));
}

Result<PhysicalPlanner::Translated> TranslateDistinctOn(const LogicalOperator& node,
                                                        PhysicalPlanner& planner) {
  const auto& distinct = static_cast<const LogicalDistinctOn&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(distinct.child()));
  std::vector<ExpressionPtr> keys = distinct.keys;
  for (ExpressionPtr& key : keys) {
    TRIVET_ASSIGN_OR_RETURN(key, ResolveInputs(key, child.layout));
  }
  TRIVET_RETURN_IF_ERROR(DistinctOnShape::Make(keys, child.plan->types()).status());
  auto plan = std::make_shared<PhysicalDistinctOn>(std::move(keys), std::move(child.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(child.layout)};
}

}  // namespace

OperatorCapabilities PhysicalDistinctOn::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = true;
  capabilities.order_preserving = true;
  capabilities.spillable = true;
  for (const ExpressionPtr& key : keys_) {
    if (key->is_volatile()) capabilities.deterministic = false;
  }
  // The input's order is known in one place only.
  capabilities.required_inputs = {Partitioning::Single()};
  capabilities.delivered = Partitioning::Single();
  return capabilities;
}

Status PhysicalDistinctOn::Validate() const {
  PlanCheck check(*this);
  const std::vector<LogicalType> columns = check.Child(0);
  return check.ChildCount(1).Schema(columns).Expressions(keys_, columns, "Keys").status();
}

Status PhysicalDistinctOn::BuildPipelines(PipelineBuilder& builder) const {
  TRIVET_ASSIGN_OR_RETURN(DistinctOnShape shape, DistinctOnShape::Make(keys_, types()));
  auto sink = std::make_shared<DistinctOnSink>(std::move(shape), builder.context(),
                                               builder.MetricsOf(*this));
  TRIVET_RETURN_IF_ERROR(builder.BuildInto(*this, *children_[0], sink));
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<DistinctOnSource>(std::move(sink), std::move(takers)));
  return Status::OK();
}

void RegisterDistinctOn(OperatorRegistry& registry) {
  registry.Add<PhysicalDistinctOn>();

  registry.AddTranslation(LogicalKind::kDistinctOn, TranslateDistinctOn);
}

}  // namespace trivet
