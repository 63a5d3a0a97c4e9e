#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "optimizer/join_graph.h"

namespace trivet {

// The best way found to join a set of relations: a relation, or a join of two such sets.
struct JoinTree {
  RelationSet left = 0;  // 0: a single relation
  RelationSet right = 0;
  JoinKind kind = JoinKind::kInner;
  std::vector<size_t> edges;  // applied here
  double rows = 1;
  double cost = 0;
};

// Finds a cheap order of a region's joins. Small regions: all orders without needless cross
// products, by dynamic programming over connected pairs of connected subgraphs (G. Moerkotte and T.
// Neumann, "Dynamic Programming Strikes Back", SIGMOD 2008). Beyond `pair_budget` pairs: greedily
// the pair with the smallest result (L. Fegaras, "A New Heuristic for Optimizing Large Queries",
// DEXA 1998).
class JoinEnumerator {
 public:
  explicit JoinEnumerator(const JoinGraph& graph, size_t pair_budget);

  // False where no legal order was found; then the joins stay as written.
  bool Run();
  const JoinTree& TreeOf(RelationSet set) const { return trees_.at(set); }
  bool used_greedy() const { return used_greedy_; }
  size_t pairs() const { return pairs_; }

  // The tree that joins the two sets, in the cheaper direction; none where the joins do not allow
  // it.
  std::optional<JoinTree> Combine(RelationSet a, RelationSet b) const;

 private:
  struct Hyperedge {
    RelationSet left;
    RelationSet right;
  };

  void ConnectComponents();
  bool EnumerateAll();
  bool EnumerateGreedily();
  RelationSet Neighbors(RelationSet set, RelationSet excluded) const;
  bool AreConnected(RelationSet a, RelationSet b) const;
  void EmitSubgraph(RelationSet set);
  void GrowSubgraph(RelationSet set, RelationSet excluded);
  void GrowComplement(RelationSet set, RelationSet complement, RelationSet excluded);
  template <typename Visit>
  void ForEachSubset(RelationSet set, const Visit& visit);
  void EmitPair(RelationSet a, RelationSet b);
  bool OverBudget() const { return pairs_ > pair_budget_; }

  // The edges that a join of the two sets applies, with `a` on the left; false where that is
  // illegal.
  bool EdgesBetween(RelationSet a, RelationSet b, std::vector<size_t>& edges) const;
  bool IsLegalProduct(RelationSet both) const;
  double RowsOf(RelationSet a, RelationSet b, const std::vector<size_t>& edges) const;
  double InnerDivisor(RelationSet a, RelationSet b, const std::vector<size_t>& edges) const;

  const JoinGraph& graph_;
  const size_t pair_budget_;
  std::vector<Hyperedge> hyperedges_;
  std::unordered_map<RelationSet, JoinTree> trees_;  // looked up, never walked
  size_t pairs_ = 0;
  size_t steps_ = 0;
  bool used_greedy_ = false;
};

// What a join costs beyond its inputs: rows given, hashed and looked up.
double JoinCost(JoinKind kind, bool has_keys, double left_rows, double right_rows, double rows);

}  // namespace trivet
