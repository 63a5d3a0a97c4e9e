#include "expression/aggregates/variants.h"

#include "base/string_concat.h"
#include "expression/evaluator.h"

namespace trivet {

namespace {

// What binding knows of a query's surroundings: nothing. Enough to fold a literal with a sign or
// cast.
class UnboundContext final : public EvaluationContext {
 public:
  int64_t query_time_micros() const override { return 0; }
  uint64_t random_seed() const override { return 0; }
  const std::string& time_zone() const override { return time_zone_; }
  MemoryManager& memory() const override { return memory_; }
  const CancellationToken& cancellation() const override { return cancellation_; }

 private:
  class Unlimited final : public MemoryManager {
   public:
    size_t reserved_bytes() const override { return 0; }
    size_t peak_bytes() const override { return 0; }
    size_t limit_bytes() const override { return ~size_t{0}; }

   protected:
    Status Grow(size_t, std::string_view) override { return Status::OK(); }
    void Shrink(size_t) noexcept override {}
  };

  std::string time_zone_ = "UTC";
  CancellationToken cancellation_;
  mutable Unlimited memory_;
};

}  // namespace

Status BindVariant(const AggregateVariants& variants, size_t argument,
                   BoundAggregateFunction& bound) {
  const LogicalType& type = bound.argument_types[argument];
  const AggregateFunction* form = variants.Get(type.physical());
  if (form == nullptr) {
    return Status::NotImplemented(
        StrCat("aggregate ", bound.function->name, " over type ", type.ToString()));
  }
  bound.function = form;
  return Status::OK();
}

Result<Value> ConstantArgument(const Expression& argument, std::string_view function_name,
                               std::string_view argument_name) {
  if (argument.IsConstant()) return argument.value();
  if (argument.has_columns() || argument.volatility() != Volatility::kImmutable) {
    return Status::InvalidInput(StrCat("The \"", argument_name, "\" argument in function \"",
                                       function_name, "\" must be a constant expression"));
  }
  return EvaluateConstant(argument.WithChildren(argument.children()), UnboundContext());
}

}  // namespace trivet
