#pragma once

#include <optional>

#include "sql/syntax/function.h"
#include "sql/syntax/operators.h"
#include "sql/syntax/table.h"

namespace trivet::syntax {

enum class QueryKind : uint8_t { kSelect, kSetOperation, kValues };

enum class Materialization : uint8_t { kDefault, kMaterialized, kNotMaterialized };

struct CommonTableExpression {
  Identifier name;
  std::vector<Identifier> columns;
  std::vector<Identifier> using_key;  // WITH RECURSIVE ... USING KEY (columns)
  Materialization materialization = Materialization::kDefault;
  QueryPtr query;

  CommonTableExpression();
  CommonTableExpression(CommonTableExpression&&) noexcept;
  CommonTableExpression& operator=(CommonTableExpression&&) noexcept;
  ~CommonTableExpression();
  TRIVET_SYNTAX_FIELDS(name, columns, using_key, materialization, query)
};

// Anything that yields rows, with the clauses that may stand around any of them. They apply in the
// order of the members: WITH is visible in all of it, then the body, then ORDER BY, OFFSET and
// LIMIT. A parenthesised query with clauses both inside and outside is `SELECT * FROM (inside)`
// with the outer clauses.
struct Query : Node {
  const QueryKind kind;
  std::vector<CommonTableExpression> with;
  bool recursive = false;  // WITH RECURSIVE
  std::vector<OrderItem> order_by;
  ExpressionPtr limit;  // null without LIMIT
  bool limit_is_percent = false;
  ExpressionPtr offset;

  virtual ~Query() = default;

  template <typename T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }
  template <typename T>
  T& As() {
    return static_cast<T&>(*this);
  }
  TRIVET_SYNTAX_FIELDS(with, recursive, order_by, limit, limit_is_percent, offset)

 protected:
  explicit Query(QueryKind kind) : kind(kind) {}
};

template <QueryKind K>
struct QueryOf : Query {
  static constexpr QueryKind kKind = K;
  QueryOf() : Query(K) {}
};

struct SelectItem {
  size_t position = 0;
  ExpressionPtr expression;
  Identifier alias;  // empty when none; ColumnName(expression) names the column then
  TRIVET_SYNTAX_FIELDS(expression, alias)
};

enum class DistinctKind : uint8_t { kNone, kDistinct, kDistinctOn };

enum class GroupingKind : uint8_t {
  kExpression,    // one expression
  kEmpty,         // ()
  kSet,           // (a, b) inside GROUPING SETS, ROLLUP or CUBE: several expressions
  kRollup,        // children
  kCube,          // children
  kGroupingSets,  // children
};

struct GroupingElement {
  size_t position = 0;
  GroupingKind kind = GroupingKind::kExpression;
  std::vector<ExpressionPtr> expressions;
  std::vector<GroupingElement> children;
  TRIVET_SYNTAX_FIELDS(kind, expressions, children)
};

struct NamedWindow {
  Identifier name;
  WindowSpecification window;
  TRIVET_SYNTAX_FIELDS(name, window)
};

struct SelectQuery : QueryOf<QueryKind::kSelect> {
  DistinctKind distinct = DistinctKind::kNone;
  std::vector<ExpressionPtr> distinct_on;
  std::vector<SelectItem> items;  // `FROM t` alone has one item, *
  // Separated by commas: each to be joined with those before it. Empty without FROM.
  std::vector<TableReferencePtr> from;
  ExpressionPtr where;
  // GROUP BY ALL: by every item without an aggregate; `group_by` is empty then.
  bool group_by_all = false;
  std::vector<GroupingElement> group_by;
  ExpressionPtr having;
  std::vector<NamedWindow> windows;
  ExpressionPtr qualify;
  std::optional<SampleClause> sample;  // USING SAMPLE
  TRIVET_SYNTAX_FIELDS(distinct, distinct_on, items, from, where, group_by_all, group_by, having,
                       windows, qualify, sample)
};

enum class SetOperator : uint8_t { kUnion, kIntersect, kExcept };

// Two or more operands folded from the left: `a UNION ALL b UNION ALL c` is one node, so that long
// chains stay shallow.
struct SetOperationQuery : QueryOf<QueryKind::kSetOperation> {
  SetOperator operation = SetOperator::kUnion;
  bool all = false;
  bool by_name = false;
  std::vector<QueryPtr> operands;
  TRIVET_SYNTAX_FIELDS(operation, all, by_name, operands)
};

// Rows need not have the same length here; the binder checks.
struct ValuesQuery : QueryOf<QueryKind::kValues> {
  std::vector<std::vector<ExpressionPtr>> rows;
  TRIVET_SYNTAX_FIELDS(rows)
};

}  // namespace trivet::syntax
