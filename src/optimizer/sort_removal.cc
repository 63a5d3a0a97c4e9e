// Sorts whose order nothing can see.

#include <algorithm>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

bool DependsOnInputOrder(const LogicalAggregate& aggregate) {
  return std::ranges::any_of(aggregate.aggregates, [](const LogicalAggregate::Aggregate& call) {
    return call.function.function->order_dependent;
  });
}

class SortRemoval {
 public:
  // `order_counts`: is the order of the node's rows seen above?
  void Visit(PlanPtr& node, bool order_counts);
  size_t removed() const { return removed_; }

 private:
  size_t removed_ = 0;
};

void SortRemoval::Visit(PlanPtr& node, bool order_counts) {
  if (As<LogicalSort>(node) != nullptr && !order_counts) {
    ++removed_;
    ReplaceByChild(node);
    return Visit(node, false);
  }
  switch (node->kind()) {
    case LogicalKind::kAggregate:
      return Visit(node->children()[0], DependsOnInputOrder(*As<LogicalAggregate>(node)));
    case LogicalKind::kJoin:  // gives rows in no order
      Visit(node->children()[0], false);
      return Visit(node->children()[1], false);
    case LogicalKind::kSetOperation: {
      const auto& operation = *As<LogicalSetOperation>(node);
      const bool keeps_order = operation.operation == SetOperationKind::kUnion && operation.all;
      for (PlanPtr& child : node->children()) Visit(child, keeps_order && order_counts);
      return;
    }
    case LogicalKind::kLimit:
    case LogicalKind::kTopN:
    case LogicalKind::kWindow:
    case LogicalKind::kDistinctOn:
    case LogicalKind::kCustom: return Visit(node->children()[0], true);
    case LogicalKind::kCte:
      Visit(node->children()[0], true);
      return Visit(node->children()[1], order_counts);
    case LogicalKind::kSort:  // ties keep the order of the input
      return Visit(node->children()[0], order_counts);
    case LogicalKind::kFilter:
    case LogicalKind::kProject: return Visit(node->children()[0], order_counts);
    case LogicalKind::kScan:
    case LogicalKind::kValues:
    case LogicalKind::kCteScan: return;
  }
}

}  // namespace

Result<size_t> RemoveRedundantSorts(PlanPtr& plan, OptimizerContext&) {
  SortRemoval removal;
  removal.Visit(plan, true);
  return removal.removed();
}

}  // namespace trivet
