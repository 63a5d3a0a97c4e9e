#include "optimizer/join_enumeration.h"

#include <algorithm>

namespace trivet {

namespace {

// Per row: given to the parent, put into the hash table, looked up in it.
constexpr double kOutputCost = 1.0;
constexpr double kBuildCost = 2.0;
constexpr double kProbeCost = 1.0;
// Hash tables beyond this many rows miss the cache.
constexpr double kCachedRows = 200'000;
constexpr double kUncachedFactor = 1.5;
constexpr double kPairCost = 0.5;  // of a nested loop
// Subsets of neighbourhoods that are looked at before enumeration gives up.
constexpr size_t kMaxSteps = 50'000;

// Relations below (and with) the lowest of a set are not to be enumerated again.
RelationSet UpTo(size_t relation) { return (SetOf(relation) << 1) - 1; }

template <typename Visit>
void ForEachDescending(RelationSet set, const Visit& visit) {
  while (set != 0) {
    const size_t highest = 63 - static_cast<size_t>(std::countl_zero(set));
    set &= ~SetOf(highest);
    visit(highest);
  }
}

}  // namespace

double JoinCost(JoinKind kind, bool has_keys, double left_rows, double right_rows, double rows) {
  if (!has_keys) return kPairCost * left_rows * right_rows + kOutputCost * rows + right_rows;
  double build = right_rows;
  double probe = left_rows;
  // Semi and anti joins build whichever side is smaller.
  if ((kind == JoinKind::kSemi || kind == JoinKind::kAnti) && left_rows < right_rows) {
    std::swap(build, probe);
  }
  const double factor = build > kCachedRows ? kUncachedFactor : 1.0;
  return kOutputCost * rows + factor * (kBuildCost * build + kProbeCost * probe);
}

JoinEnumerator::JoinEnumerator(const JoinGraph& graph, size_t pair_budget)
    : graph_(graph), pair_budget_(pair_budget) {
  for (const JoinEdge& edge : graph.edges) {
    if (!edge.is_cross) hyperedges_.push_back({edge.left, edge.right});
  }
  for (size_t i = 0; i < graph.relations.size(); ++i) {
    JoinTree leaf;
    leaf.rows = graph.relations[i].estimate.rows;
    trees_.emplace(SetOf(i), leaf);
  }
  ConnectComponents();
}

// Relations that no condition connects are connected by cross products, small ones first.
void JoinEnumerator::ConnectComponents() {
  std::vector<RelationSet> components;
  for (size_t i = 0; i < graph_.relations.size(); ++i) components.push_back(SetOf(i));
  for (const Hyperedge& edge : hyperedges_) {
    RelationSet merged = 0;
    for (RelationSet& component : components) {
      if (!Overlap(component, edge.left | edge.right)) continue;
      merged |= component;
      component = 0;
    }
    components.push_back(merged);
    std::erase(components, RelationSet{0});
  }
  const auto rows = [&](RelationSet component) {
    double largest = 0;
    for (size_t i = 0; i < graph_.relations.size(); ++i) {
      if (Overlap(component, SetOf(i))) {
        largest = std::max(largest, graph_.relations[i].estimate.rows);
      }
    }
    return largest;
  };
  std::ranges::stable_sort(components, {}, rows);
  RelationSet connected = components.empty() ? 0 : components[0];
  for (size_t i = 1; i < components.size(); ++i) {
    hyperedges_.push_back({connected, components[i]});
    connected |= components[i];
  }
}

bool JoinEnumerator::EdgesBetween(RelationSet a, RelationSet b, std::vector<size_t>& edges) const {
  const RelationSet both = a | b;
  for (size_t i = 0; i < graph_.edges.size(); ++i) {
    const JoinEdge& edge = graph_.edges[i];
    if (edge.is_cross) continue;
    if (!IsSubset(edge.used, both) || IsSubset(edge.used, a) || IsSubset(edge.used, b)) continue;
    // A join is done where its relations first come together, or never.
    if (!IsSubset(edge.All(), both)) return false;
    for (const JoinEdge::Rule& rule : edge.rules) {
      if (Overlap(rule.first, both) && !IsSubset(rule.second, both)) return false;
    }
    if (edge.kind != JoinKind::kInner && (!IsSubset(edge.left, a) || !IsSubset(edge.right, b))) {
      return false;
    }
    edges.push_back(i);
  }
  if (edges.empty()) return IsLegalProduct(both);
  const auto is_inner = [&](size_t i) { return graph_.edges[i].kind == JoinKind::kInner; };
  return edges.size() <= 1 || std::ranges::all_of(edges, is_inner);
}

// A product must not bring relations to the side of a join that pads or hides rows, before that
// join.
bool JoinEnumerator::IsLegalProduct(RelationSet both) const {
  return std::ranges::all_of(graph_.edges, [&](const JoinEdge& edge) {
    if (edge.kind == JoinKind::kInner || IsSubset(edge.used, both)) return true;
    const auto stays_within = [&](RelationSet side) {
      return !Overlap(both, side) || IsSubset(both, side);
    };
    if (edge.kind == JoinKind::kFull && !stays_within(edge.left_subtree)) return false;
    return stays_within(edge.right_subtree);
  });
}

// How many pairs there are to one that agrees in all equalities. Equalities of one class count
// once.
double JoinEnumerator::InnerDivisor(RelationSet a, RelationSet b,
                                    const std::vector<size_t>& edges) const {
  const auto domain = [&](size_t number, RelationSet set) {
    double least = -1;
    for (const auto& [relation, distinct] : graph_.class_domains[number]) {
      if (Overlap(set, SetOf(relation)) && (least < 0 || distinct < least)) least = distinct;
    }
    return least;
  };
  std::map<size_t, double> by_class;
  double product = 1;
  for (size_t i : edges) {
    const JoinEdge& edge = graph_.edges[i];
    if (!edge.equality_class) {
      if (edge.shares.has_keys) product *= edge.shares.distinct;
      continue;
    }
    const size_t number = *edge.equality_class;
    const double of_a = domain(number, a);
    const double of_b = domain(number, b);
    const double known = std::max(of_a, of_b);
    by_class.emplace(number, known > 0 ? known : edge.shares.distinct);
  }
  for (const auto& [number, distinct] : by_class) product *= std::max(distinct, 1.0);
  if (by_class.size() < 2) return product;
  // Composite keys: no relation that has all of them holds more combinations than rows.
  for (size_t relation = 0; relation < graph_.relations.size(); ++relation) {
    if (!Overlap(a | b, SetOf(relation))) continue;
    const bool has_all = std::ranges::all_of(by_class, [&](const auto& entry) {
      return graph_.class_domains[entry.first].contains(relation);
    });
    if (has_all) {
      product = std::min(product, std::max(1.0, graph_.relations[relation].estimate.base_rows));
    }
  }
  return product;
}

double JoinEnumerator::RowsOf(RelationSet a, RelationSet b,
                              const std::vector<size_t>& edges) const {
  const double left = trees_.at(a).rows;
  const double right = trees_.at(b).rows;
  if (edges.size() == 1 && graph_.edges[edges[0]].kind != JoinKind::kInner) {
    const JoinEdge& edge = graph_.edges[edges[0]];
    return JoinRows(edge.kind, edge.shares, left, right);
  }
  double rows = left * right / InnerDivisor(a, b, edges);
  for (size_t i : edges) rows *= graph_.edges[i].shares.residual;
  return rows;
}

std::optional<JoinTree> JoinEnumerator::Combine(RelationSet a, RelationSet b) const {
  std::optional<JoinTree> best;
  for (const bool swapped : {false, true}) {
    const RelationSet left = swapped ? b : a;
    const RelationSet right = swapped ? a : b;
    JoinTree tree;
    if (!EdgesBetween(left, right, tree.edges)) continue;
    const auto known = trees_.find(left | right);
    tree.rows = known != trees_.end() ? known->second.rows : RowsOf(left, right, tree.edges);
    bool has_keys = false;
    for (size_t i : tree.edges) has_keys |= graph_.edges[i].shares.has_keys;
    if (!tree.edges.empty()) tree.kind = graph_.edges[tree.edges[0]].kind;
    const double inputs = trees_.at(left).cost + trees_.at(right).cost;
    const double left_rows = trees_.at(left).rows;
    const double right_rows = trees_.at(right).rows;
    const auto consider = [&](RelationSet probe, RelationSet build, JoinKind kind, double cost) {
      if (best && inputs + cost >= best->cost) return;
      tree.left = probe;
      tree.right = build;
      best = tree;
      best->kind = kind;
      best->cost = inputs + cost;
    };
    consider(left, right, tree.kind,
             JoinCost(tree.kind, has_keys, left_rows, right_rows, tree.rows));
    if (tree.kind == JoinKind::kLeft) {  // with its left side in the hash table
      consider(right, left, JoinKind::kRight,
               JoinCost(JoinKind::kRight, has_keys, right_rows, left_rows, tree.rows));
    }
    if (tree.kind == JoinKind::kFull) {
      consider(right, left, JoinKind::kFull,
               JoinCost(JoinKind::kFull, has_keys, right_rows, left_rows, tree.rows));
    }
  }
  return best;
}

void JoinEnumerator::EmitPair(RelationSet a, RelationSet b) {
  if (++pairs_ > pair_budget_) return;
  std::optional<JoinTree> tree = Combine(a, b);
  if (!tree) return;
  const auto [known, added] = trees_.try_emplace(a | b, *tree);
  if (!added && tree->cost < known->second.cost) known->second = std::move(*tree);
}

// All subsets of a neighbourhood that are not empty, smaller numbers first, until the budget is
// spent.
template <typename Visit>
void JoinEnumerator::ForEachSubset(RelationSet set, const Visit& visit) {
  for (RelationSet subset = LowestSet(set); subset != 0; subset = (subset - set) & set) {
    if (++steps_ > kMaxSteps || OverBudget()) {
      pairs_ = std::max(pairs_, pair_budget_ + 1);
      return;
    }
    visit(subset);
  }
}

RelationSet JoinEnumerator::Neighbors(RelationSet set, RelationSet excluded) const {
  RelationSet neighbors = 0;
  const RelationSet forbidden = set | excluded;
  const auto reach = [&](RelationSet from, RelationSet to) {
    if (IsSubset(from, set) && !Overlap(to, forbidden)) neighbors |= LowestSet(to);
  };
  for (const Hyperedge& edge : hyperedges_) {
    reach(edge.left, edge.right);
    reach(edge.right, edge.left);
  }
  return neighbors;
}

bool JoinEnumerator::AreConnected(RelationSet a, RelationSet b) const {
  return std::ranges::any_of(hyperedges_, [&](const Hyperedge& edge) {
    return (IsSubset(edge.left, a) && IsSubset(edge.right, b)) ||
           (IsSubset(edge.left, b) && IsSubset(edge.right, a));
  });
}

void JoinEnumerator::EmitSubgraph(RelationSet set) {
  const RelationSet excluded = set | UpTo(LowestOf(set));
  const RelationSet neighbors = Neighbors(set, excluded);
  ForEachDescending(neighbors, [&](size_t neighbor) {
    if (OverBudget()) return;
    const RelationSet complement = SetOf(neighbor);
    if (AreConnected(set, complement)) EmitPair(set, complement);
    GrowComplement(set, complement, excluded | (UpTo(neighbor) & neighbors));
  });
}

void JoinEnumerator::GrowSubgraph(RelationSet set, RelationSet excluded) {
  const RelationSet neighbors = Neighbors(set, excluded);
  if (neighbors == 0) return;
  ForEachSubset(neighbors, [&](RelationSet subset) {
    if (trees_.contains(set | subset)) EmitSubgraph(set | subset);
  });
  ForEachSubset(neighbors,
                [&](RelationSet subset) { GrowSubgraph(set | subset, excluded | neighbors); });
}

void JoinEnumerator::GrowComplement(RelationSet set, RelationSet complement, RelationSet excluded) {
  const RelationSet neighbors = Neighbors(complement, excluded);
  if (neighbors == 0) return;
  ForEachSubset(neighbors, [&](RelationSet subset) {
    const RelationSet grown = complement | subset;
    if (trees_.contains(grown) && AreConnected(set, grown)) EmitPair(set, grown);
  });
  ForEachSubset(neighbors, [&](RelationSet subset) {
    GrowComplement(set, complement | subset, excluded | neighbors);
  });
}

bool JoinEnumerator::EnumerateAll() {
  for (size_t i = graph_.relations.size(); i-- > 0;) {
    if (OverBudget()) return false;
    EmitSubgraph(SetOf(i));
    GrowSubgraph(SetOf(i), UpTo(i));
  }
  return !OverBudget() && trees_.contains(graph_.All());
}

bool JoinEnumerator::EnumerateGreedily() {
  used_greedy_ = true;
  std::erase_if(trees_, [](const auto& entry) { return std::popcount(entry.first) > 1; });
  std::vector<RelationSet> parts;
  for (size_t i = 0; i < graph_.relations.size(); ++i) parts.push_back(SetOf(i));
  while (parts.size() > 1) {
    std::optional<JoinTree> best;
    bool best_joins = false;
    for (size_t i = 0; i < parts.size(); ++i) {
      for (size_t j = i + 1; j < parts.size(); ++j) {
        std::optional<JoinTree> tree = Combine(parts[i], parts[j]);
        if (!tree) continue;
        // Cross products only where nothing else is left.
        const bool joins = !tree->edges.empty();
        const bool better =
            !best || (joins && !best_joins) || (joins == best_joins && tree->rows < best->rows);
        if (!better) continue;
        best = std::move(tree);
        best_joins = joins;
      }
    }
    if (!best) return false;
    std::erase(parts, best->left);
    std::erase(parts, best->right);
    parts.push_back(best->left | best->right);
    trees_[parts.back()] = std::move(*best);
  }
  return true;
}

bool JoinEnumerator::Run() {
  if (graph_.relations.size() < 2) return true;
  return EnumerateAll() || EnumerateGreedily();
}

}  // namespace trivet
