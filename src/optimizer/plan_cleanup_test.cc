#include "optimizer/optimizer_testing.h"

namespace trivet::testing {

namespace {

using PlanCleanupTest = OptimizerTest;

TEST_F(PlanCleanupTest, ColumnsThatNothingReadsAreNotScanned) {
  const std::string plan = OptimizedBy({"column_pruning", "filter_pushdown"},
                                       "select b from (select a, b, s from r where a = 1)");
  ExpectHas(plan, "Columns: a*, b;");
  ExpectHas(OptimizedBy({"column_pruning"}, "select count(*) from r"), "Columns: \n");
}

TEST_F(PlanCleanupTest, ColumnsOfDuplicateRemovalStay) {
  ExpectHas(OptimizedBy({"column_pruning"},
                        "select a from (select a, b from r union select a, a from q)"),
            "Columns: a, b");
  ExpectHas(OptimizedBy({"column_pruning"}, "select a from (select distinct a, b from r)"),
            "Groups: a, b");
  const std::string all = OptimizedBy(
      {"column_pruning"}, "select a from (select a, b from r union all select a, c from q)");
  ExpectHasNot(all, "Columns: a, b");
}

TEST_F(PlanCleanupTest, UnreadOuterJoinsGoOnlyWhereTheyMultiplyNothing) {
  ExpectHasNot(OptimizedBy({"column_pruning"},
                           "select r.b from r left join (select distinct a from q) x on r.a = x.a"),
               "JOIN");
  ExpectHas(OptimizedBy({"column_pruning"}, "select r.b from r left join q on r.a = q.a"), "JOIN");
}

TEST_F(PlanCleanupTest, ReadOnceDefinitionsAreInlined) {
  ExpectHasNot(OptimizedBy({"cte_inlining"}, "with x as (select a from r) select * from x"), "CTE");
  const std::string twice =
      "with x as (select a, count(*) from r group by a) select * from x x1 join x x2 using (a)";
  ExpectHas(OptimizedBy({"cte_inlining"}, twice), "CTE  Name: x");
  ExpectHas(
      OptimizedBy({"cte_inlining"}, "with x as materialized (select a from r) select * from x"),
      "CTE  Name: x");
  ExpectHasNot(
      OptimizedBy({"cte_inlining"},
                  "with x as not materialized (select a, count(*) from r group by a) select "
                  "* from x x1 join x x2 using (a)"),
      "CTE");
  ExpectHas(OptimizedBy({"cte_inlining"}, "with x as (select random() y) select * from x x1, x x2"),
            "CTE  Name: x");
}

TEST_F(PlanCleanupTest, EqualJoinsAreComputedOnce) {
  const std::string sql =
      "select o_custkey, sum(l_price) from lineitem join orders on l_orderkey = o_orderkey group "
      "by 1 having sum(l_price) > (select sum(l_price) / 1000 from lineitem join orders on "
      "l_orderkey = o_orderkey)";
  OptimizedBy({"common_subplan_sharing"}, sql);
  // All six million joined rows are more than the inputs together: not worth keeping.
  EXPECT_FALSE(Fired("common_subplan_sharing"));
  const std::string grouped =
      "with a as not materialized (select l_suppkey, sum(l_price) p from lineitem group by 1) "
      "select "
      "* from a a1 join a a2 on a1.p = a2.p";
  ExpectHas(OptimizedBy({"common_subplan_sharing", "cte_inlining"}, grouped), "CTE  Name: shared");
}

TEST_F(PlanCleanupTest, DifferentPlansAreNotShared) {
  OptimizedBy({"common_subplan_sharing"},
              "select * from (select l_suppkey, sum(l_price) p from lineitem group by 1) a join "
              "(select l_suppkey, sum(l_quantity) p from lineitem group by 1) b on a.p = b.p");
  EXPECT_FALSE(Fired("common_subplan_sharing"));
}

TEST_F(PlanCleanupTest, NothingComesOfFalse) {
  const std::set<std::string> rules = {"empty_input_removal", "expression_simplification",
                                       "constant_folding", "filter_pushdown"};
  ExpectHasNot(OptimizedBy(rules, "select * from r join q using (a) where 1 = 2"), "SCAN");
  const std::string left = OptimizedBy(rules, "select * from r left join q on r.a = q.a and 1 = 2");
  ExpectHasNot(left, "JOIN");
  ExpectHas(left, "SCAN");
  ExpectHas(OptimizedBy(rules, "select count(*) from r where false"), "AGGREGATE");
  ExpectHasNot(OptimizedBy(rules, "select a from r union all select a from q where false"),
               "UNION");
  ExpectHas(OptimizedBy(rules, "select a from r full join q using (a) where true"), "Kind: FULL");
}

TEST_F(PlanCleanupTest, LimitsOverSortsAreTopN) {
  const std::set<std::string> rules = {"limit_pushdown"};
  ExpectHas(OptimizedBy(rules, "select a from r order by b limit 3 offset 2"),
            "TOP_N  Keys: sort key ASC NULLS LAST; Limit: 3; Offset: 2");
  ExpectHas(OptimizedBy(rules, "select a from r order by b limit 1000000000"), "SORT");
  ExpectHas(OptimizedBy(rules, "select a from r order by b limit 10%"), "SORT");
  ExpectHas(OptimizedBy(rules, "select a from r order by b offset 3"), "SORT");
}

TEST_F(PlanCleanupTest, LimitsReachTheInputsOfUnionsAndOuterJoins) {
  const std::string all = OptimizedBy(
      {"limit_pushdown"}, "(select a from r union all select a from q) limit 5 offset 2");
  EXPECT_EQ(binder_testing::CountOf(all, "LIMIT  Limit: 7"), 2) << all;
  ExpectHas(all, "LIMIT  Limit: 5; Offset: 2");
  const std::string distinct =
      OptimizedBy({"limit_pushdown"}, "(select a from r union select a from q) limit 5");
  EXPECT_EQ(binder_testing::CountOf(distinct, "LIMIT"), 1) << distinct;
  const std::string left =
      OptimizedBy({"limit_pushdown"}, "select * from r left join q on r.a = q.a limit 5");
  EXPECT_EQ(binder_testing::CountOf(left, "LIMIT"), 2) << left;
  const std::string inner =
      OptimizedBy({"limit_pushdown"}, "select * from r join q on r.a = q.a limit 5");
  EXPECT_EQ(binder_testing::CountOf(inner, "LIMIT"), 1) << inner;
}

TEST_F(PlanCleanupTest, LimitsOfLimitsAreOne) {
  const std::string plan = OptimizedBy(
      {"limit_pushdown"}, "select * from (select a from r limit 10 offset 3) limit 20 offset 4");
  ExpectHas(plan, "LIMIT  Limit: 6; Offset: 7");
  EXPECT_EQ(binder_testing::CountOf(plan, "LIMIT"), 1) << plan;
}

TEST_F(PlanCleanupTest, SortsThatNothingSeesGo) {
  const std::set<std::string> rules = {"sort_removal"};
  ExpectHasNot(OptimizedBy(rules, "select count(*) from (select a from r order by b)"), "SORT");
  ExpectHasNot(OptimizedBy(rules, "select * from (select a from r order by b) join q using (a)"),
               "SORT");
  ExpectHas(OptimizedBy(rules, "select first(a) from (select a from r order by b)"), "SORT");
  ExpectHas(OptimizedBy(rules, "select * from (select a from r order by b)"), "SORT");
  ExpectHas(
      OptimizedBy(rules, "select * from (select a from r order by b limit 3) join q using (a)"),
      "SORT");
}

TEST_F(PlanCleanupTest, RepeatedExpressionsAreComputedOnce) {
  const std::set<std::string> rules = {"common_expression_sharing"};
  const std::string plan = OptimizedBy(
      rules,
      "select sum(l_price * (1 - l_quantity)), sum(l_price * (1 - l_quantity) * 2) from lineitem");
  ExpectAbove(plan, "AGGREGATE", "PROJECT  Expressions: (l_price * (CAST(");
  EXPECT_TRUE(Fired("common_expression_sharing"));
  OptimizedBy(rules, "select a + 1, b + 1 from r");
  EXPECT_FALSE(Fired("common_expression_sharing"));
  OptimizedBy(rules, "select random() + 1, random() + 1 from r");
  EXPECT_FALSE(Fired("common_expression_sharing"));
  // A guarded expression must not run ahead of its guard.
  OptimizedBy(
      rules,
      "select case when s <> 'x' then cast(s as integer) end, case when s > 'a' then cast(s as "
      "integer) end from r");
  EXPECT_FALSE(Fired("common_expression_sharing"));
}

TEST_F(PlanCleanupTest, KeysThatDecideNothingGo) {
  const std::set<std::string> rules = {"redundant_key_removal"};
  ExpectHasNot(
      OptimizedBy(rules, "select distinct a, n from (select a, count(*) n from r group by a)"),
      "Groups: a, count_star()");
  ExpectHas(OptimizedBy(rules, "select distinct n from (select a, count(*) n from r group by a)"),
            "Groups: n\n");
  ExpectHas(OptimizedBy(rules, "select min(distinct a) from r"), "Aggregates: min(a)");
  ExpectHas(OptimizedBy(rules, "select count(distinct a) from r"), "Aggregates: count(DISTINCT a)");
  ExpectHas(OptimizedBy(rules, "select a from r order by b, a, b desc"),
            "Keys: sort key ASC NULLS LAST, a ASC NULLS LAST\n");
}

TEST_F(PlanCleanupTest, KeysThatEqualOthersGo) {
  const std::set<std::string> rules = {"redundant_key_removal", "filter_pushdown"};
  const std::string plan = OptimizedBy(
      rules,
      "select r.a, q.a, count(*) from r join q on r.a = q.a group by r.a, q.a order by 1, 2");
  ExpectHas(plan, "Groups: a; ");
  ExpectHas(OptimizedBy(rules,
                        "select r.a, q.a, count(*) from r left join q on r.a = q.a group by "
                        "r.a, q.a"),
            "Groups: a, a; ");
  ExpectHas(OptimizedBy(rules, "select r.a from r join q on r.a = q.a order by r.a, q.a, r.b"),
            "Keys: a ASC NULLS LAST, sort key ASC NULLS LAST\n");
}

TEST_F(PlanCleanupTest, KeysComputedFromOthersGo) {
  const std::set<std::string> rules = {"redundant_key_removal"};
  ExpectHas(OptimizedBy(rules,
                        "select a, a - 1, s || b, count(*) from r group by a - 1, a, s, b, s || b"),
            "Groups: a, s, b; ");
  // Not where the others are no groups by themselves, or a call gives another value each time.
  ExpectHas(OptimizedBy(rules, "select a - 1, count(*) from r group by a - 1"),
            "Groups: (a - 1); ");
  ExpectHas(OptimizedBy(rules, "select a + b, a from r group by a + b, a"), "Groups: (a + b), a");
  ExpectHas(OptimizedBy(rules, "select a + random(), a from r group by a + random(), a"),
            "random()");
  // 0.0 and -0.0 are one group, but have two signs.
  ExpectHas(OptimizedBy(rules,
                        "select f, sg from (select a::double f, signbit(a::double) sg from r) "
                        "group by f, sg"),
            "Groups: f, sg");
  ExpectHas(
      OptimizedBy(rules, "select l_price, l_price + 1 from lineitem group by l_price, l_price + 1"),
      "Groups: l_price\n");
}

TEST_F(PlanCleanupTest, WhatIsNeverNullIsNotTested) {
  const std::set<std::string> rules = {"null_test_removal", "expression_simplification",
                                       "filter_pushdown"};
  ExpectHasNot(OptimizedBy(rules, "select * from orders where o_custkey is not null"),
               "IS NOT NULL");
  ExpectHas(OptimizedBy(rules, "select * from r where a is not null"), "IS NOT NULL");
  ExpectHas(OptimizedBy(rules, "select count(o_custkey) from orders"), "count_star()");
  ExpectHas(OptimizedBy(rules, "select count(a) from r"), "count(a)");
  ExpectHas(OptimizedBy(rules, "select * from orders join q on o_custkey is not distinct from c"),
            "(o_custkey = c)");
  ExpectHas(OptimizedBy(rules, "select * from r join q on r.a is not distinct from q.a"),
            "IS NOT DISTINCT FROM");
  ExpectHas(OptimizedBy(rules, "select count(o_custkey) from r left join orders on a = o_custkey"),
            "count(o_custkey)");
}

TEST_F(PlanCleanupTest, ProjectionsMergeWhereNothingIsComputedTwice) {
  const std::set<std::string> rules = {"projection_merging"};
  const std::string once = OptimizedBy(rules, "select x + 1 from (select a + b as x from r)");
  EXPECT_EQ(binder_testing::CountOf(once, "PROJECT"), 1) << once;
  const std::string twice = OptimizedBy(rules, "select x + x from (select a + b as x from r)");
  EXPECT_EQ(binder_testing::CountOf(twice, "PROJECT"), 2) << twice;
  const std::string joined = OptimizedBy(
      rules, "select x, c from (select a as x from r) join (select a as y, c from q) on x = y");
  ExpectAbove(joined, "PROJECT", "JOIN");
  EXPECT_EQ(binder_testing::CountOf(joined, "PROJECT"), 1) << joined;
}

}  // namespace

}  // namespace trivet::testing
