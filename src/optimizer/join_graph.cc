#include "optimizer/join_graph.h"

#include <algorithm>
#include <numeric>

namespace trivet {

namespace {

// Marks that conditions of the region read cannot move away from under these.
void FindReadMarks(LogicalOperator& node, ColumnSet& read) {
  auto* join = As<LogicalJoin>(node);
  if (join == nullptr) return;
  join->ForEachExpression([&](ExpressionPtr& expression) { CollectColumns(expression, read); });
  FindReadMarks(join->child(0), read);
  FindReadMarks(join->child(1), read);
}

bool IsOrderableJoin(const LogicalOperator& node, const ColumnSet& read) {
  const auto* join = As<LogicalJoin>(node);
  if (join == nullptr || join->dependent) return false;
  if (join->join == JoinKind::kMark && read.contains(join->mark.id)) return false;
  bool movable = true;
  const_cast<LogicalJoin*>(join)->ForEachExpression(
      [&](ExpressionPtr& expression) { movable &= IsMovable(expression); });
  return movable;
}

// Takes a region apart, bottom-up.
class JoinGraphBuilder {
 public:
  explicit JoinGraphBuilder(CardinalityEstimator& estimator) : estimator_(estimator) {}

  JoinGraph Build(PlanPtr& node) {
    FindReadMarks(*node, read_);
    Take(node, kMaxRelations);
    for (JoinEdge& edge : graph_.edges) {
      if (!edge.is_cross) EstimateEdge(edge);
    }
    FindEqualityClasses();
    DetectConflicts(graph_.edges, nesting_, graph_.relations);
    return std::move(graph_);
  }

 private:
  struct Part {
    RelationSet relations = 0;
    std::vector<size_t> edges;
  };

  // Makes at most `room` relations of the subtree.
  Part Take(PlanPtr& node, size_t room);
  Part TakeRelation(PlanPtr& node);
  void AddEdge(JoinEdge edge, const Part& left, const Part& right, Part& whole);
  RelationSet RelationsOf(const ColumnSet& columns) const;
  void EstimateEdge(JoinEdge& edge) const;
  void FindEqualityClasses();
  size_t LeavesBelow(const LogicalOperator& node) const {
    if (!IsOrderableJoin(node, read_)) return 1;
    return LeavesBelow(node.child(0)) + LeavesBelow(node.child(1));
  }

  CardinalityEstimator& estimator_;
  JoinGraph graph_;
  std::vector<EdgeNesting> nesting_;
  ColumnSet read_;
};

JoinGraphBuilder::Part JoinGraphBuilder::TakeRelation(PlanPtr& node) {
  JoinRelation relation;
  relation.estimate = estimator_.Estimate(*node);
  relation.columns = OutputIds(*node);
  relation.plan = std::move(node);
  graph_.relations.push_back(std::move(relation));
  return {SetOf(graph_.relations.size() - 1), {}};
}

JoinGraphBuilder::Part JoinGraphBuilder::Take(PlanPtr& node, size_t room) {
  if (room < 2 || !IsOrderableJoin(*node, read_)) return TakeRelation(node);
  auto& join = *As<LogicalJoin>(node);
  const size_t left_room = std::min(LeavesBelow(join.child(0)), room - 1);
  const size_t right_room = room - left_room;
  Part left = Take(join.children()[0], left_room);
  Part right = Take(join.children()[1], right_room);
  JoinEdge edge;
  edge.kind = join.join;
  if (join.join == JoinKind::kRight) {
    std::swap(left, right);
    edge.kind = JoinKind::kLeft;
  }
  Part whole{left.relations | right.relations, left.edges};
  whole.edges.insert(whole.edges.end(), right.edges.begin(), right.edges.end());
  if (join.join == JoinKind::kInner) {
    for (const ExpressionPtr& condition : join.conditions) {
      JoinEdge conjunct = edge;
      conjunct.conditions = {condition};
      AddEdge(std::move(conjunct), left, right, whole);
    }
    if (join.conditions.empty()) {
      edge.is_cross = true;
      AddEdge(std::move(edge), left, right, whole);
    }
  } else {
    edge.conditions = join.conditions;
    edge.comparison = join.comparison;
    edge.mark = join.mark;
    AddEdge(std::move(edge), left, right, whole);
  }
  return whole;
}

RelationSet JoinGraphBuilder::RelationsOf(const ColumnSet& columns) const {
  RelationSet set = 0;
  for (size_t i = 0; i < graph_.relations.size(); ++i) {
    if (Intersects(columns, graph_.relations[i].columns)) set |= SetOf(i);
  }
  return set;
}

void JoinGraphBuilder::AddEdge(JoinEdge edge, const Part& left, const Part& right, Part& whole) {
  ColumnSet columns;
  for (const ExpressionPtr& condition : edge.conditions) CollectColumns(condition, columns);
  if (edge.comparison) CollectColumns(edge.comparison, columns);
  edge.left_subtree = left.relations;
  edge.right_subtree = right.relations;
  edge.used = RelationsOf(columns);
  if (!edge.is_cross) {
    // A side that the conditions do not mention must stand there as a whole.
    if (!Overlap(edge.used, left.relations)) edge.used |= left.relations;
    if (!Overlap(edge.used, right.relations)) edge.used |= right.relations;
  }
  nesting_.push_back({left.edges, right.edges});
  whole.edges.push_back(graph_.edges.size());
  graph_.edges.push_back(std::move(edge));
}

void JoinGraphBuilder::EstimateEdge(JoinEdge& edge) const {
  RowEstimate left;
  RowEstimate right;
  left.rows = left.base_rows = right.rows = right.base_rows = 1;
  for (size_t i = 0; i < graph_.relations.size(); ++i) {
    if (!Overlap(edge.used, SetOf(i))) continue;
    const RowEstimate& relation = graph_.relations[i].estimate;
    RowEstimate& side = Overlap(edge.left_subtree, SetOf(i)) ? left : right;
    side.columns.insert(relation.columns.begin(), relation.columns.end());
    side.rows = std::max(side.rows, relation.rows);
    side.base_rows = std::max(side.base_rows, relation.base_rows);
  }
  std::vector<ExpressionPtr> conditions = edge.conditions;
  if (edge.comparison) AppendConjuncts(conditions, {edge.comparison});
  edge.shares = SharesOf(left, right, conditions);
}

// Classes of expressions that inner joins equate. Each holds once between two sets of relations,
// however many equalities say so.
void JoinGraphBuilder::FindEqualityClasses() {
  std::vector<ExpressionPtr> members;
  std::vector<size_t> parent;
  const auto member = [&](const ExpressionPtr& expression) {
    for (size_t i = 0; i < members.size(); ++i) {
      if (ExpressionsEqual(members[i], expression)) return i;
    }
    members.push_back(expression);
    parent.push_back(members.size() - 1);
    return members.size() - 1;
  };
  const auto root = [&](size_t i) {
    while (parent[i] != i) i = parent[i];
    return i;
  };
  std::map<size_t, size_t> edge_member;
  for (size_t i = 0; i < graph_.edges.size(); ++i) {
    const JoinEdge& edge = graph_.edges[i];
    if (edge.kind != JoinKind::kInner || !edge.shares.has_keys) continue;
    const ExpressionPtr& condition = edge.conditions[0];
    const size_t a = member(condition->child(0));
    const size_t b = member(condition->child(1));
    parent[std::max(root(a), root(b))] = std::min(root(a), root(b));
    edge_member[i] = a;
  }
  std::map<size_t, size_t> classes;
  for (const auto& [i, a] : edge_member) {
    const size_t number = classes.try_emplace(root(a), classes.size()).first->second;
    graph_.edges[i].equality_class = number;
  }
  graph_.class_domains.resize(classes.size());
  for (size_t i = 0; i < members.size(); ++i) {
    const RelationSet of_member = RelationsOf(ColumnsOf(members[i]));
    if (std::popcount(of_member) != 1) continue;
    const size_t relation = LowestOf(of_member);
    const double distinct = DistinctOf(members[i], graph_.relations[relation].estimate);
    auto& domains = graph_.class_domains[classes.at(root(i))];
    const auto [known, added] = domains.try_emplace(relation, distinct);
    if (!added) known->second = std::min(known->second, distinct);
  }
}

}  // namespace

bool IsOrderable(LogicalOperator& node) {
  ColumnSet read;
  FindReadMarks(node, read);
  return IsOrderableJoin(node, read);
}

JoinGraph TakeJoinGraph(PlanPtr& node, CardinalityEstimator& estimator) {
  return JoinGraphBuilder(estimator).Build(node);
}

}  // namespace trivet
