#include "expression/parameter.h"

#include <algorithm>
#include <limits>

#include "base/string_concat.h"
#include "expression/kernel.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

template <typename T>
bool Holds(int128_t value) {
  return value >= static_cast<int128_t>(std::numeric_limits<T>::min()) &&
         value <= static_cast<int128_t>(std::numeric_limits<T>::max());
}

// Whoever evaluates an expression while planning looks at the value.
void ParameterKernel(const KernelCall& call, Vector& result) {
  Result<Value> value = static_cast<const PlanParameter*>(call.state)->Read();
  if (value.ok()) value = ParameterAs(*value, call.result_type);
  if (!value.ok()) return call.errors.Abandon(value.status());
  result = Vector::MakeConstant(*value);
}

}  // namespace

bool IntegerFits(int128_t value, TypeId type) {
  switch (type) {
    case TypeId::kInt8: return Holds<int8_t>(value);
    case TypeId::kInt16: return Holds<int16_t>(value);
    case TypeId::kInt32: return Holds<int32_t>(value);
    case TypeId::kInt64: return Holds<int64_t>(value);
    case TypeId::kUInt8: return Holds<uint8_t>(value);
    case TypeId::kUInt16: return Holds<uint16_t>(value);
    case TypeId::kUInt32: return Holds<uint32_t>(value);
    case TypeId::kUInt64: return Holds<uint64_t>(value);
    case TypeId::kInt128: return true;
    default: return false;
  }
}

Result<Value> ParameterAs(const Value& value, const LogicalType& type) {
  if (value.type() == type) return value;
  if (value.is_null() || !value.type().IsInteger() || !IntegerFits(value.integer(), type.id())) {
    return Status::Internal(StrCat("a parameter of type ", value.type().ToString(),
                                   " stands for one of ", type.ToString()));
  }
  return Value::Integer(type, value.integer());
}

PlanParameter::PlanParameter(const std::string& name, Value value) : value_(std::move(value)) {
  function_.name = StrCat("$", name);
  function_.return_type = value_.type();
  function_.kernel = ParameterKernel;
  function_.nulls = NullBehaviour::kSpecial;
  function_.volatility = Volatility::kStable;
}

ExpressionPtr PlanParameter::Reference(const LogicalType& type) const {
  BoundScalarFunction bound;
  bound.function = &function_;
  bound.return_type = type;
  bound.kernel = ParameterKernel;
  bound.state = shared_from_this();
  return Expression::Call(std::move(bound), {});
}

const PlanParameter* PlanParameter::Of(const Expression& expression) {
  if (expression.kind() != ExpressionKind::kCall || !expression.children().empty() ||
      expression.function().kernel != ParameterKernel) {
    return nullptr;
  }
  return static_cast<const PlanParameter*>(expression.function().state.get());
}

bool PlanParameter::IsIn(const ExpressionPtr& root) {
  return Of(*root) != nullptr ||
         std::ranges::any_of(root->children(), [](const auto& child) { return IsIn(child); });
}

Result<Value> PlanParameter::Read() const {
  if (is_closed_) return Status::Internal(StrCat("a plan read ", function_.name, " when it ran"));
  is_read_ = true;
  return value_;
}

bool PlanParameter::Fits(TypeId type) const {
  const bool fits = IntegerFits(value_.integer(), type);
  if (!is_closed_) answers_.push_back({type, fits});
  return fits;
}

bool PlanParameter::Serves(const Value& value) const {
  if (!(value.type() == value_.type()) || value.is_null() != value_.is_null()) return false;
  // As expressions, which tell zeros of different signs apart.
  if (is_read_ && !Expression::Constant(value)->Equals(*Expression::Constant(value_))) return false;
  return std::ranges::all_of(answers_, [&](const Answer& answer) {
    return IntegerFits(value.integer(), answer.type) == answer.fits;
  });
}

size_t PlanParameter::memory_bytes() const {
  const bool is_text = value_.type().physical() == PhysicalType::kString && !value_.is_null();
  return sizeof(*this) + answers_.capacity() * sizeof(Answer) +
         (is_text ? value_.string().size() : 0);
}

Result<ExpressionPtr> WithReadParameters(const ExpressionPtr& root) {
  Status status;
  ExpressionPtr result = RewriteExpression(root, [&](const ExpressionPtr& node) -> ExpressionPtr {
    const PlanParameter* parameter = PlanParameter::Of(*node);
    if (parameter == nullptr) return node;
    Result<Value> value = parameter->Read();
    if (value.ok()) value = ParameterAs(*value, node->type());
    if (!value.ok()) {
      status = value.status();
      return node;
    }
    ExpressionPtr constant = Expression::Constant(std::move(value).value());
    return node->position() ? constant->WithPosition(*node->position()) : constant;
  });
  TRIVET_RETURN_IF_ERROR(status);
  return result;
}

}  // namespace trivet
