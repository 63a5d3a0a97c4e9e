#include "execution/operators/limit.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"

namespace trivet {

namespace {

// Collects the first `wanted` rows of the input's order. Batches behind the point where the batches
// at hand reach that count can never be wanted, for later arrivals only come in before them; so no
// more than `wanted` rows and a batch are kept.
class LimitSink final : public Sink {
 public:
  struct Bounds {
    uint64_t offset;
    std::optional<uint64_t> limit;
    std::optional<double> percent;
    bool ordered;
    uint64_t wanted() const {
      return limit && *limit < kUnbounded - offset ? offset + *limit : kUnbounded;
    }
  };
  static constexpr uint64_t kUnbounded = ~uint64_t{0};

  LimitSink(Bounds bounds, MemoryManager& memory)
      : bounds_(bounds),
        tracker_(bounds.ordered ? std::make_shared<MorselTracker>() : nullptr),
        reservation_(&memory, "LIMIT") {
    if (bounds_.wanted() == bounds_.offset) saturated_ = true;
  }

  std::shared_ptr<MorselTracker> tracker() override { return tracker_; }
  bool saturated() const override { return saturated_.load(std::memory_order_acquire); }
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  Status Finish(const CallContext& call) override;

  Result<Outcome> Add(const Batch& batch) {
    std::lock_guard lock(mutex_);
    BatchOrder key = batch.order();
    if (!bounds_.ordered) key = {arrivals_++, 0};
    Batch kept = batch;
    kept.Flatten();
    TRIVET_RETURN_IF_ERROR(reservation_.Grow(kept.MemoryBytes()));
    total_ += kept.row_count();
    kept_.emplace(key, std::move(kept));
    while (kept_.size() > 1 &&
           total_ - std::prev(kept_.end())->second.row_count() >= bounds_.wanted()) {
      const auto last = std::prev(kept_.end());
      total_ -= last->second.row_count();
      reservation_.Shrink(last->second.MemoryBytes());
      kept_.erase(last);
    }
    DropSkipped();
    if (total_ >= bounds_.wanted() && IsSettled()) saturated_ = true;
    return saturated_ ? Outcome::kFinished : Outcome::kNeedInput;
  }

  // Complete after Finish.
  const std::vector<Batch>& output() const { return output_; }

 private:
  // No batch can still come in before the last one kept.
  bool IsSettled() {
    if (kept_.empty()) return false;
    return tracker_ == nullptr || tracker_->IsOldest(std::prev(kept_.end())->first.morsel);
  }
  // Lets go of the first batches where nothing can come before them and OFFSET skips them whole.
  void DropSkipped() {
    if (bounds_.percent) return;
    while (!kept_.empty()) {
      const auto first = kept_.begin();
      const uint64_t end = skipped_ + first->second.row_count();
      if (end > bounds_.offset) return;
      if (tracker_ != nullptr && !tracker_->IsOldest(first->first.morsel)) return;
      skipped_ = end;
      reservation_.Shrink(first->second.MemoryBytes());
      kept_.erase(first);
    }
  }

  const Bounds bounds_;
  std::shared_ptr<MorselTracker> tracker_;
  std::atomic<bool> saturated_{false};
  std::mutex mutex_;
  Reservation reservation_;
  std::multimap<BatchOrder, Batch> kept_;  // equal orders: batches made of one, as they arrived
  uint64_t total_ = 0;    // rows before, within and behind what is kept, as far as they matter
  uint64_t skipped_ = 0;  // of these, rows let go before the first one kept
  uint64_t arrivals_ = 0;
  std::vector<Batch> output_;
};

class LocalLimit final : public LocalSink {
 public:
  explicit LocalLimit(LimitSink& sink) : sink_(sink) {}
  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    return sink_.saturated() ? Outcome::kFinished : sink_.Add(batch);
  }
  Status Combine(const CallContext&) override { return Status::OK(); }

 private:
  LimitSink& sink_;
};

Result<std::unique_ptr<LocalSink>> LimitSink::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSink>(std::make_unique<LocalLimit>(*this));
}

Status LimitSink::Finish(const CallContext&) {
  uint64_t end = bounds_.wanted();
  if (bounds_.percent) {
    const auto share =
        static_cast<uint64_t>(static_cast<double>(total_) * *bounds_.percent / 100.0);
    end = bounds_.offset + share;
  }
  uint64_t position = skipped_;
  for (auto& [order, batch] : kept_) {
    const uint64_t from = std::max(bounds_.offset, position);
    const uint64_t to = std::min(end, position + batch.row_count());
    if (from < to) {
      if (to - from < batch.row_count()) {
        auto rows = MakeIndices();
        for (uint64_t i = from; i < to; ++i) rows[i - from] = static_cast<uint32_t>(i - position);
        position += batch.row_count();
        batch.Slice(rows, to - from);
      } else {
        position += batch.row_count();
      }
      output_.push_back(std::move(batch));
    } else {
      position += batch.row_count();
    }
  }
  kept_.clear();
  return Status::OK();
}

class LimitSource final : public Source, public std::enable_shared_from_this<LimitSource> {
 public:
  LimitSource(std::shared_ptr<LimitSink> sink, std::function<std::unique_ptr<MorselTaker>()> takers)
      : sink_(std::move(sink)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override;
  size_t max_threads() const override { return 1; }
  const std::vector<Batch>& output() const { return sink_->output(); }

 private:
  std::shared_ptr<LimitSink> sink_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
};

class LocalLimitSource final : public LocalSource {
 public:
  LocalLimitSource(LimitSource& source, std::unique_ptr<MorselTaker> taker)
      : source_(source), taker_(std::move(taker)) {}
  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    TRIVET_ASSIGN_OR_RETURN(const bool taken,
                            taker_->Next(call, [&]() -> Result<std::optional<uint64_t>> {
                              if (next_ >= source_.output().size())
                                return std::optional<uint64_t>();
                              return std::optional<uint64_t>(next_);
                            }));
    if (!taken) return Outcome::kBlocked;
    if (taker_->exhausted()) return Outcome::kFinished;
    out = source_.output()[next_];
    out.set_order({next_++, 0});
    return Outcome::kHaveOutput;
  }

 private:
  LimitSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  uint64_t next_ = 0;
};

Result<std::unique_ptr<LocalSource>> LimitSource::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSource>(std::make_unique<LocalLimitSource>(*this, takers_()));
}

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
  capabilities.blocking = true;
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
  const bool ordered = ordered_ && builder.context().preserve_insertion_order();
  auto sink = std::make_shared<LimitSink>(LimitSink::Bounds{offset_, limit_, percent_, ordered},
                                          builder.context().memory());
  TRIVET_RETURN_IF_ERROR(builder.BuildInto(*this, *children_[0], sink));
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<LimitSource>(std::move(sink), std::move(takers)));
  return Status::OK();
}

void RegisterLimit(OperatorRegistry& registry) {
  registry.Add<PhysicalLimit>();

  registry.AddTranslation(LogicalKind::kLimit, TranslateLimit);
}

}  // namespace trivet
