#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "optimizer/cardinality.h"
#include "optimizer/plan_rewrite.h"

namespace trivet {

// A set of relations of one join graph, by number.
using RelationSet = uint64_t;
inline constexpr size_t kMaxRelations = 60;

inline RelationSet SetOf(size_t relation) { return RelationSet{1} << relation; }
inline bool IsSubset(RelationSet part, RelationSet all) { return (part & ~all) == 0; }
inline bool Overlap(RelationSet a, RelationSet b) { return (a & b) != 0; }
inline size_t LowestOf(RelationSet set) { return static_cast<size_t>(std::countr_zero(set)); }
inline RelationSet LowestSet(RelationSet set) { return set & (~set + 1); }

// One input of a region of joins; anything that is no join.
struct JoinRelation {
  PlanPtr plan;
  RowEstimate estimate;
  ColumnSet columns;
};

// A join of the region as written: for inner joins one conjunct, for other kinds the whole join. It
// connects what lies left of it with what lies right (Moerkotte, Fender, Eich: "On the Correct and
// Complete Enumeration of the Core Search Space", SIGMOD 2013, whose CD-C the conflict rules are).
struct JoinEdge {
  JoinKind kind = JoinKind::kInner;
  std::vector<ExpressionPtr> conditions;
  ExpressionPtr comparison;
  OutputColumn mark;

  RelationSet left_subtree = 0;  // all relations below the join's sides
  RelationSet right_subtree = 0;
  RelationSet used = 0;  // relations that the conditions need (the syntactic eligibility set)
  RelationSet left = 0;  // hypernodes: what must stand on either side (the total set)
  RelationSet right = 0;
  // Where a join holds a relation of `first`, it must hold all of `second`.
  struct Rule {
    RelationSet first;
    RelationSet second;
  };
  std::vector<Rule> rules;

  JoinShares shares;
  // For an equality of two relations' columns: which of the classes of equal columns it belongs to.
  std::optional<size_t> equality_class;

  // A cross product as written: nothing to apply, but joins above must not tear it apart.
  bool is_cross = false;

  RelationSet All() const { return left | right; }
};

// A region of joins as relations and edges.
struct JoinGraph {
  std::vector<JoinRelation> relations;
  std::vector<JoinEdge> edges;
  // By class of equal columns: the number of values that each relation's member of it has.
  std::vector<std::map<size_t, double>> class_domains;

  RelationSet All() const {
    return relations.empty() ? 0 : ~RelationSet{0} >> (64 - relations.size());
  }
};

// May the join on top of the plan be reordered with those below it?
bool IsOrderable(LogicalOperator& node);

// Takes the joins on top of the plan apart. Whatever is no join, and joins that must stay where
// they are (conditions that can fail, a mark that a condition reads), become relations; `node`
// keeps the joins, with an empty place for each relation, in their order.
JoinGraph TakeJoinGraph(PlanPtr& node, CardinalityEstimator& estimator);

// Fills hypernodes and conflict rules of the edges, of which `tree` tells the nesting: for each
// edge the edges below its left side and below its right side.
struct EdgeNesting {
  std::vector<size_t> below_left;
  std::vector<size_t> below_right;
};
void DetectConflicts(std::vector<JoinEdge>& edges, const std::vector<EdgeNesting>& nesting,
                     const std::vector<JoinRelation>& relations);

}  // namespace trivet
