#include "execution/operators/distinct_on.h"
#include "base/interruptible_sort.h"

#include <algorithm>
#include <mutex>

#include "execution/morsel_tracker.h"
#include "execution/operators/aggregate_local.h"
#include "execution/operators/register.h"
#include "execution/operators/row_merger.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

constexpr std::string_view kConsumer = "DISTINCT_ON";
constexpr int kRadixBits = 6;
// Groups that make a task worth its scheduling.
constexpr size_t kRowsPerTask = size_t{1} << 14;

// The first row of a key known so far: its place in the input, and where its columns are kept.
struct FirstRow {
  BatchOrder batch;
  uint64_t row;
  uint8_t* columns;
  bool ComesBefore(const FirstRow& other) const {
    return batch != other.batch ? batch < other.batch : row < other.row;
  }
};

struct Shape {
  std::vector<ExpressionPtr> keys;
  GroupLayoutPtr groups;  // keys, with a FirstRow
  RowLayoutPtr columns;   // the child's

  FirstRow& FirstOf(uint8_t* group) const {
    return *reinterpret_cast<FirstRow*>(groups->States(group));
  }
};

Result<Shape> MakeShape(const std::vector<ExpressionPtr>& keys,
                        const std::vector<LogicalType>& columns) {
  Shape shape;
  shape.keys = keys;
  std::vector<LogicalType> key_types;
  for (const ExpressionPtr& key : keys) key_types.push_back(key->type());
  const FirstRow none{{~uint64_t{0}, ~uint64_t{0}}, ~uint64_t{0}, nullptr};
  std::vector<uint8_t> prototype(sizeof(FirstRow));
  StoreAs(prototype.data(), none);
  TRIVET_ASSIGN_OR_RETURN(shape.groups,
                          GroupLayout::Make(std::move(key_types), std::move(prototype)));
  TRIVET_ASSIGN_OR_RETURN(shape.columns, RowLayout::Make(columns, {}));
  return shape;
}

// One thread's keys and their first rows.
class LocalRows {
 public:
  LocalRows(const Shape& shape, const ExecutionContext& context)
      : shape_(shape),
        evaluator_(shape.keys, context),
        finder_(shape.groups, context, kRadixBits, shape.keys.size(), kConsumer),
        columns_(shape.columns, std::make_shared<RowMemory>(
                                    Reservation(&context.memory(), std::string(kConsumer)))),
        runs_(std::make_unique<GroupRuns>()) {}

  Status Add(const Batch& batch) {
    const size_t count = batch.row_count();
    std::vector<Vector> keys(shape_.keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      TRIVET_RETURN_IF_ERROR(evaluator_.Evaluate(i, batch, keys[i]));
      keys[i] = GroupKey(keys[i], count);
    }
    uint8_t* groups[kVectorSize];
    TRIVET_RETURN_IF_ERROR(finder_.Find(keys, count, groups, *runs_));
    uint32_t kept[kVectorSize];
    size_t kept_count = 0;
    for (size_t i = 0; i < count; ++i) {
      FirstRow& first = shape_.FirstOf(groups[i]);
      const FirstRow row{batch.order(), i, nullptr};
      if (!row.ComesBefore(first)) continue;
      first = row;
      kept[kept_count++] = static_cast<uint32_t>(i);
    }
    if (kept_count == 0) return Status::OK();
    uint8_t* rows[kVectorSize];
    TRIVET_RETURN_IF_ERROR(columns_.Append(batch.columns(), nullptr, kept, kept_count, rows));
    for (size_t i = 0; i < kept_count; ++i) shape_.FirstOf(groups[kept[i]]).columns = rows[i];
    return Status::OK();
  }

  GroupFinder& finder() { return finder_; }
  const RowStore& columns() const { return columns_; }
  size_t memory_bytes() const {
    return finder_.memory_bytes() + columns_.memories().front()->bytes();
  }

 private:
  const Shape& shape_;
  Evaluator evaluator_;
  GroupFinder finder_;
  RowStore columns_;
  std::unique_ptr<GroupRuns> runs_;
};

class DistinctOnSink final : public Sink {
 public:
  DistinctOnSink(Shape shape, const ExecutionContext& context, OperatorMetrics& metrics)
      : shape_(std::move(shape)),
        context_(context),
        metrics_(metrics),
        reservation_(&context.memory(), std::string(kConsumer)),
        partitions_(size_t{1} << kRadixBits) {}

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  void AddLocal(std::unique_ptr<LocalRows> local) {
    std::lock_guard lock(mutex_);
    locals_.push_back(std::move(local));
    size_t bytes = 0;
    for (const auto& known : locals_) bytes += known->memory_bytes();
    metrics_.NotePeakMemory(bytes);
    locals_.back()->finder().EndInput();
  }
  size_t FinishTaskCount() override;
  Status RunFinishTask(size_t task, const CallContext& call) override;
  Status Finish(const CallContext& call) override;

  // Complete after Finish: the first rows in the input's order.
  const std::vector<FirstRow>& rows() const { return rows_; }
  Batch MakeBatch(size_t from, size_t count) const;

 private:
  Status MergePartition(size_t partition);

  const Shape shape_;
  const ExecutionContext& context_;
  OperatorMetrics& metrics_;
  size_t task_count_ = 1;
  std::mutex mutex_;
  Reservation reservation_;
  std::vector<std::unique_ptr<LocalRows>> locals_;
  std::vector<std::vector<FirstRow>> partitions_;
  std::vector<FirstRow> rows_;
};

class LocalDistinctOn final : public LocalSink {
 public:
  LocalDistinctOn(DistinctOnSink& sink, std::unique_ptr<LocalRows> rows)
      : sink_(sink), rows_(std::move(rows)) {}
  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    TRIVET_RETURN_IF_ERROR(rows_->Add(batch));
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override {
    sink_.AddLocal(std::move(rows_));
    return Status::OK();
  }

 private:
  DistinctOnSink& sink_;
  std::unique_ptr<LocalRows> rows_;
};

Result<std::unique_ptr<LocalSink>> DistinctOnSink::MakeLocal(const ExecutionContext& context) {
  return std::unique_ptr<LocalSink>(
      std::make_unique<LocalDistinctOn>(*this, std::make_unique<LocalRows>(shape_, context)));
}

size_t DistinctOnSink::FinishTaskCount() {
  size_t groups = 0;
  for (const auto& local : locals_) groups += local->finder().table().store().row_count();
  task_count_ = std::clamp<size_t>(groups / kRowsPerTask, 1, partitions_.size());
  return task_count_;
}

Status DistinctOnSink::RunFinishTask(size_t task, const CallContext&) {
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
  RowMerger merger(*shape_.groups, context_, kConsumer);
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
  size_t count = 0;
  for (const auto& rows : partitions_) count += rows.size();
  rows_.reserve(count);
  for (auto& rows : partitions_) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    rows = {};
  }
  TRIVET_ASSIGN_OR_RETURN(const Reservation reservation,
                          context_.memory().TryReserve(count * sizeof(FirstRow), kConsumer));
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
    const auto take = [&]() -> Result<std::optional<uint64_t>> {
      const std::optional<uint64_t> taken = source_.TakeBatch(batch_size_);
      number = taken.value_or(0);
      return taken;
    };
    TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
    if (!taken) return Outcome::kBlocked;
    if (taker_->exhausted()) return Outcome::kFinished;
    const size_t from = number * batch_size_;
    out =
        source_.sink().MakeBatch(from, std::min(batch_size_, source_.sink().rows().size() - from));
    out.set_order({number, 0});
    return Outcome::kHaveOutput;
  }

 private:
  DistinctOnSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  const size_t batch_size_;
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
  TRIVET_RETURN_IF_ERROR(MakeShape(keys, child.plan->types()).status());
  auto plan = std::make_shared<PhysicalDistinctOn>(std::move(keys), std::move(child.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(child.layout)};
}

}  // namespace

OperatorCapabilities PhysicalDistinctOn::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = true;
  capabilities.order_preserving = true;
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
  TRIVET_ASSIGN_OR_RETURN(Shape shape, MakeShape(keys_, types()));
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
