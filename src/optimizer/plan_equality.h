#pragma once

#include "optimizer/plan_rewrite.h"

namespace trivet {

// Two plans that read the same and do the same, each with columns of its own.
class PlanMatch {
 public:
  // Do both give the same rows, column by column, by the same operations? Columns of the second
  // plan are then known as columns of the first.
  bool Match(const LogicalOperator& a, const LogicalOperator& b);

  // The column of the first plan that stands for one of the second.
  std::optional<ColumnId> Of(ColumnId column_of_second) const {
    const auto found = columns_.find(column_of_second);
    if (found == columns_.end()) return std::nullopt;
    return found->second;
  }

 private:
  bool MatchNode(const LogicalOperator& a, const LogicalOperator& b);
  bool MatchScan(const LogicalScan& a, const LogicalScan& b);
  bool MatchCteScan(const LogicalCteScan& a, const LogicalCteScan& b);
  bool MatchFields(const LogicalOperator& a, const LogicalOperator& b) const;
  bool MatchExpressions(LogicalOperator& a, LogicalOperator& b) const;
  bool MatchMade(LogicalOperator& a, LogicalOperator& b);

  std::map<ColumnId, ColumnId> columns_;
};

// Of a node alone: equal for nodes that match.
uint64_t HashOfNode(const LogicalOperator& node);

}  // namespace trivet
