#include "execution/operators/aggregate.h"

#include <algorithm>

#include "execution/morsel_tracker.h"
#include "execution/operators/aggregate_partial.h"
#include "execution/operators/aggregate_run.h"
#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

class LocalAggregateSink final : public LocalSink {
 public:
  LocalAggregateSink(AggregateRun& run, const ExecutionContext& context)
      : run_(run),
        context_(context),
        local_(std::make_unique<LocalAggregation>(run.plan(), context, run.can_spill())) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    RestOfBatch rest;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool added, local_->TryAdd(batch, rest));
      if (added) break;
      TRIVET_RETURN_IF_ERROR(MakeRoom());
    }
    const size_t bytes = local_->memory_bytes();
    Note(bytes);
    // What took from that which is left for others gives it back at once.
    if (run_.can_spill() &&
        (!local_->yields() || run_.share().MustSpill(bytes, context_.thread_count()))) {
      TRIVET_RETURN_IF_ERROR(Spill());
    }
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override {
    run_.AddLocal(std::move(local_));
    return Status::OK();
  }

 private:
  // After a refusal: another local aggregation for what is left of the batch.
  Status MakeRoom() {
    if (!run_.can_spill()) return local_->refusal();
    // What there is makes room.
    if (!local_->is_empty()) return Spill();
    // Where there is nothing, others hold it all: it takes what is left for those who cannot spill.
    if (!local_->yields()) return local_->refusal();
    local_ = std::make_unique<LocalAggregation>(run_.plan(), context_);
    return Status::OK();
  }
  Status Spill() {
    TRIVET_RETURN_IF_ERROR(run_.Spill(*local_));
    local_.reset();
    local_ = std::make_unique<LocalAggregation>(run_.plan(), context_, true);
    Note(0);
    return Status::OK();
  }
  void Note(size_t bytes) {
    run_.share().Change(noted_bytes_, bytes);
    noted_bytes_ = bytes;
  }

  AggregateRun& run_;
  const ExecutionContext& context_;
  std::unique_ptr<LocalAggregation> local_;
  size_t noted_bytes_ = 0;
};

class AggregateSink final : public Sink {
 public:
  explicit AggregateSink(std::shared_ptr<AggregateRun> run) : run_(std::move(run)) {}

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override {
    return std::unique_ptr<LocalSink>(std::make_unique<LocalAggregateSink>(*run_, context));
  }
  size_t FinishTaskCount() override {
    Result<size_t> tasks = run_->Begin();
    if (tasks.ok()) return *tasks;
    begin_ = std::move(tasks).status();
    return 0;
  }
  Status RunFinishTask(size_t task, const CallContext&) override { return run_->RunTask(task); }
  Status Finish(const CallContext&) override {
    TRIVET_RETURN_IF_ERROR(begin_);
    return run_->Finish();
  }

 private:
  std::shared_ptr<AggregateRun> run_;
  Status begin_;
};

class LocalAggregateSource final : public LocalSource {
 public:
  LocalAggregateSource(AggregateRun& run, std::unique_ptr<MorselTaker> taker)
      : run_(run), reader_(run), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (!open_) {
      TRIVET_ASSIGN_OR_RETURN(const bool taken, Take(call));
      if (!taken) return Outcome::kBlocked;
      if (taker_->exhausted()) return Outcome::kFinished;
    }
    TRIVET_ASSIGN_OR_RETURN(open_, reader_.Next(out));
    if (open_) out.set_order({piece_, sequence_++});
    return Outcome::kHaveOutput;
  }

 private:
  Result<bool> Take(const CallContext& call) {
    const auto take = [&]() -> Result<std::optional<uint64_t>> {
      const std::optional<size_t> piece = run_.TakePiece();
      if (!piece) return std::optional<uint64_t>();
      piece_ = *piece;
      return std::optional<uint64_t>(piece_);
    };
    TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
    if (taken && !taker_->exhausted()) {
      TRIVET_RETURN_IF_ERROR(reader_.Open(piece_));
      open_ = true;
      sequence_ = 0;
    }
    return taken;
  }

  AggregateRun& run_;
  AggregateRun::Reader reader_;
  std::unique_ptr<MorselTaker> taker_;
  size_t piece_ = 0;
  uint64_t sequence_ = 0;
  bool open_ = false;
};

class AggregateSource final : public Source {
 public:
  AggregateSource(std::shared_ptr<AggregateRun> run,
                  std::function<std::unique_ptr<MorselTaker>()> takers)
      : run_(std::move(run)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSource>(std::make_unique<LocalAggregateSource>(*run_, takers_()));
  }
  size_t max_threads() const override { return run_->parallel_readers(); }

 private:
  std::shared_ptr<AggregateRun> run_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
};

// Nothing is said of what is done in one phase.
std::string_view PhaseName(AggregatePhase phase) {
  switch (phase) {
    case AggregatePhase::kComplete: return "";
    case AggregatePhase::kPartial: return "partial";
    case AggregatePhase::kFinal: return "final";
  }
  return "unknown";
}

Result<PhysicalPlanner::Translated> TranslateAggregate(const LogicalOperator& node,
                                                       PhysicalPlanner& planner) {
  const auto& aggregate = static_cast<const LogicalAggregate&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(aggregate.child()));
  const auto resolve = [&](ExpressionPtr& expression) -> Status {
    if (expression == nullptr) return Status::OK();
    TRIVET_ASSIGN_OR_RETURN(expression, ResolveInputs(expression, child.layout));
    return Status::OK();
  };
  std::vector<ExpressionPtr> groups;
  for (const LogicalAggregate::Group& group : aggregate.groups) {
    groups.push_back(group.expression);
    TRIVET_RETURN_IF_ERROR(resolve(groups.back()));
  }
  std::vector<LogicalAggregate::Aggregate> aggregates = aggregate.aggregates;
  for (LogicalAggregate::Aggregate& call : aggregates) {
    for (ExpressionPtr& argument : call.arguments) TRIVET_RETURN_IF_ERROR(resolve(argument));
    TRIVET_RETURN_IF_ERROR(resolve(call.filter));
    for (SortKey& key : call.order_by) TRIVET_RETURN_IF_ERROR(resolve(key.expression));
  }
  // What cannot run is told now, not when the query runs.
  TRIVET_RETURN_IF_ERROR(AggregatePlan::Make(groups, aggregates).status());
  const std::vector<OutputColumn> columns = aggregate.Columns();
  return PhysicalPlanner::Translated{std::make_shared<PhysicalHashAggregate>(
                                         std::move(groups), std::move(aggregates),
                                         PhysicalPlanner::SchemaOf(columns), std::move(child.plan)),
                                     PhysicalPlanner::IdsOf(columns)};
}

}  // namespace

OperatorCapabilities PhysicalHashAggregate::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = phase_ != AggregatePhase::kPartial;
  capabilities.spillable = capabilities.blocking;
  std::vector<ExpressionPtr> keys;
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i]->is_volatile()) capabilities.deterministic = false;
    keys.push_back(Expression::Input(static_cast<uint32_t>(i), schema_[i].type, schema_[i].name));
  }
  // Equal keys must meet; without keys, all rows. Not yet in the partial phase.
  if (phase_ == AggregatePhase::kPartial) {
    capabilities.required_inputs = {Partitioning::Any()};
  } else if (groups_.empty()) {
    capabilities.required_inputs = {Partitioning::Single()};
    capabilities.delivered = Partitioning::Single();
  } else {
    capabilities.required_inputs = {Partitioning::Hash(groups_, 0)};
    capabilities.delivered = Partitioning::Hash(std::move(keys), 0);
  }
  return capabilities;
}

void PhysicalHashAggregate::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Groups", groups_);
  visitor.Field("Aggregates", aggregates_);
  auto phase = static_cast<uint8_t>(phase_);
  visitor.Enumeration("Phase", phase, PhaseName(phase_));
  phase_ = static_cast<AggregatePhase>(phase);
}

std::optional<PhysicalOperator::Origin> PhysicalHashAggregate::OriginOf(size_t column) const {
  // Leaving out all rows of a key leaves out its group and nothing else, but what can fail must see
  // every row that it was written to see.
  const auto can_fail = [](const ExpressionPtr& expression) {
    return expression != nullptr && expression->can_fail();
  };
  if (std::any_of(groups_.begin(), groups_.end(), can_fail)) return std::nullopt;
  for (const LogicalAggregate::Aggregate& aggregate : aggregates_) {
    if (can_fail(aggregate.filter)) return std::nullopt;
    if (std::any_of(aggregate.arguments.begin(), aggregate.arguments.end(), can_fail)) {
      return std::nullopt;
    }
  }
  if (column >= groups_.size() || groups_[column]->kind() != ExpressionKind::kInput) {
    return std::nullopt;
  }
  return Origin{0, groups_[column]->input_index()};
}

Status PhysicalHashAggregate::Validate() const {
  PlanCheck check(*this);
  const std::vector<LogicalType> columns = check.Child(0);
  check.That(phase_ <= AggregatePhase::kFinal, "no such phase");
  check.ChildCount(1).Expressions(groups_, columns, "Groups");
  std::vector<LogicalType> types = TypesOf(groups_);
  const LogicalType state_type = TypeId::kBlob;
  for (const Aggregate& aggregate : aggregates_) {
    check.Expressions(aggregate.arguments, columns, "Aggregates");
    // The final phase reads states in place of arguments.
    const std::vector<LogicalType> expected =
        phase_ == AggregatePhase::kFinal && !aggregate.distinct
            ? std::vector<LogicalType>{state_type}
            : aggregate.function.argument_types;
    check.That(TypesOf(aggregate.arguments) == expected,
               "arguments of an aggregate are of other types");
    if (aggregate.filter) check.Predicate(aggregate.filter, columns, "Aggregates");
    check.SortKeys(aggregate.order_by, columns, "Aggregates");
    if (phase_ != AggregatePhase::kPartial) types.push_back(aggregate.function.return_type);
  }
  TRIVET_RETURN_IF_ERROR(check.status());
  if (phase_ == AggregatePhase::kPartial) {
    const auto plan = AggregatePlan::Make(groups_, aggregates_, phase_);
    check.That(plan.ok(), "aggregates without two phases");
    if (plan.ok()) types.insert(types.end(), (*plan)->states.size(), state_type);
  }
  return check.Schema(types).status();
}

Status PhysicalHashAggregate::BuildPipelines(PipelineBuilder& builder) const {
  if (phase_ != AggregatePhase::kComplete) TRIVET_RETURN_IF_ERROR(Validate());
  TRIVET_ASSIGN_OR_RETURN(AggregatePlanPtr plan, AggregatePlan::Make(groups_, aggregates_, phase_));
  if (phase_ == AggregatePhase::kPartial) {
    auto transform =
        std::make_shared<PartialAggregateTransform>(std::move(plan), builder.MetricsOf(*this));
    return builder.AddTransform(*this, std::move(transform), *children_[0]);
  }
  auto run =
      std::make_shared<AggregateRun>(std::move(plan), builder.context(), &builder.MetricsOf(*this));
  TRIVET_RETURN_IF_ERROR(
      builder.BuildInto(*this, *children_[0], std::make_shared<AggregateSink>(run)));
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<AggregateSource>(std::move(run), std::move(takers)));
  return Status::OK();
}

void RegisterAggregate(OperatorRegistry& registry) {
  registry.Add<PhysicalHashAggregate>();

  registry.AddTranslation(LogicalKind::kAggregate, TranslateAggregate);
}

}  // namespace trivet
