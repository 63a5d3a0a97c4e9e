#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/string_concat.h"
#include "optimizer/join_enumeration.h"
#include "optimizer/optimizer.h"
#include "optimizer/plan_interpreter.h"
#include "optimizer/rules.h"

namespace trivet::testing {

namespace {

// Random trees of joins over small tables whose statistics are lies, so that many orders get
// chosen.
class RandomJoins {
 public:
  explicit RandomJoins(uint64_t seed) : random_(seed) {}

  PlanPtr Make(size_t relations) {
    if (relations == 1) return MakeScan();
    const size_t left = 1 + Below(relations - 1);
    PlanPtr a = Make(left);
    PlanPtr b = Make(relations - left);
    constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kInner, JoinKind::kInner,
                                   JoinKind::kLeft,  JoinKind::kRight, JoinKind::kFull,
                                   JoinKind::kSemi,  JoinKind::kAnti,  JoinKind::kMark};
    auto join = std::make_unique<LogicalJoin>(kKinds[Below(std::size(kKinds))], std::move(a),
                                              std::move(b), std::vector<ExpressionPtr>{});
    const size_t count = Below(5) == 0 ? 0 : 1 + Below(2);
    for (size_t i = 0; i < count; ++i) join->conditions.push_back(MakeCondition(*join));
    if (join->join == JoinKind::kAnti && Below(3) == 0) join->comparison = MakeCondition(*join);
    if (join->join == JoinKind::kMark) join->mark = {ids_.Next(), "mark", TypeId::kBoolean};
    return join;
  }
  ColumnIdGenerator& ids() { return ids_; }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  PlanPtr MakeScan() {
    std::vector<ColumnDefinition> columns{{"x", TypeId::kInt64}, {"y", TypeId::kInt64}};
    std::vector<std::vector<Value>> rows(Below(4));
    for (auto& row : rows) {
      for (size_t i = 0; i < 2; ++i) {
        row.push_back(Below(4) == 0 ? Value::Null(TypeId::kInt64) : Value::Int64(Below(3)));
      }
    }
    auto table = std::make_shared<FakeTable>(columns, rows);
    table->known_statistics.row_count = 1 + Below(1'000'000);
    table->known_statistics.columns.resize(2);
    for (auto& column : table->known_statistics.columns) {
      column.distinct_count = static_cast<double>(1 + Below(*table->known_statistics.row_count));
    }
    auto scan = std::make_unique<LogicalScan>(table, StrCat("t", tables_++));
    for (size_t i = 0; i < 2; ++i) scan->columns.push_back({ids_.Next(), i});
    return scan;
  }

  ExpressionPtr PickNumber(const LogicalOperator& plan) {
    std::vector<OutputColumn> columns;
    for (const OutputColumn& column : plan.Columns()) {
      if (column.type.id() == TypeId::kInt64) columns.push_back(column);
    }
    return columns[Below(columns.size())].Reference();
  }

  ExpressionPtr MakeCondition(const LogicalJoin& join) {
    const ExpressionPtr a = PickNumber(join.child(0));
    const ExpressionPtr b = PickNumber(join.child(1));
    switch (Below(8)) {
      case 0: return Expression::Compare(Comparison::kNotDistinctFrom, a, b);
      case 1: return Expression::Compare(Comparison::kLess, a, b);
      case 2: return Expression::IsNotNull(Below(2) == 0 ? a : b);
      case 3:
        return Expression::Compare(Comparison::kEqual,
                                   Expression::Coalesce({a, PickNumber(join.child(0))}), b);
      default: return Expression::Compare(Comparison::kEqual, a, b);
    }
  }

  std::mt19937_64 random_;
  ColumnIdGenerator ids_;
  size_t tables_ = 0;
};

constexpr size_t kPairBudget = 10'000;

size_t Reorder(PlanPtr& plan, ColumnIdGenerator& ids, size_t pair_budget) {
  TestContext evaluation;
  OptimizerContext context{ids, FunctionRegistry::Builtin(), evaluation};
  context.join_pair_budget = pair_budget;
  Result<size_t> changed = OrderJoins(plan, context);
  EXPECT_TRUE(changed.ok()) << changed.status().ToString();
  return changed.ok() ? *changed : 0;
}

TEST(JoinOrdering, EveryOrderKeepsTheRows) {
  const char* count_text = std::getenv("TRIVET_PLAN_COUNT");
  const uint64_t count = count_text != nullptr ? std::stoull(count_text) : 6000;
  size_t reordered = 0;
  for (uint64_t seed = 0; seed < count; ++seed) {
    RandomJoins joins(seed);
    PlanPtr plan = joins.Make(2 + seed % 5);
    const std::vector<OutputColumn> columns = plan->Columns();
    const std::string text = PlanToString(*plan);
    const Result<Rows> expected = PlanInterpreter().Run(*plan);
    ASSERT_TRUE(expected.ok());
    reordered += Reorder(plan, joins.ids(), seed % 3 == 0 ? 0 : kPairBudget);
    const Status valid = ValidatePlan(*plan);
    ASSERT_TRUE(valid.ok()) << valid.ToString();
    const Result<Rows> actual = PlanInterpreter().Run(*plan);
    ASSERT_TRUE(actual.ok()) << actual.status().ToString();
    ASSERT_EQ(Lines(*expected, columns), Lines(*actual, columns)) << "seed " << seed << "\n"
                                                                  << text << "--- ordered\n"
                                                                  << PlanToString(*plan);
  }
  EXPECT_GT(reordered, count / 3);
}

// A region of inner joins only, each by columns of its own.
class InnerGraph {
 public:
  InnerGraph(uint64_t seed, size_t relations) : random_(seed) {
    for (size_t i = 0; i < relations; ++i) {
      JoinRelation relation;
      relation.estimate.rows = relation.estimate.base_rows =
          static_cast<double>(10 + random_() % 100'000);
      graph.relations.push_back(std::move(relation));
    }
    for (size_t i = 1; i < relations; ++i) Connect(random_() % i, i);
    for (size_t i = random_() % relations; i-- > 0;) {
      const size_t a = random_() % relations;
      const size_t b = random_() % relations;
      if (a != b) Connect(a, b);
    }
  }

  // The least cost of joining the set, over all shapes whose parts are connected.
  double BestCost(RelationSet set) {
    if (std::popcount(set) == 1) return 0;
    const auto known = best_.find(set);
    if (known != best_.end()) return known->second;
    double best = -1;
    for (RelationSet part = LowestSet(set); part != set; part = (part - set) & set) {
      const RelationSet rest = set & ~part;
      if (!IsConnected(part) || !IsConnected(rest)) continue;
      const double cost = BestCost(part) + BestCost(rest) +
                          JoinCost(JoinKind::kInner, true, RowsOf(part), RowsOf(rest), RowsOf(set));
      if (best < 0 || cost < best) best = cost;
    }
    return best_[set] = best;
  }

  JoinGraph graph;

 private:
  void Connect(size_t a, size_t b) {
    JoinEdge edge;
    edge.left = edge.left_subtree = SetOf(a);
    edge.right = edge.right_subtree = SetOf(b);
    edge.used = edge.left | edge.right;
    edge.shares.has_keys = true;
    edge.shares.distinct = static_cast<double>(1 + random_() % 10'000);
    graph.edges.push_back(std::move(edge));
  }

  bool IsConnected(RelationSet set) const {
    RelationSet reached = LowestSet(set);
    for (size_t round = 0; round < graph.relations.size(); ++round) {
      for (const JoinEdge& edge : graph.edges) {
        if (IsSubset(edge.used, set) && Overlap(edge.used, reached)) reached |= edge.used;
      }
    }
    return reached == set;
  }

  double RowsOf(RelationSet set) const {
    double rows = 1;
    for (size_t i = 0; i < graph.relations.size(); ++i) {
      if (Overlap(set, SetOf(i))) rows *= graph.relations[i].estimate.rows;
    }
    for (const JoinEdge& edge : graph.edges) {
      if (IsSubset(edge.used, set)) rows /= edge.shares.distinct;
    }
    return rows;
  }

  std::mt19937_64 random_;
  std::map<RelationSet, double> best_;
};

TEST(JoinEnumerator, FindsTheCheapestOfAllOrders) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    InnerGraph inner(seed, 2 + seed % 6);
    JoinEnumerator enumerator(inner.graph, kPairBudget);
    ASSERT_TRUE(enumerator.Run());
    ASSERT_FALSE(enumerator.used_greedy());
    const double best = inner.BestCost(inner.graph.All());
    const double found = enumerator.TreeOf(inner.graph.All()).cost;
    ASSERT_NEAR(found / best, 1.0, 1e-9) << "seed " << seed;
  }
}

TEST(JoinEnumerator, VisitsEachPairOfAChainOnce) {
  InnerGraph chain(1, 2);
  chain.graph.relations.clear();
  chain.graph.edges.clear();
  constexpr size_t kLength = 8;
  for (size_t i = 0; i < kLength; ++i) {
    JoinRelation relation;
    relation.estimate.rows = 100;
    chain.graph.relations.push_back(std::move(relation));
    if (i == 0) continue;
    JoinEdge edge;
    edge.left = edge.left_subtree = SetOf(i - 1);
    edge.right = edge.right_subtree = SetOf(i);
    edge.used = edge.left | edge.right;
    edge.shares.has_keys = true;
    chain.graph.edges.push_back(std::move(edge));
  }
  JoinEnumerator enumerator(chain.graph, kPairBudget);
  ASSERT_TRUE(enumerator.Run());
  EXPECT_EQ(enumerator.pairs(), (kLength * kLength * kLength - kLength) / 6);
}

TEST(JoinEnumerator, BeyondItsBudgetIsGreedyAndStillJoinsAll) {
  InnerGraph inner(7, 25);
  JoinEnumerator enumerator(inner.graph, 100);
  ASSERT_TRUE(enumerator.Run());
  EXPECT_TRUE(enumerator.used_greedy());
  std::function<RelationSet(RelationSet)> leaves = [&](RelationSet set) -> RelationSet {
    const JoinTree& tree = enumerator.TreeOf(set);
    if (tree.left == 0) return set;
    EXPECT_FALSE(tree.edges.empty());
    return leaves(tree.left) | leaves(tree.right);
  };
  EXPECT_EQ(leaves(inner.graph.All()), inner.graph.All());
}

TEST(JoinEnumerator, ManyRelationsOfAStarEndInTime) {
  InnerGraph star(3, 1);
  for (size_t i = 1; i < kMaxRelations; ++i) {
    JoinRelation relation;
    relation.estimate.rows = static_cast<double>(i);
    star.graph.relations.push_back(std::move(relation));
    JoinEdge edge;
    edge.left = edge.left_subtree = SetOf(0);
    edge.right = edge.right_subtree = SetOf(i);
    edge.used = edge.left | edge.right;
    edge.shares.has_keys = true;
    star.graph.edges.push_back(std::move(edge));
  }
  JoinEnumerator enumerator(star.graph, kPairBudget);
  ASSERT_TRUE(enumerator.Run());
  EXPECT_TRUE(enumerator.used_greedy());
}

}  // namespace

}  // namespace trivet::testing
