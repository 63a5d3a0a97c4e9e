#include "execution/operators/limit.h"

#include <algorithm>
#include <numeric>

#include "execution/batch_store.h"
#include "execution/operators/limit_queue.h"
#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"

namespace trivet {

namespace {

// How many rows there are in front of the end of a LIMIT with an OFFSET.
uint64_t EndOf(const std::optional<uint64_t>& limit, uint64_t offset) {
  constexpr uint64_t kUnbounded = ~uint64_t{0};
  return limit && *limit < kUnbounded - offset ? offset + *limit : kUnbounded;
}

// One thread's source of one morsel, whose batches `give` gives.
class LocalLimitSource final : public LocalSource {
 public:
  using Give = std::function<Result<Outcome>(Batch& out, const CallContext& call)>;

  LocalLimitSource(Give give, std::unique_ptr<MorselTaker> taker)
      : give_(std::move(give)), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (!started_) {
      const auto only = [] { return Result<std::optional<uint64_t>>(std::optional<uint64_t>(0)); };
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, only));
      if (!taken) return Outcome::kBlocked;
      started_ = true;
    }
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, give_(out, call));
    if (outcome == Outcome::kFinished) taker_->Finish();
    if (outcome == Outcome::kHaveOutput) out.set_order({0, sequence_++});
    return outcome;
  }

 private:
  Give give_;
  std::unique_ptr<MorselTaker> taker_;
  bool started_ = false;
  uint64_t sequence_ = 0;
};

using Takers = std::function<std::unique_ptr<MorselTaker>()>;

// Reads a queue while its input runs.
class QueueSource final : public Source {
 public:
  QueueSource(std::shared_ptr<LimitQueue> queue, Takers takers)
      : queue_(std::move(queue)), takers_(std::move(takers)) {}
  // Goes when its pipeline has ended, maybe early.
  ~QueueSource() override { queue_->Discard(); }

  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    const auto give = [this](Batch& out, const CallContext& call) -> Result<Outcome> {
      return queue_->Pop(out, call.waker);
    };
    return std::unique_ptr<LocalSource>(std::make_unique<LocalLimitSource>(give, takers_()));
  }
  size_t max_threads() const override { return 1; }

 private:
  std::shared_ptr<LimitQueue> queue_;
  Takers takers_;
};

// A share of the rows, known once all of them are: gives rows of a finished store.
class ShareSource final : public Source {
 public:
  ShareSource(std::shared_ptr<BatchStore> store, double percent, uint64_t offset,
              size_t column_count, Takers takers)
      : store_(std::move(store)),
        percent_(percent),
        offset_(offset),
        columns_(column_count),
        takers_(std::move(takers)) {
    std::iota(columns_.begin(), columns_.end(), size_t{0});
    store_->AddReader();
  }
  ~ShareSource() override {
    for (size_t i = next_; i < store_->batch_count(); ++i) store_->EndRead(i);
  }

  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    const auto give = [this](Batch& out, const CallContext&) { return Next(out); };
    return std::unique_ptr<LocalSource>(std::make_unique<LocalLimitSource>(give, takers_()));
  }
  size_t max_threads() const override { return 1; }

 private:
  Result<Outcome> Next(Batch& out) {
    const auto rows = static_cast<double>(store_->row_count());
    const uint64_t end = offset_ + static_cast<uint64_t>(rows * percent_ / 100.0);
    for (; next_ < store_->batch_count() && position_ < end; store_->EndRead(next_++)) {
      TRIVET_ASSIGN_OR_RETURN(Batch batch, store_->Read(next_, {}));
      const uint64_t first = position_;
      position_ += batch.row_count();
      const uint64_t from = std::max(first, offset_);
      const uint64_t to = std::min(position_, end);
      if (from >= to) continue;
      TRIVET_ASSIGN_OR_RETURN(out, store_->Read(next_, columns_));
      if (to - from < out.row_count()) {
        auto selected = MakeIndices(to - from);
        std::iota(selected.get(), selected.get() + (to - from),
                  static_cast<uint32_t>(from - first));
        out.Slice(selected, to - from);
      }
      store_->EndRead(next_++);
      return Outcome::kHaveOutput;
    }
    return Outcome::kFinished;
  }

  std::shared_ptr<BatchStore> store_;
  const double percent_;
  const uint64_t offset_;
  std::vector<size_t> columns_;
  Takers takers_;
  size_t next_ = 0;
  uint64_t position_ = 0;
};

Result<PhysicalPlanner::Translated> TranslateLimit(const LogicalOperator& node,
                                                   PhysicalPlanner& planner) {
  const auto& limit = static_cast<const LogicalLimit&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(limit.child()));
  auto plan = std::make_shared<PhysicalLimit>(limit.limit, limit.percent, limit.offset,
                                              PhysicalPlanner::HasInputOrder(limit.child()),
                                              std::move(child.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(child.layout)};
}

}  // namespace

OperatorCapabilities PhysicalLimit::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = percent_.has_value();
  capabilities.streaming = !capabilities.blocking;
  capabilities.spillable = capabilities.blocking;
  capabilities.order_preserving = true;
  capabilities.required_inputs = {Partitioning::Single()};
  capabilities.delivered = Partitioning::Single();
  return capabilities;
}

// Each partition gives as many rows as could be wanted of it alone.
Result<std::optional<PhysicalOperator::Phases>> PhysicalLimit::SplitPhases() const {
  if (!limit_ || *limit_ > ~uint64_t{0} - offset_) return std::optional<Phases>();
  Phases phases;
  phases.local = std::make_shared<PhysicalLimit>(*limit_ + offset_, std::nullopt, 0, ordered_,
                                                 children_.front());
  phases.global = [*this](PhysicalPlan input) -> Result<PhysicalPlan> {
    return std::make_shared<PhysicalLimit>(limit_, percent_, offset_, ordered_, std::move(input));
  };
  phases.row_limit = *limit_ + offset_;
  return std::optional<Phases>(std::move(phases));
}

void PhysicalLimit::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Limit", limit_);
  visitor.Field("Percent", percent_);
  visitor.Field("Offset", offset_);
  visitor.Field("Ordered", ordered_);
}

Status PhysicalLimit::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(1).Schema(check.Child(0));
  check.That(!limit_ || !percent_, "both a count and a share");
  check.That(!percent_ || (*percent_ >= 0 && *percent_ <= 100), "a share outside of 0 to 100 %");
  return check.status();
}

Status PhysicalLimit::BuildPipelines(PipelineBuilder& builder) const {
  const ExecutionContext& context = builder.context();
  if (percent_) {
    auto store =
        std::make_shared<BatchStore>(context, builder.MetricsOf(*this), std::string(name()), 0);
    TRIVET_RETURN_IF_ERROR(builder.BuildInto(*this, *children_[0], store));
    auto takers = builder.MorselTakers();
    builder.SetSource(*this, std::make_shared<ShareSource>(std::move(store), *percent_, offset_,
                                                           schema_.size(), std::move(takers)));
    return Status::OK();
  }
  const bool ordered = ordered_ && context.preserve_insertion_order();
  auto queue =
      std::make_shared<LimitQueue>(offset_, EndOf(limit_, offset_), ordered, context.memory());
  TRIVET_RETURN_IF_ERROR(builder.BuildBeside(*this, *children_[0], queue));
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<QueueSource>(std::move(queue), std::move(takers)));
  return Status::OK();
}

void RegisterLimit(OperatorRegistry& registry) {
  registry.Add<PhysicalLimit>();

  registry.AddTranslation(LogicalKind::kLimit, TranslateLimit);
}

}  // namespace trivet
