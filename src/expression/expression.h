#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expression/function.h"
#include "types/value.h"

namespace trivet {

// Identifies a column within one query, from the operator that makes it to all that use it, through
// any reordering of the plan: logical plans name columns by it, never by position.
using ColumnId = uint32_t;
inline constexpr ColumnId kInvalidColumn = ~ColumnId{0};

enum class ExpressionKind : uint8_t {
  kConstant = 0,    // value()
  kColumn = 1,      // column(), in logical plans
  kInput = 2,       // input_index(), a position in the input batch, in physical plans
  kCall = 3,        // function()(children)
  kCast = 4,        // CAST / TRY_CAST of child 0 to type()
  kComparison = 5,  // child 0 comparison() child 1, of one type
  kAnd = 6,         // n-ary
  kOr = 7,          // n-ary
  kNot = 8,
  kIsNull = 9,
  kIsNotNull = 10,
  kCase = 11,      // WHEN child 0 THEN child 1 WHEN child 2 THEN child 3 … ELSE last child
  kCoalesce = 12,  // n-ary, lazy
  kIn = 13,        // child 0 IN (children 1..), Kleene logic over NULLs
};

enum class Comparison : uint8_t {
  kEqual = 0,
  kNotEqual = 1,
  kLess = 2,
  kLessOrEqual = 3,
  kGreater = 4,
  kGreaterOrEqual = 5,
  kDistinctFrom = 6,  // NULLs compare as values; never NULL
  kNotDistinctFrom = 7,
};
Comparison Negate(Comparison comparison);  // a < b  →  a >= b
Comparison Swap(Comparison comparison);    // a < b  →  b > a
std::string_view ComparisonSymbol(Comparison comparison);

// A typed, bound expression. Immutable and shared: rewriting makes new nodes over old children. The
// type of a node is decided when it is made and equals the type of the vector it evaluates to.
// Factories require children of the right types (the binder inserts the casts); they assert it.
// Trees may be deep on the AND/OR/CASE side only in breadth: those are n-ary.
class Expression : public std::enable_shared_from_this<Expression> {
 public:
  static ExpressionPtr Constant(Value value);
  static ExpressionPtr Column(ColumnId column, LogicalType type, std::string name);
  static ExpressionPtr Input(uint32_t index, LogicalType type, std::string name = {});
  static ExpressionPtr Call(BoundScalarFunction function, std::vector<ExpressionPtr> arguments);
  // Returns the child itself where it already has the type and is not a TRY_CAST.
  static ExpressionPtr Cast(ExpressionPtr child, LogicalType type, bool is_try = false);
  // A cast that stays even where the child has the type already: what a written CAST makes of a
  // literal has that type and no longer adapts to its surroundings.
  static ExpressionPtr WrittenCast(ExpressionPtr child, LogicalType type, bool is_try = false);
  static ExpressionPtr Compare(Comparison comparison, ExpressionPtr left, ExpressionPtr right);
  // Flattens nested ANDs (ORs); of no children TRUE (FALSE), of one the child.
  static ExpressionPtr And(std::vector<ExpressionPtr> children);
  static ExpressionPtr Or(std::vector<ExpressionPtr> children);
  static ExpressionPtr Not(ExpressionPtr child);
  static ExpressionPtr IsNull(ExpressionPtr child);
  static ExpressionPtr IsNotNull(ExpressionPtr child);
  static ExpressionPtr Case(std::vector<ExpressionPtr> children);  // odd count, see kCase
  static ExpressionPtr Coalesce(std::vector<ExpressionPtr> children);
  static ExpressionPtr In(std::vector<ExpressionPtr> children);

  ExpressionKind kind() const { return kind_; }
  const LogicalType& type() const { return type_; }
  const std::vector<ExpressionPtr>& children() const { return children_; }
  const ExpressionPtr& child(size_t i) const { return children_[i]; }

  const Value& value() const { return value_; }
  ColumnId column() const { return column_; }
  uint32_t input_index() const { return column_; }
  const std::string& name() const { return name_; }  // of a column or input
  const BoundScalarFunction& function() const { return *function_; }
  Comparison comparison() const { return comparison_; }
  bool is_try() const { return is_try_; }

  bool IsConstant() const { return kind_ == ExpressionKind::kConstant; }
  bool IsColumn() const { return kind_ == ExpressionKind::kColumn; }
  // TRUE, FALSE or NULL literal tests for optimiser rules.
  bool IsConstantTrue() const;
  bool IsConstantFalseOrNull() const;

  // Properties of the whole tree, computed when it was made.
  bool can_fail() const { return can_fail_; }  // some row may raise an error
  bool is_volatile() const { return volatility_ == Volatility::kVolatile; }
  Volatility volatility() const { return volatility_; }
  bool has_columns() const { return has_columns_; }  // refers to a column or input

  // Position in the SQL text for error messages; kept through rewrites. Not part of equality.
  std::optional<size_t> position() const { return position_; }
  ExpressionPtr WithPosition(size_t position) const;
  // The same node over other children (same count, same types).
  ExpressionPtr WithChildren(std::vector<ExpressionPtr> children) const;

  // Structural equality and a hash that agrees with it.
  bool Equals(const Expression& other) const;
  uint64_t Hash() const { return hash_; }
  // As EXPLAIN shows it, e.g. "(l_quantity < 24.00)".
  std::string ToString() const;

 private:
  Expression(ExpressionKind kind, LogicalType type, std::vector<ExpressionPtr> children);
  static ExpressionPtr Make(ExpressionKind kind, LogicalType type,
                            std::vector<ExpressionPtr> children);
  void ComputeProperties();

  ExpressionKind kind_;
  LogicalType type_;
  std::vector<ExpressionPtr> children_;
  Value value_;
  uint32_t column_ = kInvalidColumn;
  std::string name_;
  std::shared_ptr<const BoundScalarFunction> function_;
  Comparison comparison_ = Comparison::kEqual;
  bool is_try_ = false;
  bool can_fail_ = false;
  bool has_columns_ = false;
  Volatility volatility_ = Volatility::kImmutable;
  uint64_t hash_ = 0;
  std::optional<size_t> position_;
};

inline bool ExpressionsEqual(const ExpressionPtr& a, const ExpressionPtr& b) {
  return a == b || (a && b && a->Equals(*b));
}

}  // namespace trivet
