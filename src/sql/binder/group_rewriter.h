#pragma once

#include <set>
#include <unordered_map>

#include "sql/binder/query_level.h"

namespace trivet::binder {

// Replaces what stands above an aggregate: an expression that is a group becomes the group's
// column, in correlated subqueries too; any other use of a column from below is the user's error.
class GroupRewriter {
 public:
  // `below`: the columns of the aggregate's input.
  GroupRewriter(const Grouping& grouping, std::set<ColumnId> below);

  Result<ExpressionPtr> Rewrite(const ExpressionPtr& expression) const;
  Status RewriteAll(PendingJoins& joins) const;

 private:
  Status RewritePlan(LogicalOperator& plan) const;
  const GroupKey* FindKey(const Expression& expression) const;

  std::unordered_multimap<uint64_t, const GroupKey*> keys_;  // by the expression's hash
  std::set<ColumnId> below_;
};

}  // namespace trivet::binder
