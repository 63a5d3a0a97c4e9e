#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expression/expression.h"

namespace trivet {

// Hands out the column ids of one query. Not synchronised: planning is single-threaded.
class ColumnIdGenerator {
 public:
  ColumnId Next() { return next_++; }
  uint32_t NextCteId() { return next_cte_++; }

 private:
  ColumnId next_ = 0;
  uint32_t next_cte_ = 0;
};

// A column that an operator gives to its parent.
struct OutputColumn {
  ColumnId id = kInvalidColumn;
  std::string name;
  LogicalType type;

  ExpressionPtr Reference() const { return Expression::Column(id, type, name); }
};

enum class LogicalKind : uint8_t {
  kScan,
  kValues,
  kFilter,
  kProject,
  kJoin,
  kAggregate,
  kDistinctOn,
  kSort,
  kTopN,
  kWindow,
  kLimit,
  kSetOperation,
  kCte,
  kCteScan,
  kCustom,
};

class LogicalOperator;
using PlanPtr = std::unique_ptr<LogicalOperator>;

// A node of the logical plan: relational algebra over column ids. Owned by its parent; rules
// rewrite in place or replace it. Not synchronised.
class LogicalOperator {
 public:
  virtual ~LogicalOperator() = default;

  LogicalKind kind() const { return kind_; }
  // The name in EXPLAIN, e.g. "HASH_JOIN" is physical, "JOIN" logical.
  virtual std::string_view name() const = 0;
  // Name and value pairs for EXPLAIN; also what structural comparison of plans looks at.
  virtual std::vector<std::pair<std::string, std::string>> Details() const = 0;
  // The columns given to the parent, in order.
  virtual std::vector<OutputColumn> Columns() const = 0;
  // Calls `visit` with every expression of this node (not of its children), for reading or
  // replacing.
  virtual void ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) = 0;
  // A deep copy with the same column ids.
  virtual PlanPtr Clone() const = 0;

  std::vector<PlanPtr>& children() { return children_; }
  const std::vector<PlanPtr>& children() const { return children_; }
  LogicalOperator& child(size_t i = 0) { return *children_[i]; }
  const LogicalOperator& child(size_t i = 0) const { return *children_[i]; }

  // Set by the optimiser's cardinality estimation; for EXPLAIN and later rules.
  std::optional<double> estimated_rows;

 protected:
  explicit LogicalOperator(LogicalKind kind) : kind_(kind) {}
  void CopyChildrenTo(LogicalOperator& copy) const;

  LogicalKind kind_;
  std::vector<PlanPtr> children_;
};

// Calls `visit` with every column id that the node itself (not its children) makes, for reading or
// replacing; a column that a projection passes on under its own id is not made by it.
void ForEachMadeColumn(LogicalOperator& node, const std::function<void(ColumnId&)>& visit);
// Column ids of the operator's output.
std::set<ColumnId> OutputIds(const LogicalOperator& plan);
// Columns that the subtree uses but does not make: its correlation with what stands outside.
std::set<ColumnId> FreeColumns(const LogicalOperator& plan);
// A deep copy in which every column made inside gets a new id; `mapping` receives old → new.
PlanPtr CloneWithFreshColumns(const LogicalOperator& plan, ColumnIdGenerator& ids,
                              std::vector<std::pair<ColumnId, ColumnId>>& mapping);
// Checks the invariants that every rule must keep: columns are made once, used only where a child
// (or, under a dependent join, the left side) gives them, and types agree. Internal error naming
// the node.
Status ValidatePlan(const LogicalOperator& plan);
// The plan as an indented tree, as EXPLAIN prints it.
std::string PlanToString(const LogicalOperator& plan);

}  // namespace trivet
