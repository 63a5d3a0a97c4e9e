#include "optimizer/optimizer_testing.h"

namespace trivet::testing {

namespace {

class UnnestingTest : public OptimizerTest {
 protected:
  std::string Unnest(const std::string& sql) { return OptimizedBy({}, sql); }
  std::string WithPushdown(const std::string& sql) {
    return OptimizedBy({"filter_pushdown", "mark_join_simplification"}, sql);
  }
};

TEST_F(UnnestingTest, CannotBeDisabled) {
  const std::string plan =
      Optimized("select * from r where exists (select 1 from q where q.a = r.a)", {"unnesting"});
  ExpectHasNot(plan, "Dependent");
  EXPECT_TRUE(Fired("unnesting"));
}

TEST_F(UnnestingTest, DoesNotFireWithoutCorrelation) {
  Unnest("select * from r where a in (select a from q)");
  EXPECT_FALSE(Fired("unnesting"));
}

TEST_F(UnnestingTest, ExistsBecomesASemiJoinWithoutADomain) {
  const std::string plan =
      WithPushdown("select * from r where exists (select 1 from q where q.a = r.a and q.c <> r.b)");
  ExpectHas(plan, "Kind: SEMI; Conditions: (a = a) AND (c != CAST(b AS BIGINT))");
  ExpectHasNot(plan, "CTE");
}

TEST_F(UnnestingTest, LimitsAndSortsInExistsAreDropped) {
  const std::string plan = WithPushdown(
      "select * from r where exists (select distinct c from q where q.a = r.a order by c limit 3)");
  ExpectHas(plan, "Kind: SEMI");
  ExpectHasNot(plan, "TOP_N");
  ExpectHasNot(plan, "LIMIT");
  ExpectHasNot(plan, "AGGREGATE");
}

TEST_F(UnnestingTest, AScalarAggregateIsGroupedByWhatItIsComparedWith) {
  const std::string plan = Unnest("select (select max(c) + 1 from q where q.a = r.a) from r");
  ExpectHas(plan, "AGGREGATE  Groups: a; Aggregates: max(c)");
  ExpectHas(plan, "JOIN  Kind: LEFT; Conditions: (a = a)");
  ExpectHasNot(plan, "CTE");
}

TEST_F(UnnestingTest, ACountOverNoRowsIsZero) {
  const std::string plan = Unnest("select (select count(*) from q where q.a = r.a) from r");
  ExpectHas(plan, "COALESCE(count_star(), ");
  ExpectHas(plan, "Kind: LEFT");
}

TEST_F(UnnestingTest, ComparisonsOtherThanEqualityNeedTheDomain) {
  const std::string plan = Unnest("select (select sum(c) from q where q.a < r.a) from r");
  ExpectHas(plan, "CTE  Name: outer values");
  ExpectHas(plan, "IS NOT DISTINCT FROM");
}

TEST_F(UnnestingTest, TheDomainComesFromBelowWhatKeepsEveryRow) {
  const std::string plan = Unnest(
      "select (select sum(c) from q where q.a < r.a), (select min(c) from q where q.a > r.a) from "
      "r");
  EXPECT_EQ(binder_testing::CountOf(plan, "CTE  Name: outer values"), 2) << plan;
  ExpectHasNot(plan, "outer rows");
}

TEST_F(UnnestingTest, TheDomainComesFromAboveWhatDropsRows) {
  const std::string plan =
      Unnest("select (select sum(c) from q where q.a < r.a) from r semi join q on r.b = q.c");
  ExpectHas(plan, "CTE  Name: outer rows");
}

TEST_F(UnnestingTest, DomainsMayComeFromAboveOneAnother) {
  // The second one needs the join, below which the first one has its definition.
  const std::string plan = Unnest(
      "select (select sum(x.c) from q x where x.a < r.a), (select min(x.c) from q x where x.a > "
      "q.c) from r left join q on r.a = q.a");
  EXPECT_EQ(binder_testing::CountOf(plan, "CTE  Name: outer values"), 2) << plan;
  ExpectHas(plan, "CTE  Name: outer rows");
}

TEST_F(UnnestingTest, WhatCouldFailForOtherValuesNeedsTheDomain) {
  const std::string plan =
      Unnest("select (select sum(cast(s as integer)) from r as r2 where r2.a = r.a) from r");
  ExpectHas(plan, "CTE  Name: outer values");
}

TEST_F(UnnestingTest, LimitsCountPerOuterRow) {
  const std::string plan =
      Unnest("select (select c from q where q.a = r.a order by c limit 1) from r");
  ExpectHas(plan, "TOP_N");
  ExpectHas(plan, "Limit: 1; Offset: 0; Per: a");
}

TEST_F(UnnestingTest, PercentagesPerOuterRowAreNotSupported) {
  BoundQuery query =
      BindQuery("select * from r, lateral (select c from q where q.a = r.a limit 50%)");
  OptimizerContext context{ids_, FunctionRegistry::Builtin(), context_};
  const Status status = OptimizeQuery(query, context);
  EXPECT_EQ(status.code(), StatusCode::kNotImplemented);
  EXPECT_NE(status.message().find("percentage"), std::string::npos);
}

TEST_F(UnnestingTest, SetOperationsCarryTheOuterColumns) {
  const std::string plan = Unnest(
      "select * from r, lateral (select c from q where q.a = r.a except select c from q where "
      "q.a > r.a)");
  ExpectHas(plan, "EXCEPT");
  ExpectHasNot(plan, "Dependent");
}

TEST_F(UnnestingTest, NestedSubqueriesMayUseOuterRowsOfAnyDepth) {
  for (const char* sql : {
           "select * from r where exists (select 1 from q where q.a = r.a and exists (select 1 "
           "from "
           "r r2 where r2.b = q.c and r2.a = r.a))",
           "select (select (select max(r2.b) from r r2 where r2.a = q.a and r2.b > r.b) from q "
           "where q.c = r.a limit 1) from r",
           "select * from r where a = (select min(a) from (select a from q where q.c = r.b union "
           "all select b from r r2 where r2.a < r.a))",
           "select * from r, lateral (with k as (select c from q where q.a = r.a) select * from k "
           "k1 "
           "join k k2 using (c))",
           "select * from r where a not in (select q.a from q left join r r2 on r2.a = r.b)",
           "select * from r, lateral (values (r.a), (r.b + 1)) as v(x)",
           "select * from r where b > any (select c from q where q.a = r.a or r.s is null)",
       }) {
    const std::string plan = Unnest(sql);
    ExpectHasNot(plan, "Dependent");
    EXPECT_TRUE(Fired("unnesting")) << sql;
  }
}

TEST_F(UnnestingTest, ACastOfTheOuterColumnIsComputedThereOnce) {
  const std::string plan = Unnest("select (select max(q.a) from q where q.c = r.b) from r");
  ExpectHas(plan, "AGGREGATE  Groups: c");
  ExpectHasNot(plan, "CTE");
}

TEST_F(UnnestingTest, DefinitionsEndAtTheTop) {
  const std::string plan = Unnest(
      "select * from (with m as materialized (select a from q) select * from m) x join r using "
      "(a)");
  EXPECT_EQ(plan.find("CTE  Name: m"), 0) << plan;
}

}  // namespace

}  // namespace trivet::testing
