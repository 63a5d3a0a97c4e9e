#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "expression/rewrite.h"
#include "plan/logical_operators.h"

namespace trivet {

template <typename Node>
inline constexpr LogicalKind kKindOf = LogicalKind::kScan;
template <>
inline constexpr LogicalKind kKindOf<LogicalValues> = LogicalKind::kValues;
template <>
inline constexpr LogicalKind kKindOf<LogicalFilter> = LogicalKind::kFilter;
template <>
inline constexpr LogicalKind kKindOf<LogicalProject> = LogicalKind::kProject;
template <>
inline constexpr LogicalKind kKindOf<LogicalJoin> = LogicalKind::kJoin;
template <>
inline constexpr LogicalKind kKindOf<LogicalAggregate> = LogicalKind::kAggregate;
template <>
inline constexpr LogicalKind kKindOf<LogicalDistinctOn> = LogicalKind::kDistinctOn;
template <>
inline constexpr LogicalKind kKindOf<LogicalSort> = LogicalKind::kSort;
template <>
inline constexpr LogicalKind kKindOf<LogicalTopN> = LogicalKind::kTopN;
template <>
inline constexpr LogicalKind kKindOf<LogicalLimit> = LogicalKind::kLimit;
template <>
inline constexpr LogicalKind kKindOf<LogicalSetOperation> = LogicalKind::kSetOperation;
template <>
inline constexpr LogicalKind kKindOf<LogicalCte> = LogicalKind::kCte;
template <>
inline constexpr LogicalKind kKindOf<LogicalCteScan> = LogicalKind::kCteScan;
class LogicalWindow;
template <>
inline constexpr LogicalKind kKindOf<LogicalWindow> = LogicalKind::kWindow;
class LogicalCustom;
template <>
inline constexpr LogicalKind kKindOf<LogicalCustom> = LogicalKind::kCustom;

// The node as its own class, or null where it is of another kind.
template <typename Node>
Node* As(LogicalOperator& node) {
  return node.kind() == kKindOf<Node> ? static_cast<Node*>(&node) : nullptr;
}
template <typename Node>
Node* As(const PlanPtr& node) {
  return As<Node>(*node);
}
template <typename Node>
const Node* As(const LogicalOperator& node) {
  return node.kind() == kKindOf<Node> ? static_cast<const Node*>(&node) : nullptr;
}

// Calls `visit` with every node's owner, children before parents; `visit` may replace the node.
void ForEachNode(PlanPtr& root, const std::function<void(PlanPtr&)>& visit);
// The same, ending at the first error.
Status ForEachNodeUntilError(PlanPtr& root, const std::function<Status(PlanPtr&)>& visit);
// Parents before children; children of a node that `visit` returns false for are left out.
void ForEachNodeTopDown(PlanPtr& root, const std::function<bool(PlanPtr&)>& visit);

// Replaces columns in every expression of the subtree.
void ReplaceColumnsInPlan(LogicalOperator& plan, const ColumnMap& map);

using ColumnSet = std::set<ColumnId>;
bool Intersects(const ColumnSet& a, const ColumnSet& b);
bool Contains(const ColumnSet& all, const ColumnSet& part);
// Does the expression use any (only) columns of the set?
bool UsesAny(const ExpressionPtr& expression, const ColumnSet& columns);
bool UsesOnly(const ExpressionPtr& expression, const ColumnSet& columns);

// A conjunct that may be evaluated elsewhere, more or less often, without a difference to be seen.
inline bool IsMovable(const ExpressionPtr& expression) {
  return !expression->can_fail() && !expression->is_volatile();
}

// Appends conjuncts that `list` does not have yet; TRUE is left out, ANDs are split.
void AppendConjuncts(std::vector<ExpressionPtr>& list, const std::vector<ExpressionPtr>& more);
// Puts the conjuncts above the plan, after those of a filter that stands there already.
void AddFilter(PlanPtr& plan, const std::vector<ExpressionPtr>& conjuncts);

// A projection entry that passes a column on under its own id.
LogicalProject::Entry PassOn(const OutputColumn& column);
// An entry that makes a new column.
LogicalProject::Entry Compute(const OutputColumn& column, ExpressionPtr expression);
bool PassesOn(const LogicalProject::Entry& entry);
// A projection of all columns of the plan, to which entries can be added.
std::unique_ptr<LogicalProject> ProjectAll(PlanPtr plan);
// What each column of the projection stands for, over the columns of its input.
ColumnMap DefinitionsOf(const LogicalProject& project);

// One side of an equality conjunct over two plans' columns: left = right with the sides' own
// columns.
struct JoinEquality {
  ExpressionPtr left;
  ExpressionPtr right;
  bool null_equal = false;  // IS NOT DISTINCT FROM
};
// The conjunct as an equality between a side over `left` columns alone and one over `right` alone.
std::optional<JoinEquality> AsJoinEquality(const ExpressionPtr& conjunct, const ColumnSet& left,
                                           const ColumnSet& right);

// Replaces a node by one of its children.
void ReplaceByChild(PlanPtr& node, size_t child = 0);

// Rows of no columns; `count` of them.
PlanPtr MakeEmptyRows(size_t count);
// No rows, with the columns given.
PlanPtr MakeNoRows(std::vector<OutputColumn> columns);

// Does any expression in the subtree (its scans' filters included) change from call to call?
bool IsVolatilePlan(const LogicalOperator& plan);

}  // namespace trivet
