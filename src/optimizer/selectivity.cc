#include <algorithm>
#include <cmath>

#include "optimizer/cardinality.h"

namespace trivet {

namespace {

// What is assumed where statistics say nothing.
constexpr double kDefaultSelectivity = 0.2;
constexpr double kRangeSelectivity = 1.0 / 3;
constexpr double kEqualitySelectivity = 0.02;
constexpr double kColumnComparisonSelectivity = 0.4;
constexpr double kPrefixSelectivity = 0.05;
constexpr double kContainsSelectivity = 0.1;
constexpr double kLeast = 1e-9;

double Clamp(double share) { return std::clamp(share, 0.0, 1.0); }

bool IsColumnAndConstant(const ExpressionPtr& expression) {
  return expression->kind() == ExpressionKind::kComparison && expression->child(0)->IsColumn() &&
         expression->child(1)->IsConstant() && !expression->child(1)->value().is_null();
}

// The part of a column's domain that range conjuncts leave.
struct Range {
  double low = 0;  // shares of the domain
  double high = 1;
  bool known = true;  // statistics place the bounds
  size_t guesses = 0;
};

bool IsRange(Comparison comparison) {
  return comparison == Comparison::kLess || comparison == Comparison::kLessOrEqual ||
         comparison == Comparison::kGreater || comparison == Comparison::kGreaterOrEqual;
}

void Narrow(Range& range, const ExpressionPtr& conjunct, const ColumnEstimate& column) {
  const std::optional<double> bound = PositionOf(conjunct->child(1)->value());
  if (!bound || !column.min || !column.max) {
    range.known = false;
    ++range.guesses;
    return;
  }
  const Comparison comparison = conjunct->comparison();
  const double width = *column.max - *column.min;
  const double step = width / std::max(column.distinct, 1.0);
  const bool inclusive =
      comparison == Comparison::kLessOrEqual || comparison == Comparison::kGreaterOrEqual;
  const bool upper = comparison == Comparison::kLess || comparison == Comparison::kLessOrEqual;
  if (width <= 0) {
    const bool holds = upper ? (inclusive ? *column.min <= *bound : *column.min < *bound)
                             : (inclusive ? *column.min >= *bound : *column.min > *bound);
    if (!holds) range.high = range.low;
    return;
  }
  // Values stand in the middle of equal steps, so that <= covers one step more than <.
  const double total = width + step;
  const double edge = upper == inclusive ? *bound + step : *bound;
  const double share = Clamp((edge - *column.min) / total);
  if (upper) {
    range.high = std::min(range.high, share);
  } else {
    range.low = std::max(range.low, share);
  }
}

double EqualityShare(const ColumnEstimate& column, const Value& value) {
  const std::optional<double> place = PositionOf(value);
  if (place && column.min && column.max && (*place < *column.min || *place > *column.max)) {
    return 0;
  }
  return (1 - column.null_fraction) / std::max(column.distinct, 1.0);
}

double ComparisonShare(const ExpressionPtr& node, const RowEstimate& input) {
  const ExpressionPtr& left = node->child(0);
  const ExpressionPtr& right = node->child(1);
  const bool constant = right->IsConstant();
  const auto equality = [&]() -> double {
    if (constant && left->IsColumn()) {
      const ColumnEstimate* column = input.Find(left->column());
      if (column != nullptr && !right->value().is_null()) {
        return EqualityShare(*column, right->value());
      }
    }
    if (constant) return std::max(kEqualitySelectivity, 1 / DistinctOf(left, input));
    return 1 / std::max({DistinctOf(left, input), DistinctOf(right, input), 1.0});
  };
  switch (node->comparison()) {
    case Comparison::kEqual:
    case Comparison::kNotDistinctFrom: return equality();
    case Comparison::kNotEqual:
    case Comparison::kDistinctFrom: return 1 - equality();
    default: return constant ? kRangeSelectivity : kColumnComparisonSelectivity;
  }
}

double LikeShare(const ExpressionPtr& node) {
  const ExpressionPtr& pattern = node->child(1);
  if (!pattern->IsConstant() || pattern->value().is_null()) return kContainsSelectivity;
  if (pattern->type().id() != TypeId::kVarchar) return kContainsSelectivity;
  const std::string& text = pattern->value().string();
  const bool anchored = !text.empty() && text.front() != '%' && text.front() != '_';
  return anchored ? kPrefixSelectivity : kContainsSelectivity;
}

double CallShare(const ExpressionPtr& node) {
  const std::string& name = node->function().function->name;
  if (node->children().size() < 2) return kDefaultSelectivity;
  if (name == "~~" || name == "~~*" || name == "like_escape") return LikeShare(node);
  if (name == "!~~" || name == "!~~*" || name == "not_like_escape") return 1 - LikeShare(node);
  if (name == "starts_with" || name == "prefix") return kPrefixSelectivity;
  if (name == "contains" || name == "regexp_matches") return kContainsSelectivity;
  return kDefaultSelectivity;
}

double ShareOf(const ExpressionPtr& node, const RowEstimate& input) {
  switch (node->kind()) {
    case ExpressionKind::kConstant: return node->IsConstantTrue() ? 1 : 0;
    case ExpressionKind::kAnd: return SelectivityOf(node->children(), input);
    case ExpressionKind::kOr: {
      double none = 1;
      for (const ExpressionPtr& child : node->children()) none *= 1 - ShareOf(child, input);
      return 1 - none;
    }
    case ExpressionKind::kNot: return 1 - ShareOf(node->child(0), input);
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull: {
      const ColumnEstimate* column =
          node->child(0)->IsColumn() ? input.Find(node->child(0)->column()) : nullptr;
      const double nulls = column != nullptr ? column->null_fraction : 0.05;
      return node->kind() == ExpressionKind::kIsNull ? nulls : 1 - nulls;
    }
    case ExpressionKind::kIn: {
      double share = 0;
      for (size_t i = 1; i < node->children().size() && share < 1; ++i) {
        share += ComparisonShare(
            Expression::Compare(Comparison::kEqual, node->child(0), node->child(i)), input);
      }
      return std::min(share, 1.0);
    }
    case ExpressionKind::kComparison: {
      if (!IsColumnAndConstant(node) || !IsRange(node->comparison())) {
        return ComparisonShare(node, input);
      }
      return SelectivityOf({node}, input);
    }
    case ExpressionKind::kCall: return CallShare(node);
    case ExpressionKind::kColumn: return 0.5;
    default: return kDefaultSelectivity;
  }
}

// What an equality or IN with constants leaves of a column.
void NarrowByValues(const ExpressionPtr& conjunct, std::map<ColumnId, ColumnEstimate>& columns) {
  double values = 0;
  if (IsColumnAndConstant(conjunct) && conjunct->comparison() == Comparison::kEqual) values = 1;
  if (conjunct->kind() == ExpressionKind::kIn && conjunct->child(0)->IsColumn()) {
    values = static_cast<double>(conjunct->children().size() - 1);
  }
  if (values == 0) return;
  const auto found = columns.find(conjunct->child(0)->column());
  if (found == columns.end()) return;
  found->second.distinct = std::min(found->second.distinct, values);
  found->second.null_fraction = 0;
}

}  // namespace

std::optional<double> PositionOf(const Value& value) {
  if (value.is_null()) return std::nullopt;
  const LogicalType& type = value.type();
  if (type.IsFloating()) {
    return std::isfinite(value.floating()) ? std::optional(value.floating()) : std::nullopt;
  }
  if (type.id() == TypeId::kDecimal) {
    return static_cast<double>(value.integer()) / std::pow(10.0, type.scale());
  }
  if (type.id() == TypeId::kVarchar) {
    // The first bytes as a number: enough to place a bound between minimum and maximum.
    double place = 0;
    for (size_t i = 0; i < 6; ++i) {
      const std::string& text = value.string();
      place = place * 256 + (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
    }
    return place;
  }
  if (type.IsInteger() || type.id() == TypeId::kDate || type.id() == TypeId::kTime ||
      type.id() == TypeId::kTimestamp) {
    return static_cast<double>(value.integer());
  }
  return std::nullopt;
}

double SelectivityOf(const std::vector<ExpressionPtr>& conjuncts, const RowEstimate& input,
                     std::map<ColumnId, ColumnEstimate>* after) {
  double share = 1;
  std::map<ColumnId, Range> ranges;
  for (const ExpressionPtr& conjunct : conjuncts) {
    if (IsColumnAndConstant(conjunct) && IsRange(conjunct->comparison())) {
      const ColumnId id = conjunct->child(0)->column();
      const ColumnEstimate* column = input.Find(id);
      Narrow(ranges[id], conjunct, column != nullptr ? *column : ColumnEstimate{});
      continue;
    }
    share *= Clamp(ShareOf(conjunct, input));
    if (after != nullptr) NarrowByValues(conjunct, *after);
  }
  for (const auto& [id, range] : ranges) {
    double part = std::max(range.high - range.low, 0.0);
    // A pair of unplaced bounds is a narrow window rather than two independent thirds.
    if (range.guesses > 0) part *= std::pow(kRangeSelectivity, static_cast<double>(range.guesses));
    const ColumnEstimate* column = input.Find(id);
    if (column != nullptr) part *= 1 - column->null_fraction;
    share *= part;
    if (after == nullptr || !after->contains(id)) continue;
    ColumnEstimate& left = (*after)[id];
    left.distinct = std::max(1.0, left.distinct * part);
    left.null_fraction = 0;
    if (range.known && left.min && left.max) {
      const double width = *left.max - *left.min;
      left.max = *left.min + width * range.high;
      left.min = *left.min + width * range.low;
    }
  }
  return std::clamp(share, kLeast, 1.0);
}

double DistinctAmong(double distinct, double rows) {
  if (distinct <= 1 || rows <= 0) return std::max(0.0, std::min(distinct, rows));
  return std::max(1.0, distinct * (1 - std::exp(-rows / distinct)));
}

double DistinctOf(const ExpressionPtr& expression, const RowEstimate& input) {
  if (expression->IsConstant()) return 1;
  if (expression->IsColumn()) {
    const ColumnEstimate* column = input.Find(expression->column());
    return column != nullptr ? std::max(column->distinct, 1.0) : std::max(input.rows, 1.0);
  }
  if (expression->type().id() == TypeId::kBoolean) return 2;
  // A function takes no more values than its operands have combinations.
  double combinations = 1;
  for (const ExpressionPtr& child : expression->children()) {
    combinations *= DistinctOf(child, input);
  }
  return std::clamp(combinations, 1.0, std::max(input.base_rows, 1.0));
}

}  // namespace trivet
