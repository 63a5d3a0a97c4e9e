// Orders the joins of every region of joins by estimated cost.

#include <algorithm>

#include "optimizer/join_enumeration.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Regions with more conditions stay as written: each is looked at for every pair of subplans.
constexpr size_t kMaxConditions = 4'000;

class JoinOrdering {
 public:
  JoinOrdering(size_t pair_budget, TableSampler* sampler)
      : pair_budget_(pair_budget), estimator_(sampler) {}

  // Orders the joins in the subtree; `node` is replaced by its cheapest form.
  void Order(PlanPtr& node);
  size_t reordered() const { return reordered_; }

 private:
  void OrderRegion(PlanPtr& node);
  PlanPtr Rebuild(JoinGraph& graph, const JoinEnumerator& enumerator, RelationSet set);
  // Puts the relations back where they were taken from.
  void Restore(JoinGraph& graph, PlanPtr& node, size_t& next);
  PlanPtr TakeRelation(JoinRelation& relation);
  static std::string ShapeOf(const LogicalOperator& plan);

  const size_t pair_budget_;
  CardinalityEstimator estimator_;
  size_t reordered_ = 0;
};

// The order of the leaves and the nesting of the joins, to tell whether anything changed.
std::string JoinOrdering::ShapeOf(const LogicalOperator& plan) {
  const auto* join = As<LogicalJoin>(plan);
  if (join == nullptr) return plan.Columns().empty() ? "?" : std::to_string(plan.Columns()[0].id);
  return "(" + ShapeOf(join->child(0)) + "," + ShapeOf(join->child(1)) + ")";
}

PlanPtr JoinOrdering::TakeRelation(JoinRelation& relation) {
  estimator_.Remember(*relation.plan, std::move(relation.estimate));
  return std::move(relation.plan);
}

PlanPtr JoinOrdering::Rebuild(JoinGraph& graph, const JoinEnumerator& enumerator, RelationSet set) {
  const JoinTree& tree = enumerator.TreeOf(set);
  if (tree.left == 0) return TakeRelation(graph.relations[LowestOf(set)]);
  PlanPtr left = Rebuild(graph, enumerator, tree.left);
  PlanPtr right = Rebuild(graph, enumerator, tree.right);
  auto join = std::make_unique<LogicalJoin>(tree.kind, std::move(left), std::move(right),
                                            std::vector<ExpressionPtr>{});
  for (size_t i : tree.edges) {
    const JoinEdge& edge = graph.edges[i];
    AppendConjuncts(join->conditions, edge.conditions);
    join->comparison = edge.comparison;
    join->mark = edge.mark;
  }
  join->estimated_rows = tree.rows;
  return join;
}

void JoinOrdering::Restore(JoinGraph& graph, PlanPtr& node, size_t& next) {
  if (node == nullptr) {
    node = TakeRelation(graph.relations[next++]);
    return;
  }
  for (PlanPtr& child : node->children()) Restore(graph, child, next);
}

// Conditions of the joins that stand directly above one another.
size_t ConditionsOf(const LogicalOperator& plan) {
  const auto* join = As<LogicalJoin>(plan);
  if (join == nullptr) return 0;
  return join->conditions.size() + ConditionsOf(join->child(0)) + ConditionsOf(join->child(1));
}

void JoinOrdering::OrderRegion(PlanPtr& node) {
  if (ConditionsOf(*node) > kMaxConditions) return;
  if (!IsOrderable(*node)) {
    // A join that must stay: regions may begin on its sides.
    for (PlanPtr& child : node->children()) {
      if (As<LogicalJoin>(child) != nullptr) OrderRegion(child);
    }
    return;
  }
  const std::string before = ShapeOf(*node);
  JoinGraph graph = TakeJoinGraph(node, estimator_);
  JoinEnumerator enumerator(graph, pair_budget_);
  for (JoinRelation& relation : graph.relations) {
    if (As<LogicalJoin>(relation.plan) != nullptr) OrderRegion(relation.plan);
  }
  if (!enumerator.Run()) {
    size_t next = 0;
    return Restore(graph, node, next);
  }
  node = Rebuild(graph, enumerator, graph.All());
  reordered_ += ShapeOf(*node) != before;
}

void JoinOrdering::Order(PlanPtr& node) {
  if (auto* cte = As<LogicalCte>(node)) {
    Order(cte->children()[0]);
    estimator_.Define(*cte);
    return Order(cte->children()[1]);
  }
  // Inputs of the region first: their own regions are settled when their rows are estimated.
  const std::function<void(LogicalOperator&)> order_inputs = [&](LogicalOperator& plan) {
    for (PlanPtr& child : plan.children()) {
      if (As<LogicalJoin>(child) != nullptr && As<LogicalJoin>(plan) != nullptr) {
        order_inputs(*child);
      } else {
        Order(child);
      }
    }
  };
  order_inputs(*node);
  if (As<LogicalJoin>(node) != nullptr) OrderRegion(node);
}

}  // namespace

Result<size_t> OrderJoins(PlanPtr& plan, OptimizerContext& context) {
  JoinOrdering ordering(context.join_pair_budget, context.sampler.get());
  ordering.Order(plan);
  return ordering.reordered();
}

}  // namespace trivet
