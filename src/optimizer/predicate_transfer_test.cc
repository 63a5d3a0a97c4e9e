// Reducers: where they are put, where not, and that no row is lost to them.

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/string_concat.h"
#include "optimizer/optimizer_testing.h"
#include "optimizer/rules.h"

namespace trivet::testing {

namespace {

// Facts of ten million rows around dimensions of a million.
class PredicateTransferTest : public OptimizerTest {
 protected:
  PredicateTransferTest() {
    using T = TypeId;
    for (const std::string name : {"f", "g"}) {
      AddFake(name, 10'000'000,
              {{name + "_a", T::kInt64}, {name + "_b", T::kInt64}, {name + "_x", T::kInt64}},
              {100'000, 1'000'000, 9'000'000});
    }
    AddFake("dim", 1'000'000, {{"b", T::kInt64}, {"kind", T::kInt64}, {"note", T::kVarchar}},
            {1'000'000, 50, 900'000});
    for (const std::string name : {"left_end", "right_end"}) {
      AddFake(name, 100'000, {{name + "_a", T::kInt64}, {name + "_kind", T::kInt64}},
              {100'000, 20});
    }
  }

  std::string Transferred(const std::string& sql, std::set<std::string> more = {}) {
    more.insert({"predicate_transfer", "filter_pushdown", "mark_join_simplification"});
    return OptimizedBy(more, sql);
  }
  static size_t Reducers(const std::string& plan) {
    size_t count = 0;
    size_t at = 0;
    while ((at = plan.find("Reducer", at)) != std::string::npos) ++count, ++at;
    return count;
  }
};

// The filtered dimension reaches the fact that is probed, and not the one that is built.
std::string Chain(const std::string& dim, const std::string& fact) {
  return "select count(*) from ((f join left_end on f_a = left_end_a) join (select * from dim " +
         dim + ") d on f_b = b) join ((select * from g " + fact +
         ") x join right_end on g_a = right_end_a) on g_b = b";
}
const std::string kChain = Chain("", "");

TEST_F(PredicateTransferTest, AChainIsReducedFromBothEnds) {
  const std::string plan = Transferred(kChain + " where kind = 3");
  EXPECT_EQ(Reducers(plan), 1u) << plan;
  ExpectHas(plan, "g_b");
}

TEST_F(PredicateTransferTest, WithoutPredicatesThereIsNothingToTransfer) {
  EXPECT_EQ(Reducers(Transferred(kChain)), 0u);
}

TEST_F(PredicateTransferTest, NeighboursReduceTheReducer) {
  // Nothing restricts dim itself; what restricts it is its neighbour.
  AddFake("kinds", 50, {{"k", TypeId::kInt64}, {"k_name", TypeId::kVarchar}}, {50, 50});
  const std::string plan = Transferred(
      "select count(*) from ((f join left_end on f_a = left_end_a) join (dim join kinds on kind = "
      "k) on f_b = b) join (g join right_end on g_a = right_end_a) on g_b = b where k_name = 'x'");
  EXPECT_EQ(Reducers(plan), 2u) << plan;
}

TEST_F(PredicateTransferTest, WhatRunTimeFiltersDoAlreadyIsLeft) {
  // Every dimension is built before the fact is read.
  const std::string plan = Transferred(
      "select count(*) from ((f join left_end on f_a = left_end_a) join dim on f_b = b) join "
      "right_end on left_end_kind = right_end_kind where kind = 3 and right_end_a = 7");
  EXPECT_EQ(Reducers(plan), 0u) << plan;
}

TEST_F(PredicateTransferTest, SmallRegionsAreLeft) {
  EXPECT_EQ(Reducers(Transferred(
                "select count(*) from (f join dim on f_b = b) join g on g_b = b where kind = 3")),
            0u);
}

TEST_F(PredicateTransferTest, RandomPredicatesAreNotAskedTwice) {
  EXPECT_EQ(Reducers(Transferred(Chain("where kind = 3", ""))), 1u);
  EXPECT_EQ(Reducers(Transferred(Chain("where kind = 3 and random() < 0.5", ""))), 0u);
  EXPECT_EQ(Reducers(Transferred(Chain("where kind = 3", "where random() < 0.5"))), 0u);
}

TEST_F(PredicateTransferTest, WhatCanFailIsNeitherCopiedNorReduced) {
  EXPECT_EQ(Reducers(Transferred(Chain("where kind = 3 and b + kind = 3", ""))), 0u);
  EXPECT_EQ(Reducers(Transferred(Chain("where kind = 3", "where g_x + g_a = 1"))), 0u);
}

TEST_F(PredicateTransferTest, ConditionsThatCanFailEndTheRegion) {
  EXPECT_EQ(Reducers(Transferred(
                "select count(*) from ((f join left_end on f_a = left_end_a) join dim on f_b = b) "
                "join (g join right_end on g_a = right_end_a) on g_b = b and f_x + g_x = 1 where "
                "kind = 3")),
            0u);
}

TEST_F(PredicateTransferTest, PreservedSidesAreLeft) {
  for (const std::string kind : {"left", "right", "full"}) {
    const std::string plan = Transferred(
        "select count(*) from ((f join left_end on f_a = left_end_a) join dim on f_b = b and kind "
        "= 3) " +
        kind + " join (g join right_end on g_a = right_end_a) on g_b = b");
    EXPECT_EQ(Reducers(plan), 0u) << kind << "\n" << plan;
  }
}

TEST_F(PredicateTransferTest, AnOuterJoinAtTheEdgeDoesNotEndTheRegion) {
  const std::string plan = Transferred(
      "select count(*), count(k) from (((f join left_end on f_a = left_end_a) join dim on f_b = b) "
      "join (g join right_end on g_a = right_end_a) on g_b = b) left join (select a as k from r) "
      "on k = left_end_kind where kind = 3");
  EXPECT_EQ(Reducers(plan), 1u) << plan;
}

TEST_F(PredicateTransferTest, TheRuleCanBeSwitchedOff) {
  EXPECT_GE(Reducers(Optimized(kChain + " where kind = 3",
                               {"join_order", "build_side_choice", "eager_aggregation"})),
            1u);
  EXPECT_EQ(
      Reducers(Optimized(kChain + " where kind = 3", {"join_order", "build_side_choice",
                                                      "eager_aggregation", "predicate_transfer"})),
      0u);
}

// Random trees of joins, mostly by equal columns, over small tables behind predicates.
class RandomRegions {
 public:
  explicit RandomRegions(uint64_t seed) : random_(seed) {}

  PlanPtr Make(size_t relations) {
    if (relations == 1) return MakeRelation();
    const size_t left = 1 + Below(relations - 1);
    PlanPtr a = Make(left);
    PlanPtr b = Make(relations - left);
    constexpr JoinKind kKinds[] = {
        JoinKind::kInner, JoinKind::kInner, JoinKind::kInner, JoinKind::kInner, JoinKind::kInner,
        JoinKind::kInner, JoinKind::kSemi,  JoinKind::kSemi,  JoinKind::kLeft,  JoinKind::kRight,
        JoinKind::kFull,  JoinKind::kAnti,  JoinKind::kMark};
    auto join = std::make_unique<LogicalJoin>(kKinds[Below(std::size(kKinds))], std::move(a),
                                              std::move(b), std::vector<ExpressionPtr>{});
    const size_t count = 1 + Below(4) / 3;
    for (size_t i = 0; i < count; ++i) {
      const Comparison comparison = Below(12) == 0   ? Comparison::kNotDistinctFrom
                                    : Below(12) == 0 ? Comparison::kLessOrEqual
                                                     : Comparison::kEqual;
      join->conditions.push_back(
          Expression::Compare(comparison, Pick(join->child(0)), Pick(join->child(1))));
    }
    if (join->join == JoinKind::kAnti && Below(3) == 0) {
      join->comparison =
          Expression::Compare(Comparison::kEqual, Pick(join->child(0)), Pick(join->child(1)));
    }
    if (join->join == JoinKind::kMark) join->mark = {ids_.Next(), "mark", TypeId::kBoolean};
    return join;
  }
  ColumnIdGenerator& ids() { return ids_; }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  ExpressionPtr Pick(const LogicalOperator& plan) {
    std::vector<OutputColumn> columns;
    for (const OutputColumn& column : plan.Columns()) {
      if (column.type.id() == TypeId::kInt64) columns.push_back(column);
    }
    return columns[Below(columns.size())].Reference();
  }

  PlanPtr MakeRelation() {
    // Now and then a table that is there already.
    if (tables_.size() < 3 || Below(3) > 0) {
      std::vector<ColumnDefinition> columns{{"x", TypeId::kInt64}, {"y", TypeId::kInt64}};
      std::vector<std::vector<Value>> rows(1 + Below(5));
      for (auto& row : rows) {
        for (size_t i = 0; i < 2; ++i) {
          row.push_back(Below(8) == 0 ? Value::Null(TypeId::kInt64) : Value::Int64(Below(3)));
        }
      }
      tables_.push_back(std::make_shared<FakeTable>(columns, rows));
      tables_.back()->known_statistics.row_count = 1 + Below(1'000'000);
    }
    const size_t number = tables_.size() - 1 - Below(std::min<size_t>(tables_.size(), 2));
    auto scan = std::make_unique<LogicalScan>(tables_[number], StrCat("t", number));
    for (size_t i = 0; i < 2; ++i) scan->columns.push_back({ids_.Next(), i});
    const ExpressionPtr column = Pick(*scan);
    if (Below(2) == 0) {
      scan->filters.push_back(Expression::Compare(Comparison::kLessOrEqual, column,
                                                  Expression::Constant(Value::Int64(Below(3)))));
    }
    PlanPtr plan = std::move(scan);
    if (Below(6) == 0) {
      std::vector<ExpressionPtr> conjuncts{Expression::IsNotNull(Pick(*plan))};
      plan = std::make_unique<LogicalFilter>(std::move(plan), std::move(conjuncts));
    }
    if (Below(8) == 0) {
      auto groups = std::make_unique<LogicalAggregate>(std::move(plan));
      for (const OutputColumn& key : groups->child().Columns()) {
        groups->groups.push_back({{ids_.Next(), key.name, key.type}, key.Reference()});
      }
      plan = std::move(groups);
    }
    return plan;
  }

  std::mt19937_64 random_;
  ColumnIdGenerator ids_;
  std::vector<std::shared_ptr<FakeTable>> tables_;
};

TEST(PredicateTransfer, NoRowIsLostToReducers) {
  const char* count_text = std::getenv("TRIVET_PLAN_COUNT");
  const uint64_t count = count_text != nullptr ? std::stoull(count_text) : 6000;
  size_t reducers = 0;
  size_t with_rows = 0;
  for (uint64_t seed = 0; seed < count; ++seed) {
    RandomRegions regions(seed);
    PlanPtr plan = regions.Make(4 + seed % 4);
    const std::vector<OutputColumn> columns = plan->Columns();
    const std::string text = PlanToString(*plan);
    const Result<Rows> expected = PlanInterpreter().Run(*plan);
    ASSERT_TRUE(expected.ok());
    TestContext evaluation;
    OptimizerContext context{regions.ids(), FunctionRegistry::Builtin(), evaluation};
    context.transfers_at_any_cost = true;
    const Result<size_t> added = TransferPredicates(plan, context);
    ASSERT_TRUE(added.ok()) << added.status().ToString();
    reducers += *added;
    with_rows += *added > 0 && !expected->empty();
    const Status valid = ValidatePlan(*plan);
    ASSERT_TRUE(valid.ok()) << valid.ToString() << PlanToString(*plan);
    const Result<Rows> actual = PlanInterpreter().Run(*plan);
    ASSERT_TRUE(actual.ok()) << actual.status().ToString();
    ASSERT_EQ(Lines(*expected, columns), Lines(*actual, columns)) << "seed " << seed << "\n"
                                                                  << text << "--- reduced\n"
                                                                  << PlanToString(*plan);
  }
  EXPECT_GT(reducers, count);
  EXPECT_GT(with_rows, count / 20);
}

}  // namespace

}  // namespace trivet::testing
