#pragma once

#include <set>
#include <unordered_map>

#include "plan/logical_operators.h"

namespace trivet {

// Which of its output columns each node's parent uses, from the root's result down; so that joins
// give only these. Nodes are found by address, so the plan must not change meanwhile.
class RequiredColumns {
 public:
  RequiredColumns() = default;
  RequiredColumns(const LogicalOperator& root, const std::vector<OutputColumn>& result);

  bool Contains(const LogicalOperator& node, ColumnId column) const;

 private:
  void Visit(const LogicalOperator& node, std::set<ColumnId> required);

  std::unordered_map<const LogicalOperator*, std::set<ColumnId>> required_;
};

}  // namespace trivet
