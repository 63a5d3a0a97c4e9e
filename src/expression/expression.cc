#include "expression/expression.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/hash.h"
#include "expression/cast.h"

namespace trivet {

namespace {

uint64_t HashType(const LogicalType& type) {
  uint64_t hash =
      HashInt64(static_cast<uint64_t>(type.id()) | uint64_t{type.precision()} << 8 |
                uint64_t{type.scale()} << 16 | static_cast<uint64_t>(type.unit()) << 24 |
                uint64_t{type.with_time_zone()} << 32);
  if (type.id() == TypeId::kList) hash = CombineHash(hash, HashType(type.element()));
  if (type.id() == TypeId::kStruct) {
    for (const StructField& field : type.fields()) hash = CombineHash(hash, HashType(field.type));
  }
  return hash;
}

uint64_t DoubleBits(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

uint64_t HashValue(const Value& value) {
  if (value.is_null()) return kNullHash;
  switch (value.type().physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return HashInt64(DoubleBits(value.floating()));
    case PhysicalType::kString: return HashBytes(value.string().data(), value.string().size());
    case PhysicalType::kInterval: {
      const Interval interval = value.interval();
      return CombineHash(
          HashInt64(static_cast<uint64_t>(interval.micros)),
          static_cast<uint64_t>(interval.months) << 32 | static_cast<uint32_t>(interval.days));
    }
    case PhysicalType::kList:
    case PhysicalType::kStruct: {
      uint64_t hash = kNullHash;
      for (const Value& child : value.children()) hash = CombineHash(hash, HashValue(child));
      return hash;
    }
    default: return HashInt128(value.integer());
  }
}

// Stricter than Value's equality: expressions over 0.0 and -0.0 are not the same.
bool SameConstant(const Value& a, const Value& b) {
  if (a.type() != b.type() || a.is_null() != b.is_null()) return false;
  if (a.is_null()) return true;
  if (a.type().IsFloating()) return DoubleBits(a.floating()) == DoubleBits(b.floating());
  if (a.type().id() == TypeId::kInterval) return a.interval() == b.interval();
  if (!a.type().IsNested()) return a == b;
  return std::ranges::equal(a.children(), b.children(), SameConstant);
}

std::vector<ExpressionPtr> FlattenInto(ExpressionKind kind, std::vector<ExpressionPtr> children) {
  const auto nested = [&](const ExpressionPtr& child) { return child->kind() == kind; };
  if (std::ranges::none_of(children, nested)) return children;
  std::vector<ExpressionPtr> flat;
  for (ExpressionPtr& child : children) {
    if (nested(child)) {
      flat.insert(flat.end(), child->children().begin(), child->children().end());
    } else {
      flat.push_back(std::move(child));
    }
  }
  return flat;
}

}  // namespace

Comparison Negate(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual: return Comparison::kNotEqual;
    case Comparison::kNotEqual: return Comparison::kEqual;
    case Comparison::kLess: return Comparison::kGreaterOrEqual;
    case Comparison::kLessOrEqual: return Comparison::kGreater;
    case Comparison::kGreater: return Comparison::kLessOrEqual;
    case Comparison::kGreaterOrEqual: return Comparison::kLess;
    case Comparison::kDistinctFrom: return Comparison::kNotDistinctFrom;
    case Comparison::kNotDistinctFrom: return Comparison::kDistinctFrom;
  }
  return comparison;
}

Comparison Swap(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess: return Comparison::kGreater;
    case Comparison::kLessOrEqual: return Comparison::kGreaterOrEqual;
    case Comparison::kGreater: return Comparison::kLess;
    case Comparison::kGreaterOrEqual: return Comparison::kLessOrEqual;
    default: return comparison;
  }
}

std::string_view ComparisonSymbol(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual: return "=";
    case Comparison::kNotEqual: return "!=";
    case Comparison::kLess: return "<";
    case Comparison::kLessOrEqual: return "<=";
    case Comparison::kGreater: return ">";
    case Comparison::kGreaterOrEqual: return ">=";
    case Comparison::kDistinctFrom: return "IS DISTINCT FROM";
    case Comparison::kNotDistinctFrom: return "IS NOT DISTINCT FROM";
  }
  return "?";
}

Expression::Expression(ExpressionKind kind, LogicalType type, std::vector<ExpressionPtr> children)
    : kind_(kind), type_(std::move(type)), children_(std::move(children)) {}

void Expression::ComputeProperties() {
  can_fail_ = false;
  has_columns_ = kind_ == ExpressionKind::kColumn || kind_ == ExpressionKind::kInput;
  volatility_ = Volatility::kImmutable;
  hash_ = CombineHash(HashInt64(static_cast<uint64_t>(kind_)), HashType(type_));
  for (const ExpressionPtr& child : children_) {
    can_fail_ |= child->can_fail_;
    has_columns_ |= child->has_columns_;
    volatility_ = std::max(volatility_, child->volatility_);
    hash_ = CombineHash(hash_, child->hash_);
  }
  switch (kind_) {
    case ExpressionKind::kConstant: hash_ = CombineHash(hash_, HashValue(value_)); break;
    case ExpressionKind::kColumn:
    case ExpressionKind::kInput: hash_ = CombineHash(hash_, column_); break;
    case ExpressionKind::kComparison:
      hash_ = CombineHash(hash_, static_cast<uint64_t>(comparison_));
      break;
    case ExpressionKind::kCast:
      hash_ = CombineHash(hash_, is_try_);
      can_fail_ |= !is_try_ && !child(0)->type().IsNull() && CastCanFail(child(0)->type(), type_);
      break;
    case ExpressionKind::kCall: {
      const ScalarFunction& called = *function_->function;
      hash_ = CombineHash(hash_, HashBytes(called.name.data(), called.name.size()));
      can_fail_ |= function_->can_fail;
      volatility_ = std::max(volatility_, called.volatility);
      break;
    }
    default: break;
  }
}

ExpressionPtr Expression::Constant(Value value) {
  std::shared_ptr<Expression> node(new Expression(ExpressionKind::kConstant, value.type(), {}));
  node->value_ = std::move(value);
  node->ComputeProperties();
  return node;
}

ExpressionPtr Expression::Column(ColumnId column, LogicalType type, std::string name) {
  std::shared_ptr<Expression> node(new Expression(ExpressionKind::kColumn, std::move(type), {}));
  node->column_ = column;
  node->name_ = std::move(name);
  node->ComputeProperties();
  return node;
}

ExpressionPtr Expression::Input(uint32_t index, LogicalType type, std::string name) {
  std::shared_ptr<Expression> node(new Expression(ExpressionKind::kInput, std::move(type), {}));
  node->column_ = index;
  node->name_ = std::move(name);
  node->ComputeProperties();
  return node;
}

ExpressionPtr Expression::Call(BoundScalarFunction function, std::vector<ExpressionPtr> arguments) {
  TRIVET_ASSERT(function.function != nullptr && function.kernel != nullptr);
  TRIVET_ASSERT(function.argument_types.size() == arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    TRIVET_ASSERT(function.argument_types[i] == arguments[i]->type());
  }
  std::shared_ptr<Expression> node(
      new Expression(ExpressionKind::kCall, function.return_type, std::move(arguments)));
  node->function_ = std::make_shared<const BoundScalarFunction>(std::move(function));
  node->ComputeProperties();
  return node;
}

ExpressionPtr Expression::Cast(ExpressionPtr child, LogicalType type, bool is_try) {
  if (child->type() == type) return child;
  if (child->IsConstant() && child->value().is_null()) {
    ExpressionPtr null = Constant(Value::Null(std::move(type)));
    return child->position_ ? null->WithPosition(*child->position_) : null;
  }
  return WrittenCast(std::move(child), std::move(type), is_try);
}

ExpressionPtr Expression::WrittenCast(ExpressionPtr child, LogicalType type, bool is_try) {
  const std::optional<size_t> position = child->position_;
  std::shared_ptr<Expression> node(
      new Expression(ExpressionKind::kCast, std::move(type), {std::move(child)}));
  node->is_try_ = is_try;
  node->position_ = position;
  node->ComputeProperties();
  return node;
}

ExpressionPtr Expression::Compare(Comparison comparison, ExpressionPtr left, ExpressionPtr right) {
  TRIVET_ASSERT(left->type() == right->type());
  std::shared_ptr<Expression> node(new Expression(ExpressionKind::kComparison, TypeId::kBoolean,
                                                  {std::move(left), std::move(right)}));
  node->comparison_ = comparison;
  node->ComputeProperties();
  return node;
}

// Makes a node that is decided by its kind, type and children.
ExpressionPtr Expression::Make(ExpressionKind kind, LogicalType type,
                               std::vector<ExpressionPtr> children) {
  std::shared_ptr<Expression> node(new Expression(kind, std::move(type), std::move(children)));
  node->ComputeProperties();
  return node;
}

namespace {
bool AllBoolean(const std::vector<ExpressionPtr>& children) {
  return std::ranges::all_of(
      children, [](const ExpressionPtr& child) { return child->type() == TypeId::kBoolean; });
}
}  // namespace

ExpressionPtr Expression::And(std::vector<ExpressionPtr> children) {
  TRIVET_ASSERT(AllBoolean(children));
  children = FlattenInto(ExpressionKind::kAnd, std::move(children));
  if (children.empty()) return Constant(Value::Boolean(true));
  if (children.size() == 1) return std::move(children.front());
  return Make(ExpressionKind::kAnd, TypeId::kBoolean, std::move(children));
}

ExpressionPtr Expression::Or(std::vector<ExpressionPtr> children) {
  TRIVET_ASSERT(AllBoolean(children));
  children = FlattenInto(ExpressionKind::kOr, std::move(children));
  if (children.empty()) return Constant(Value::Boolean(false));
  if (children.size() == 1) return std::move(children.front());
  return Make(ExpressionKind::kOr, TypeId::kBoolean, std::move(children));
}

ExpressionPtr Expression::Not(ExpressionPtr child) {
  TRIVET_ASSERT(child->type() == TypeId::kBoolean);
  return Make(ExpressionKind::kNot, TypeId::kBoolean, {std::move(child)});
}

ExpressionPtr Expression::IsNull(ExpressionPtr child) {
  return Make(ExpressionKind::kIsNull, TypeId::kBoolean, {std::move(child)});
}

ExpressionPtr Expression::IsNotNull(ExpressionPtr child) {
  return Make(ExpressionKind::kIsNotNull, TypeId::kBoolean, {std::move(child)});
}

ExpressionPtr Expression::Case(std::vector<ExpressionPtr> children) {
  TRIVET_ASSERT(children.size() % 2 == 1);
  LogicalType type = children.back()->type();
  for (size_t i = 0; i + 1 < children.size(); i += 2) {
    TRIVET_ASSERT(children[i]->type() == TypeId::kBoolean && children[i + 1]->type() == type);
  }
  if (children.size() == 1) return std::move(children.front());
  return Make(ExpressionKind::kCase, std::move(type), std::move(children));
}

ExpressionPtr Expression::Coalesce(std::vector<ExpressionPtr> children) {
  TRIVET_ASSERT(!children.empty());
  LogicalType type = children.front()->type();
  for (const ExpressionPtr& child : children) TRIVET_ASSERT(child->type() == type);
  if (children.size() == 1) return std::move(children.front());
  return Make(ExpressionKind::kCoalesce, std::move(type), std::move(children));
}

ExpressionPtr Expression::In(std::vector<ExpressionPtr> children) {
  TRIVET_ASSERT(!children.empty());
  for (const ExpressionPtr& child : children) {
    TRIVET_ASSERT(child->type() == children.front()->type());
  }
  return Make(ExpressionKind::kIn, TypeId::kBoolean, std::move(children));
}

bool Expression::IsConstantTrue() const {
  return IsConstant() && type_ == TypeId::kBoolean && !value_.is_null() && value_.boolean();
}

bool Expression::IsConstantFalseOrNull() const {
  return IsConstant() && (value_.is_null() || (type_ == TypeId::kBoolean && !value_.boolean()));
}

ExpressionPtr Expression::WithPosition(size_t position) const {
  auto copy = std::make_shared<Expression>(*this);
  copy->position_ = position;
  return copy;
}

ExpressionPtr Expression::WithChildren(std::vector<ExpressionPtr> children) const {
  TRIVET_ASSERT(children.size() == children_.size());
  if (kind_ == ExpressionKind::kAnd || kind_ == ExpressionKind::kOr) {
    children = FlattenInto(kind_, std::move(children));
  }
  auto copy = std::make_shared<Expression>(*this);
  copy->children_ = std::move(children);
  copy->ComputeProperties();
  return copy;
}

bool Expression::Equals(const Expression& other) const {
  if (this == &other) return true;
  if (hash_ != other.hash_ || kind_ != other.kind_ || type_ != other.type_) return false;
  switch (kind_) {
    case ExpressionKind::kConstant:
      if (!SameConstant(value_, other.value_)) return false;
      break;
    case ExpressionKind::kColumn:
    case ExpressionKind::kInput:
      if (column_ != other.column_) return false;
      break;
    case ExpressionKind::kComparison:
      if (comparison_ != other.comparison_) return false;
      break;
    case ExpressionKind::kCast:
      if (is_try_ != other.is_try_) return false;
      break;
    case ExpressionKind::kCall:
      if (function_->function != other.function_->function) return false;
      break;
    default: break;
  }
  return std::ranges::equal(children_, other.children_, ExpressionsEqual);
}

}  // namespace trivet
