#include "distributed/exchange.h"

#include <utility>

#include "execution/exchange_inputs.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"

namespace trivet {

namespace {

// Reads a stream on one thread, so that its order stays. Every producing task's rows are a morsel.
class LocalExchange final : public LocalSource {
 public:
  LocalExchange(std::unique_ptr<ExchangeStream> stream, std::unique_ptr<MorselTaker> taker)
      : stream_(std::move(stream)), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (!held_) {
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, stream_->Next(batch_, call));
      if (outcome == Outcome::kFinished) taker_->Finish();
      if (outcome != Outcome::kHaveOutput) return outcome;
      held_ = true;
    }
    const uint64_t morsel = batch_.order().morsel;
    if (!started_ || morsel != morsel_) {
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, [&] {
        return Result<std::optional<uint64_t>>(std::optional<uint64_t>(morsel));
      }));
      if (!taken) return Outcome::kBlocked;
      started_ = true;
      morsel_ = morsel;
    }
    out = std::move(batch_);
    batch_ = Batch();
    held_ = false;
    return Outcome::kHaveOutput;
  }

 private:
  std::unique_ptr<ExchangeStream> stream_;
  std::unique_ptr<MorselTaker> taker_;
  Batch batch_;
  bool held_ = false;  // batch_ waits for its morsel's turn
  bool started_ = false;
  uint64_t morsel_ = 0;
};

class ExchangeStreamSource final : public Source {
 public:
  ExchangeStreamSource(std::unique_ptr<ExchangeStream> stream,
                       std::function<std::unique_ptr<MorselTaker>()> takers)
      : stream_(std::move(stream)), takers_(std::move(takers)) {}

  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    if (stream_ == nullptr) return Status::Internal("an exchange source was opened twice");
    return std::unique_ptr<LocalSource>(
        std::make_unique<LocalExchange>(std::move(stream_), takers_()));
  }
  size_t max_threads() const override { return 1; }

 private:
  std::unique_ptr<ExchangeStream> stream_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
};

}  // namespace

OperatorCapabilities PhysicalExchangeSource::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  return capabilities;
}

void PhysicalExchangeSource::VisitFields(FieldVisitor& visitor) {
  auto kind = static_cast<uint8_t>(kind_);
  visitor.Enumeration("Kind", kind, ExchangeKindName(kind_));
  kind_ = static_cast<ExchangeKind>(kind);
  visitor.Field("Input", input_);
}

Status PhysicalExchangeSource::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(0).That(kind_ <= ExchangeKind::kForward, "unknown kind");
  return check.That(input_ < kMaximumTasks, "more inputs than a stage can have").status();
}

Status PhysicalExchangeSource::BuildPipelines(PipelineBuilder& builder) const {
  ExchangeInputs* inputs = builder.context().exchange_inputs();
  if (inputs == nullptr) return Status::Internal("an exchange outside of a distributed query");
  TRIVET_ASSIGN_OR_RETURN(auto stream, inputs->Open(input_, types()));
  auto takers = builder.MorselTakers();
  builder.SetSource(*this,
                    std::make_shared<ExchangeStreamSource>(std::move(stream), std::move(takers)));
  return Status::OK();
}

OperatorCapabilities PhysicalExchange::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  return capabilities;
}

void PhysicalExchange::VisitFields(FieldVisitor& visitor) {
  auto kind = static_cast<uint8_t>(kind_);
  visitor.Enumeration("Kind", kind, ExchangeKindName(kind_));
  kind_ = static_cast<ExchangeKind>(kind);
  visitor.Field("Keys", keys_);
  visitor.Field("Partitions", partitions_);
  visitor.Field("Sort Keys", range_.keys);
  visitor.Field("By Place", range_.by_place);
}

Status PhysicalExchange::Validate() const {
  PlanCheck check(*this);
  const std::vector<LogicalType> columns = check.Child(0);
  check.ChildCount(1).Schema(columns).Expressions(keys_, columns, "Keys");
  check.SortKeys(range_.keys, columns, "Sort Keys");
  check.That(kind_ <= ExchangeKind::kForward, "unknown kind");
  check.That(partitions_ >= 1 && partitions_ <= kMaximumTasks, "no or too many partitions");
  const bool is_hash = kind_ == ExchangeKind::kHash;
  check.That(is_hash == !keys_.empty(), "keys are those of a hash exchange");
  check.That(partitions_ == 1 || is_hash || kind_ == ExchangeKind::kRange,
             "cut into partitions without keys");
  check.That(kind_ != ExchangeKind::kRange || !range_.keys.empty(), "ranges of no keys");
  return check.status();
}

Status PhysicalExchange::BuildPipelines(PipelineBuilder& builder) const {
  return children_.front()->BuildPipelines(builder);
}

}  // namespace trivet
