#include "execution/operators/custom.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "execution/operators/operator_run.h"
#include "execution/operators/project.h"
#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "execution/result_queue.h"
#include "expression/evaluator.h"
#include "expression/rewrite.h"
#include "plan/logical_custom.h"

namespace trivet {

namespace {

using MakeRun = std::function<std::unique_ptr<OperatorRun>(std::unique_ptr<BatchStream> input)>;

// Any share of the rows: a run for each thread, over the batches that come by.
class LocalCustom final : public LocalTransform {
 public:
  explicit LocalCustom(const MakeRun& make) : run_(make(nullptr)) {}

  Result<Outcome> Process(const Batch& input, Batch& out, const CallContext& call) override {
    TRIVET_ASSIGN_OR_RETURN(Outcome outcome, run_->Poll(out, call.waker));
    if (outcome == Outcome::kNeedInput && !offered_) {
      run_->Offer(input);
      offered_ = true;
      TRIVET_ASSIGN_OR_RETURN(outcome, run_->Poll(out, call.waker));
    }
    // What it made of the batch has all been given, or it made nothing of it.
    if (outcome == Outcome::kNeedInput) offered_ = false;
    return outcome;
  }

  Result<Outcome> Flush(Batch& out, const CallContext& call) override {
    run_->EndInput();
    return run_->Poll(out, call.waker);
  }

 private:
  std::unique_ptr<OperatorRun> run_;
  bool offered_ = false;  // the batch under way
};

class CustomTransform final : public Transform {
 public:
  explicit CustomTransform(MakeRun make) : make_(std::move(make)) {}
  Result<std::unique_ptr<LocalTransform>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalTransform>(std::make_unique<LocalCustom>(make_));
  }

 private:
  MakeRun make_;
};

// The rows that the only run reads, in the input's order.
class OperatorFeed final : public Sink {
 public:
  explicit OperatorFeed(std::shared_ptr<ResultQueue> queue) : queue_(std::move(queue)) {}
  std::shared_ptr<MorselTracker> tracker() override { return queue_->tracker(); }
  bool saturated() const override { return queue_->discarded(); }
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override {
    return queue_->MakeLocal(context);
  }
  Status Finish(const CallContext&) override {
    queue_->Complete(Status::OK());
    return Status::OK();
  }

 private:
  std::shared_ptr<ResultQueue> queue_;
};

// The queue's reader, on the operator's thread.
class FeedReader final : public BatchStream {
 public:
  FeedReader(std::shared_ptr<ResultQueue> queue, CancellationToken cancellation)
      : queue_(std::move(queue)), cancellation_(std::move(cancellation)) {}
  ~FeedReader() override { queue_->Discard(); }

  Result<bool> Next(Batch& batch) override {
    constexpr int kPollMs = 10;
    while (true) {
      TRIVET_RETURN_IF_ERROR(cancellation_.Check());
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, queue_->Pop(batch, kPollMs));
      if (outcome != Outcome::kBlocked) return outcome == Outcome::kHaveOutput;
    }
  }

 private:
  std::shared_ptr<ResultQueue> queue_;
  CancellationToken cancellation_;
};

class LocalCustomSource final : public LocalSource {
 public:
  LocalCustomSource(std::unique_ptr<OperatorRun> run, std::unique_ptr<MorselTaker> taker)
      : run_(std::move(run)), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (!started_) {
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, [] {
        return Result<std::optional<uint64_t>>(std::optional<uint64_t>(0));
      }));
      if (!taken) return Outcome::kBlocked;
      started_ = true;
    }
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, run_->Poll(out, call.waker));
    if (outcome == Outcome::kFinished) taker_->Finish();
    if (outcome == Outcome::kHaveOutput) out.set_order({0, sequence_++});
    return outcome;
  }

 private:
  std::unique_ptr<OperatorRun> run_;
  std::unique_ptr<MorselTaker> taker_;
  bool started_ = false;
  uint64_t sequence_ = 0;
};

class CustomSource final : public Source {
 public:
  CustomSource(std::function<std::unique_ptr<OperatorRun>()> make,
               std::function<std::unique_ptr<MorselTaker>()> takers)
      : make_(std::move(make)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSource>(std::make_unique<LocalCustomSource>(make_(), takers_()));
  }
  size_t max_threads() const override { return 1; }

 private:
  std::function<std::unique_ptr<OperatorRun>()> make_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
};

// The child with exactly the operator's inputs, under their names.
Result<PhysicalPlan> TranslateInput(const LogicalCustom& node, PhysicalPlanner& planner) {
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(node.child()));
  std::vector<ExpressionPtr> expressions;
  std::vector<PhysicalColumn> schema;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr input, ResolveInputs(node.inputs[i], child.layout));
    schema.push_back({node.input_names[i], input->type()});
    expressions.push_back(std::move(input));
  }
  const auto estimate = child.plan->estimated_rows();
  auto project = std::make_shared<PhysicalProject>(std::move(expressions), std::move(schema),
                                                   std::move(child.plan));
  project->set_estimated_rows(estimate);
  return PhysicalPlan(std::move(project));
}

Result<PhysicalPlanner::Translated> TranslateCustom(const LogicalOperator& node,
                                                    PhysicalPlanner& planner) {
  const auto& custom = static_cast<const LogicalCustom&>(node);
  TRIVET_ASSIGN_OR_RETURN(PhysicalPlan child, TranslateInput(custom, planner));
  std::vector<ExpressionPtr> arguments;
  for (const Value& argument : custom.arguments) {
    arguments.push_back(Expression::Constant(argument));
  }
  std::vector<ColumnDefinition> input;
  for (const PhysicalColumn& column : child->schema()) input.push_back({column.name, column.type});
  TRIVET_ASSIGN_OR_RETURN(std::vector<uint64_t> keys,
                          custom.op->declaration().HashPositions(input));
  return PhysicalPlanner::Translated{
      std::make_shared<PhysicalCustomOperator>(custom.op, std::move(arguments), std::move(keys),
                                               PhysicalPlanner::SchemaOf(custom.columns),
                                               std::move(child)),
      PhysicalPlanner::IdsOf(custom.columns)};
}

}  // namespace

PhysicalCustomOperator::PhysicalCustomOperator(CustomOperatorPtr op)
    : PhysicalOperator({}, {}),
      op_(std::move(op)),
      wire_name_(WireName(op_->declaration().name)),
      capability_(op_->declaration().capability()) {}

PhysicalCustomOperator::PhysicalCustomOperator(CustomOperatorPtr op,
                                               std::vector<ExpressionPtr> arguments,
                                               std::vector<uint64_t> keys,
                                               std::vector<PhysicalColumn> schema,
                                               PhysicalPlan child)
    : PhysicalOperator(std::move(schema), {std::move(child)}),
      op_(std::move(op)),
      wire_name_(WireName(op_->declaration().name)),
      capability_(op_->declaration().capability()),
      arguments_(std::move(arguments)),
      keys_(std::move(keys)) {}

OperatorCapabilities PhysicalCustomOperator::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = declaration().distribution != Distribution::kHash;
  capabilities.parallel_safe = declaration().distribution == Distribution::kAny;
  capabilities.deterministic = declaration().deterministic;
  switch (declaration().distribution) {
    case Distribution::kAny: capabilities.required_inputs = {Partitioning::Any()}; break;
    case Distribution::kSingle: capabilities.required_inputs = {Partitioning::Single()}; break;
    case Distribution::kHash: {
      std::vector<ExpressionPtr> keys;
      for (const uint64_t key : keys_) {
        const PhysicalColumn& column = children_.front()->schema()[key];
        keys.push_back(Expression::Input(static_cast<uint32_t>(key), column.type, column.name));
      }
      capabilities.required_inputs = {Partitioning::Hash(std::move(keys), 0)};
    }
  }
  return capabilities;
}

void PhysicalCustomOperator::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Operator", capability_);
  visitor.Field("Arguments", arguments_);
  auto distribution = static_cast<uint8_t>(declaration().distribution);
  std::string shown(DistributionName(declaration().distribution));
  std::string separator = " by ";
  for (const std::string& column : declaration().hash_columns) {
    shown += std::exchange(separator, ", ") + column;
  }
  visitor.Enumeration("Distribution", distribution, shown);
  visitor.Field("Keys", keys_);
}

Status PhysicalCustomOperator::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(1).That(capability_ == declaration().capability(), "another operator");
  TRIVET_RETURN_IF_ERROR(check.status());
  const std::vector<ColumnDefinition> input = InputColumns();
  std::vector<LogicalType> types;
  for (const ColumnDefinition& column : declaration().OutputOver(input)) {
    types.push_back(column.type);
  }
  check.Schema(types).Expressions(arguments_, {}, "Arguments");
  check.That(std::ranges::equal(TypesOf(arguments_), declaration().parameters), "other arguments");
  check.That(std::ranges::all_of(arguments_, [](const auto& a) { return a->IsConstant(); }),
             "an argument that is no constant");
  TRIVET_ASSIGN_OR_RETURN(const std::vector<uint64_t> keys, declaration().HashPositions(input));
  check.That(keys == keys_, "other keys");
  return check.status();
}

std::vector<ColumnDefinition> PhysicalCustomOperator::InputColumns() const {
  std::vector<ColumnDefinition> columns;
  for (const PhysicalColumn& column : children_.front()->schema()) {
    columns.push_back({column.name, column.type});
  }
  return columns;
}

CustomOperatorCall PhysicalCustomOperator::MakeCall(const ExecutionContext& context) const {
  CustomOperatorCall call{InputColumns(), {}, {}, context, CancellationToken()};
  for (const PhysicalColumn& column : schema_) {
    call.output_columns.push_back({column.name, column.type});
  }
  for (const ExpressionPtr& argument : arguments_) call.arguments.push_back(argument->value());
  return call;
}

Status PhysicalCustomOperator::BuildPipelines(PipelineBuilder& builder) const {
  const ExecutionContext& context = builder.context();
  if (declaration().distribution == Distribution::kAny) {
    MakeRun make = [this, &context](std::unique_ptr<BatchStream> input) {
      return std::make_unique<OperatorRun>(op_, MakeCall(context), std::move(input));
    };
    return builder.AddTransform(*this, std::make_shared<CustomTransform>(std::move(make)),
                                *children_.front());
  }
  auto queue = std::make_shared<ResultQueue>(context.preserve_insertion_order(), context.memory());
  TRIVET_RETURN_IF_ERROR(
      builder.BuildBeside(*this, *children_.front(), std::make_shared<OperatorFeed>(queue)));
  auto make = [this, &context, queue] {
    CustomOperatorCall call = MakeCall(context);
    auto input = std::make_unique<FeedReader>(queue, call.cancellation);
    return std::make_unique<OperatorRun>(op_, std::move(call), std::move(input));
  };
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<CustomSource>(std::move(make), std::move(takers)));
  return Status::OK();
}

void RegisterCustom(OperatorRegistry& registry) {
  registry.AddTranslation(LogicalKind::kCustom, TranslateCustom);
}

}  // namespace trivet
