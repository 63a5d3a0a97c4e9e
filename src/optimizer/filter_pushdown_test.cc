#include "optimizer/optimizer_testing.h"

namespace trivet::testing {

namespace {

class FilterPushdownTest : public OptimizerTest {
 protected:
  std::string Push(const std::string& sql) {
    return OptimizedBy({"filter_pushdown", "expression_simplification"}, sql);
  }
};

TEST_F(FilterPushdownTest, ReachesTheScanThroughProjectionsSortsAndUnions) {
  const std::string plan =
      Push("select * from (select a as x from r union all select a from q order by 1) where x > 3");
  EXPECT_EQ(binder_testing::CountOf(plan, "Filters: (a > 3)"), 2) << plan;
  ExpectHasNot(plan, "FILTER");
}

TEST_F(FilterPushdownTest, TurnsCrossProductsIntoJoins) {
  const std::string plan = Push("select * from r, q where r.a = q.a and r.b = 1 and q.c = 2");
  ExpectHas(plan, "Kind: INNER; Conditions: (a = a)");
  ExpectHas(plan, "Filters: (b = 1)");
  ExpectHas(plan, "Filters: (c = CAST('2' AS BIGINT))");
}

TEST_F(FilterPushdownTest, MovesGroupKeysBelowAnAggregateButNotItsResults) {
  const std::string plan =
      Push("select a, n from (select a, count(*) as n from r group by a) where a = 1 and n > 2");
  ExpectAbove(plan, "FILTER  Predicate: (count_star() > CAST('2' AS BIGINT))", "AGGREGATE");
  ExpectHas(plan, "Filters: (a = 1)");
}

TEST_F(FilterPushdownTest, StaysAboveAnAggregateWithoutGroups) {
  const std::string plan = Push("select n from (select count(*) as n from r) where n > 2");
  ExpectAbove(plan, "FILTER", "AGGREGATE");
}

TEST_F(FilterPushdownTest, StaysAboveLimits) {
  const std::string plan = Push("select * from (select a from r order by a limit 5) where a > 1");
  ExpectAbove(plan, "FILTER", "LIMIT");
}

TEST_F(FilterPushdownTest, StaysAboveTheNullableSideOfAnOuterJoin) {
  const std::string plan =
      Push("select * from r left join q on r.a = q.a where q.c is null and r.b = 1");
  ExpectAbove(plan, "FILTER  Predicate: (c IS NULL)", "JOIN  Kind: LEFT");
  ExpectHas(plan, "Filters: (b = 1)");
}

TEST_F(FilterPushdownTest, KeepsConditionsOnThePreservedSideOfAnOuterJoin) {
  const std::string plan = Push("select * from r left join q on r.a = q.a and r.b = 1 and q.c = 2");
  ExpectHas(plan, "Kind: LEFT; Conditions: (a = a) AND (b = 1)");
  ExpectHas(plan, "Filters: (c = CAST('2' AS BIGINT))");
}

TEST_F(FilterPushdownTest, MovesNothingThroughAFullJoin) {
  const std::string plan =
      Push("select * from r full join q on r.a = q.a and r.b = 1 where r.s = 'x' or q.c = 2");
  ExpectHas(plan, "Kind: FULL; Conditions: (a = a) AND (b = 1)");
  ExpectAbove(plan, "FILTER", "JOIN");
}

TEST_F(FilterPushdownTest, WhatCanFailStaysBehindWhatIsWrittenAhead) {
  const std::string plan =
      Push("select * from r, q where r.a = q.a and r.s <> 'x' and cast(r.s as integer) > 1");
  ExpectAbove(plan, "FILTER  Predicate: (CAST(s AS INTEGER) > 1)", "JOIN");
  ExpectHas(plan, "Filters: (s != 'x')");
}

TEST_F(FilterPushdownTest, WhatCanFailMovesToTheScanInOrder) {
  const std::string plan =
      Push("select * from (select * from r) where s <> 'x' and cast(s as integer) > 1");
  ExpectHas(plan, "Filters: (s != 'x') AND (CAST(s AS INTEGER) > 1)");
}

TEST_F(FilterPushdownTest, VolatileConjunctsStay) {
  const std::string plan = Push("select * from (select a from r) where random() > 0.5");
  ExpectAbove(plan, "FILTER", "SCAN");
  ExpectHasNot(plan, "Filters:");
}

TEST_F(FilterPushdownTest, OrsGiveEachSideWhatTheyImply) {
  const std::string plan = Push(
      "select * from r, q where r.a = q.a and ((r.b = 1 and q.c = 2) or (r.b = 3 and q.c = 4))");
  ExpectHas(plan, "Filters: (b IN (1, 3))");
  ExpectHas(plan, "Filters: (c IN (CAST('2' AS BIGINT), CAST('4' AS BIGINT)))");
  ExpectHas(plan, " OR ");
}

TEST_F(FilterPushdownTest, KeepsItsFiltersWhereTheTableTakesNone) {
  auto table = std::make_shared<FakeTable>(std::vector<ColumnDefinition>{{"x", TypeId::kInt32}},
                                           std::vector<std::vector<Value>>{});
  table->takes_filters = false;
  CatalogEntry entry;
  entry.schema = Catalog::kMainSchema;
  entry.name = "plain";
  entry.table = table;
  ASSERT_TRUE(catalog_.Create(std::move(entry), OnConflict::kError).ok());
  ExpectAbove(Push("select * from plain where x = 1"), "FILTER  Predicate: (x = 1)", "SCAN");
}

TEST_F(FilterPushdownTest, PartitionsOfALimitAreDroppedWhole) {
  // The limit in the lateral subquery counts per r.a, so a predicate on r.a may drop whole groups.
  const std::string plan = Push(
      "select * from r, lateral (select c from q where q.a = r.a order by c limit 1) where r.a = "
      "1");
  ExpectHas(plan, "Per: ");
  ExpectHas(plan, "Filters: (a = 1)");
}

}  // namespace

}  // namespace trivet::testing
