#include "execution/operators/values.h"

#include <algorithm>

#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/evaluator.h"

namespace trivet {

namespace {

using Rows = std::vector<std::vector<ExpressionPtr>>;

class LocalValues final : public LocalSource {
 public:
  // `rows` and `types` belong to the plan, which outlives the run.
  LocalValues(const Rows& rows, std::vector<LogicalType> types, std::unique_ptr<MorselTaker> taker)
      : rows_(rows), types_(std::move(types)), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (next_ == 0) {
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, [] {
        return Result<std::optional<uint64_t>>(std::optional<uint64_t>(0));
      }));
      if (!taken) return Outcome::kBlocked;
    }
    if (next_ >= rows_.size()) {
      taker_->Finish();
      return Outcome::kFinished;
    }
    const size_t count = std::min(call.execution.batch_size(), rows_.size() - next_);
    out = Batch::MakeFlat(types_, count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t column = 0; column < types_.size(); ++column) {
        TRIVET_ASSIGN_OR_RETURN(const Value value,
                                EvaluateConstant(rows_[next_ + i][column], call.execution));
        out.mutable_column(column).SetValue(i, value);
      }
    }
    out.set_row_count(count);
    out.set_order({0, sequence_++});
    next_ += count;
    return Outcome::kHaveOutput;
  }

 private:
  const Rows& rows_;
  std::vector<LogicalType> types_;
  std::unique_ptr<MorselTaker> taker_;
  size_t next_ = 0;
  uint64_t sequence_ = 0;
};

class ValuesSource final : public Source {
 public:
  ValuesSource(const Rows& rows, std::vector<LogicalType> types,
               std::function<std::unique_ptr<MorselTaker>()> takers)
      : rows_(rows), types_(std::move(types)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSource>(std::make_unique<LocalValues>(rows_, types_, takers_()));
  }
  size_t max_threads() const override { return 1; }

 private:
  const Rows& rows_;
  std::vector<LogicalType> types_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
};

Result<PhysicalPlanner::Translated> TranslateValues(const LogicalOperator& node, PhysicalPlanner&) {
  const auto& values = static_cast<const LogicalValues&>(node);
  return PhysicalPlanner::Translated{
      std::make_shared<PhysicalValues>(values.rows, PhysicalPlanner::SchemaOf(values.columns)),
      PhysicalPlanner::IdsOf(values.columns)};
}

}  // namespace

OperatorCapabilities PhysicalValues::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  capabilities.parallel_safe = false;
  capabilities.delivered = Partitioning::Single();
  return capabilities;
}

Status PhysicalValues::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(0);
  for (const std::vector<ExpressionPtr>& row : rows_) {
    check.Expressions(row, {}, "Rows").Schema(TypesOf(row));
  }
  return check.status();
}

Status PhysicalValues::BuildPipelines(PipelineBuilder& builder) const {
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<ValuesSource>(rows_, types(), std::move(takers)));
  return Status::OK();
}

void RegisterValues(OperatorRegistry& registry) {
  registry.Add<PhysicalValues>();

  registry.AddTranslation(LogicalKind::kValues, TranslateValues);
}

}  // namespace trivet
