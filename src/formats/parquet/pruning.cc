#include "formats/parquet/pruning.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "expression/cast.h"

namespace trivet::parquet {

namespace {

// The column below casts that keep the order and cannot fail, with its bounds cast alike; nothing
// for other expressions.
std::optional<ColumnBounds> BoundsOf(const Expression& expression, const BoundsSource& source);

bool KeepsOrder(const LogicalType& from, const LogicalType& to) {
  const bool exact_from = from.IsInteger() || from.id() == TypeId::kDecimal;
  const bool exact_to = to.IsInteger() || to.id() == TypeId::kDecimal;
  if (exact_from && (exact_to || to.IsFloating())) return true;
  if (from.id() == TypeId::kFloat && to.id() == TypeId::kDouble) return true;
  return from.id() == TypeId::kDate && to.id() == TypeId::kTimestamp && !to.with_time_zone();
}

// The bound as another type, by value; nothing where it does not convert exactly in order.
std::optional<Value> CastBound(const std::optional<Value>& value, const LogicalType& to) {
  if (!value) return std::nullopt;
  const LogicalType& from = value->type();
  if (from.IsInteger() && to.IsInteger()) return Value::Integer(to, value->integer());
  if (from.id() == TypeId::kFloat && to.id() == TypeId::kDouble) {
    return Value::Double(value->floating());
  }
  if (from.IsInteger() && to.id() == TypeId::kDouble) {
    return Value::Double(static_cast<double>(value->integer()));
  }
  const int from_scale = from.id() == TypeId::kDecimal ? from.scale() : 0;
  if ((from.IsInteger() || from.id() == TypeId::kDecimal) && to.id() == TypeId::kDecimal &&
      to.scale() >= from_scale) {
    int128_t unscaled = value->integer();
    for (int i = from_scale; i < to.scale(); ++i) {
      if (__builtin_mul_overflow(unscaled, int128_t{10}, &unscaled)) return std::nullopt;
    }
    return Value::Integer(to, unscaled);
  }
  return std::nullopt;
}

std::optional<ColumnBounds> BoundsOf(const Expression& expression, const BoundsSource& source) {
  if (expression.kind() == ExpressionKind::kInput) {
    const ColumnBounds* bounds = source(expression.input_index());
    return bounds ? std::optional(*bounds) : std::nullopt;
  }
  if (expression.kind() != ExpressionKind::kCast) return std::nullopt;
  const Expression& child = *expression.child(0);
  if (!KeepsOrder(child.type(), expression.type()) ||
      CastCanFail(child.type(), expression.type())) {
    return std::nullopt;
  }
  std::optional<ColumnBounds> bounds = BoundsOf(child, source);
  if (!bounds) return std::nullopt;
  bounds->min = CastBound(bounds->min, expression.type());
  bounds->max = CastBound(bounds->max, expression.type());
  return bounds;
}

bool Below(const Value& a, const Value& b) { return CompareValues(a, b) < 0; }

// Whether some value within the bounds can stand in the comparison to the constant.
bool ComparisonMayPass(Comparison comparison, const ColumnBounds& bounds, const Value& constant) {
  if (comparison == Comparison::kDistinctFrom) {
    return !constant.is_null() || !bounds.all_null();
  }
  if (comparison == Comparison::kNotDistinctFrom) {
    if (constant.is_null()) return !bounds.null_count || *bounds.null_count > 0;
    comparison = Comparison::kEqual;
  }
  if (constant.is_null() || bounds.all_null()) return false;
  const bool is_nan = constant.type().IsFloating() && constant.floating() != constant.floating();
  if (is_nan && bounds.nan_above) return true;
  const bool max_holds = bounds.max && !bounds.nan_above;
  switch (comparison) {
    case Comparison::kEqual:
      return !(bounds.min && Below(constant, *bounds.min)) &&
             !(bounds.max && Below(*bounds.max, constant));
    case Comparison::kNotEqual:
      return !(bounds.min && max_holds && CompareValues(*bounds.min, constant) == 0 &&
               CompareValues(*bounds.max, constant) == 0);
    case Comparison::kLess: return !(bounds.min && !Below(*bounds.min, constant));
    case Comparison::kLessOrEqual: return !(bounds.min && Below(constant, *bounds.min));
    case Comparison::kGreater: return !(max_holds && !Below(constant, *bounds.max));
    case Comparison::kGreaterOrEqual: return !(max_holds && Below(*bounds.max, constant));
    default: return true;
  }
}

bool ComparisonMayPass(const Expression& node, const BoundsSource& source) {
  const bool swapped = node.child(0)->IsConstant();
  const Expression& column = *node.child(swapped ? 1 : 0);
  const Expression& constant = *node.child(swapped ? 0 : 1);
  if (!constant.IsConstant()) return true;
  const std::optional<ColumnBounds> bounds = BoundsOf(column, source);
  if (!bounds) return true;
  return ComparisonMayPass(swapped ? Swap(node.comparison()) : node.comparison(), *bounds,
                           constant.value());
}

bool InMayPass(const Expression& node, const BoundsSource& source) {
  const std::optional<ColumnBounds> bounds = BoundsOf(*node.child(0), source);
  if (!bounds) return true;
  for (size_t i = 1; i < node.children().size(); ++i) {
    const Expression& member = *node.child(i);
    if (!member.IsConstant()) return true;
    if (ComparisonMayPass(Comparison::kEqual, *bounds, member.value())) return true;
  }
  return false;
}

}  // namespace

bool MayPass(const Expression& conjunct, const BoundsSource& source) {
  const auto may_pass = [&](const ExpressionPtr& child) { return MayPass(*child, source); };
  switch (conjunct.kind()) {
    case ExpressionKind::kConstant: return !conjunct.IsConstantFalseOrNull();
    case ExpressionKind::kAnd: return std::ranges::all_of(conjunct.children(), may_pass);
    case ExpressionKind::kOr: return std::ranges::any_of(conjunct.children(), may_pass);
    case ExpressionKind::kComparison: return ComparisonMayPass(conjunct, source);
    case ExpressionKind::kIn: return InMayPass(conjunct, source);
    case ExpressionKind::kInput: {
      const ColumnBounds* bounds = source(conjunct.input_index());
      if (!bounds) return true;
      return !bounds->all_null() && !(bounds->max && !bounds->max->boolean());
    }
    case ExpressionKind::kIsNull: {
      const std::optional<ColumnBounds> bounds = BoundsOf(*conjunct.child(0), source);
      return !bounds || !bounds->null_count || *bounds->null_count > 0;
    }
    case ExpressionKind::kIsNotNull: {
      const std::optional<ColumnBounds> bounds = BoundsOf(*conjunct.child(0), source);
      return !bounds || !bounds->all_null();
    }
    default: return true;
  }
}

bool MayPass(const DynamicFilter::Content& filter, const ColumnBounds& bounds) {
  if (filter.empty || bounds.all_null()) return false;
  if (!filter.list.is_none()) {
    const Value& greatest = filter.list.keys().back();
    if (bounds.nan_above && greatest.floating() != greatest.floating()) return true;
    return filter.list.MeetsRange(bounds.min, bounds.max);
  }
  if (filter.max && bounds.min && Below(*filter.max, *bounds.min)) return false;
  if (filter.min && bounds.max && !bounds.nan_above && Below(*bounds.max, *filter.min))
    return false;
  // Within a narrow range the bitmap may have no key at all (clustered keys).
  if (!filter.bitmap.empty() && filter.min && bounds.min && bounds.max) {
    const int128_t base = filter.min->integer();
    const int128_t first = std::max(bounds.min->integer() - base, int128_t{0});
    const int128_t last = std::min(bounds.max->integer() - base,
                                   static_cast<int128_t>(filter.bitmap.size()) * 64 - 1);
    constexpr int128_t kWorthwhile = 1 << 20;
    if (last - first > kWorthwhile) return true;
    for (int128_t bit = first; bit <= last; ++bit) {
      const auto i = static_cast<size_t>(bit);
      if ((filter.bitmap[i >> 6] >> (i & 63)) & 1) return true;
    }
    return false;
  }
  return true;
}

EqualityTest FindEqualityTest(const Expression& conjunct) {
  EqualityTest test;
  const auto take_column = [&](const Expression& node) {
    if (node.kind() != ExpressionKind::kInput) return false;
    test.column = node.input_index();
    return true;
  };
  if (conjunct.kind() == ExpressionKind::kComparison &&
      conjunct.comparison() == Comparison::kEqual) {
    const bool swapped = conjunct.child(0)->IsConstant();
    const Expression& constant = *conjunct.child(swapped ? 0 : 1);
    if (!take_column(*conjunct.child(swapped ? 1 : 0)) || !constant.IsConstant()) return test;
    if (!constant.value().is_null()) test.values.push_back(constant.value());
    test.found = true;
  } else if (conjunct.kind() == ExpressionKind::kIn && take_column(*conjunct.child(0))) {
    for (size_t i = 1; i < conjunct.children().size(); ++i) {
      const Expression& member = *conjunct.child(i);
      if (!member.IsConstant()) return test;
      if (!member.value().is_null()) test.values.push_back(member.value());
    }
    test.found = true;
  }
  return test;
}

}  // namespace trivet::parquet
