// Calls of functions and casts: nodes that hand their children's vectors to one kernel.
#include <algorithm>

#include "expression/cast.h"
#include "expression/evaluation_node.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

// What calls and casts share.
class KernelNode : public EvaluationNode {
 public:
  KernelNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression), context_(context) {
    for (const ExpressionPtr& child : expression->children()) {
      children_.push_back(CompileExpression(child, context));
    }
    arguments_.resize(children_.size());
  }

 protected:
  Status EvaluateArguments(const Batch& input, LaneErrors& errors) {
    for (size_t i = 0; i < children_.size(); ++i) {
      TRIVET_RETURN_IF_ERROR(children_[i]->Evaluate(input, errors, arguments_[i]));
    }
    return Status::OK();
  }

  // Runs the kernel `name`; errors go to `own` at rows of the batch.
  Status Run(ScalarKernel kernel, std::string_view name, const FunctionState* state, bool once,
             size_t count, LaneErrors& own, Vector& result) {
    if (once) count = std::min<size_t>(count, 1);
    result.Reset(type(), once ? 1 : std::max<size_t>(count, kVectorSize));
    result.ReserveStrings(context_.memory(), context_.cancellation());
    const KernelCall call{arguments_, count, type(), state, context_, own};
    kernel(call, result);
    Status status = CheckCall(call, result);
    if (status.code() == StatusCode::kOutOfMemory) status = std::move(status).WithContext(name);
    TRIVET_RETURN_IF_ERROR(AtPosition(std::move(status)));
    if (once && !result.is_constant()) {
      result.Flatten(1);
      result.SetConstant();
    }
    return Status::OK();
  }

  // Memory of its own stays for the next batch; what is shared with the input is let go.
  void RecycleArguments() {
    for (Vector& argument : arguments_) argument.Recycle();
  }

  bool AllConstant() const {
    return std::ranges::all_of(arguments_, [](const Vector& v) { return v.is_constant(); });
  }
  bool AnyConstantNull() const {
    return std::ranges::any_of(arguments_, [](const Vector& v) { return v.IsConstantNull(); });
  }

  void Report(LaneErrors& own, LaneErrors& errors) const {
    for (const LaneErrors::Entry& entry : own.entries()) {
      errors.Add(entry.row, AtPosition(entry.status));
    }
  }

  std::vector<EvaluationNodePtr> children_;
  std::vector<Vector> arguments_;

 private:
  Status AtPosition(Status status) const {
    if (!expression().position()) return status;
    return std::move(status).WithPosition(*expression().position());
  }

  const EvaluationContext& context_;
};

class CallNode : public KernelNode {
 public:
  CallNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : KernelNode(expression, context),
        bound_(expression->function()),
        is_volatile_(bound_.function->volatility == Volatility::kVolatile) {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    TRIVET_RETURN_IF_ERROR(EvaluateArguments(input, errors));
    if (bound_.function->nulls == NullBehaviour::kPropagate && AnyConstantNull()) {
      result = Vector::MakeNull(type());
    } else {
      LaneErrors own;
      TRIVET_RETURN_IF_ERROR(Run(bound_.kernel, bound_.function->name, bound_.state.get(),
                                 AllConstant() && !is_volatile_, input.row_count(), own, result));
      if (!own.empty()) Report(own, errors);
    }
    RecycleArguments();
    return Status::OK();
  }

 private:
  const BoundScalarFunction& bound_;
  const bool is_volatile_;
};

// A change of type, if it is one, that leaves the bytes as they are.
bool SameBytes(const LogicalType& from, const LogicalType& to) {
  if (from == to) return true;
  return from.id() == TypeId::kDecimal && to.id() == TypeId::kDecimal &&
         from.scale() == to.scale() && from.precision() <= to.precision() &&
         from.physical() == to.physical();
}

void Retype(Vector& vector, const LogicalType& type) {
  if (vector.is_dictionary()) {
    auto retyped = std::make_shared<Vector>(*vector.dictionary());
    retyped->SetType(type);
    vector = Vector::MakeDictionary(std::move(retyped), vector.codes(), vector.dictionary_size(),
                                    vector.dictionary_id());
  } else {
    vector.SetType(type);
  }
}

class CastNode : public KernelNode {
 public:
  CastNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : KernelNode(expression, context),
        same_bytes_(SameBytes(expression->child(0)->type(), expression->type())),
        kernel_(same_bytes_ ? nullptr
                            : FindCast(expression->child(0)->type(), expression->type())) {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    TRIVET_RETURN_IF_ERROR(EvaluateArguments(input, errors));
    if (AnyConstantNull() || arguments_[0].type().IsNull()) {
      result = Vector::MakeNull(type());
    } else if (same_bytes_) {
      result = arguments_[0];
      Retype(result, type());
    } else if (kernel_ == nullptr) {
      return Status::NotImplemented("Unimplemented type for cast (" +
                                    expression().child(0)->type().ToString() + " -> " +
                                    type().ToString() + ")");
    } else {
      LaneErrors own;
      TRIVET_RETURN_IF_ERROR(
          Run(kernel_, "CAST", nullptr, AllConstant(), input.row_count(), own, result));
      if (!own.empty() && !expression().is_try()) Report(own, errors);
    }
    RecycleArguments();
    return Status::OK();
  }

 private:
  const bool same_bytes_;
  const CastKernel kernel_;
};

}  // namespace

EvaluationNodePtr CompileCall(const ExpressionPtr& expression, const EvaluationContext& context) {
  return std::make_unique<CallNode>(expression, context);
}

EvaluationNodePtr CompileCast(const ExpressionPtr& expression, const EvaluationContext& context) {
  return std::make_unique<CastNode>(expression, context);
}

}  // namespace trivet
