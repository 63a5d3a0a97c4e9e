#include "optimizer/optimizer_testing.h"

namespace trivet::testing {

namespace {

class JoinSimplificationTest : public OptimizerTest {
 protected:
  std::string By(const std::string& rule, const std::string& sql) {
    return OptimizedBy({rule, "filter_pushdown", "column_pruning", "expression_simplification"},
                       sql);
  }
};

TEST_F(JoinSimplificationTest, InBecomesASemiJoin) {
  const std::string plan =
      By("mark_join_simplification", "select a from r where a in (select a from q)");
  ExpectHas(plan, "Kind: SEMI; Conditions: (a = a)");
}

TEST_F(JoinSimplificationTest, NotInKeepsItsComparisonWhereNullsAreFound) {
  const std::string plan =
      By("mark_join_simplification", "select a from r where a not in (select a from q)");
  ExpectHas(plan, "Kind: ANTI");
  ExpectHas(plan, "Comparison: (a = a)");
}

TEST_F(JoinSimplificationTest, NotInWithoutNullsIsAPlainAntiJoin) {
  const std::string plan =
      By("mark_join_simplification",
         "select o_orderkey from orders where o_custkey not in (select c_custkey from customer)");
  ExpectHas(plan, "Kind: ANTI; Conditions: (o_custkey = c_custkey)");
  ExpectHasNot(plan, "Comparison");
}

TEST_F(JoinSimplificationTest, AMarkThatIsReadStays) {
  ExpectHas(By("mark_join_simplification", "select a in (select a from q) from r"), "Kind: MARK");
  EXPECT_FALSE(Fired("mark_join_simplification"));
  ExpectHas(By("mark_join_simplification", "select a from r where a in (select a from q) or b = 1"),
            "Kind: MARK");
}

TEST_F(JoinSimplificationTest, AScalarSubqueryWithOneRowIsAnOuterJoin) {
  ExpectHas(By("single_join_simplification",
               "select (select c from q where q.a = r.a group by all having count(*) > 1) from r"),
            "Kind: SINGLE");
  const std::string plan = By("single_join_simplification",
                              "select (select n from (select a, count(*) n from q group by a) x "
                              "where x.a = r.a) from r");
  ExpectHas(plan, "Kind: LEFT");
  ExpectHas(By("single_join_simplification", "select (select max(c) from q) from r"),
            "Kind: INNER");
}

TEST_F(JoinSimplificationTest, AScalarSubqueryThatMayGiveMoreStays) {
  ExpectHas(By("single_join_simplification", "select (select c from q where q.a = r.a) from r"),
            "Kind: SINGLE");
  EXPECT_FALSE(Fired("single_join_simplification"));
}

TEST_F(JoinSimplificationTest, AnOuterJoinWhosePaddingIsFilteredIsInner) {
  ExpectHas(
      By("outer_join_simplification", "select * from r left join q on r.a = q.a where q.c > 1"),
      "Kind: INNER");
  ExpectHas(
      By("outer_join_simplification", "select * from r full join q on r.a = q.a where q.c > 1"),
      "Kind: RIGHT");
  ExpectHas(By("outer_join_simplification",
               "select * from r full join q on r.a = q.a where r.b = 1 and q.c > 1"),
            "Kind: INNER");
}

TEST_F(JoinSimplificationTest, AnOuterJoinWhosePaddingPassesStays) {
  for (const char* filter : {"q.c is null", "coalesce(q.c, 2) > 1", "q.c > 1 or r.b = 1",
                             "q.c is distinct from 4", "r.b = 1"}) {
    ExpectHas(By("outer_join_simplification",
                 std::string("select * from r left join q on r.a = q.a where ") + filter),
              "Kind: LEFT");
    EXPECT_FALSE(Fired("outer_join_simplification")) << filter;
  }
}

TEST_F(JoinSimplificationTest, AJoinWithOneRowOfNothingGoes) {
  const std::string plan =
      OptimizedBy({"redundant_join_removal"}, "select (select r.a + 1) from r");
  ExpectHasNot(plan, "JOIN");
  EXPECT_TRUE(Fired("redundant_join_removal"));
}

TEST_F(JoinSimplificationTest, DistinctBelowASemiJoinGoes) {
  const std::set<std::string> rules = {"redundant_join_removal", "mark_join_simplification"};
  OptimizedBy(rules, "select * from r where a in (select distinct a from q)");
  EXPECT_TRUE(Fired("redundant_join_removal"));
  OptimizedBy(rules, "select * from r where a in (select max(a) from q group by c)");
  EXPECT_FALSE(Fired("redundant_join_removal"));
}

TEST_F(JoinSimplificationTest, PredicatesFollowEqualColumns) {
  const std::string plan =
      By("predicate_inference", "select * from r join q on r.a = q.a where q.a < 7");
  EXPECT_EQ(binder_testing::CountOf(plan, "Filters: (a < 7)"), 2) << plan;
}

TEST_F(JoinSimplificationTest, PredicatesDoNotFollowOuterJoinsToThePreservedSide) {
  const std::string plan =
      By("predicate_inference",
         "select * from r left join (select * from q where a < 7) x on r.a = x.a");
  EXPECT_EQ(binder_testing::CountOf(plan, "Filters: (a < 7)"), 1) << plan;
  EXPECT_FALSE(Fired("predicate_inference"));
}

TEST_F(JoinSimplificationTest, TheSmallerSideIsBuilt) {
  ExpectAbove(OptimizedBy({"build_side_choice"},
                          "select * from nation join customer on n_nationkey = c_nationkey"),
              "Table: customer", "Table: nation");
  ExpectHas(OptimizedBy({"build_side_choice"},
                        "select * from nation left join customer on n_nationkey = c_nationkey"),
            "Kind: RIGHT");
  OptimizedBy({"build_side_choice"},
              "select * from customer join nation on n_nationkey = c_nationkey");
  EXPECT_FALSE(Fired("build_side_choice"));
}

TEST_F(JoinSimplificationTest, JoinsAreOrderedFromTheSmallestResults) {
  const std::string plan = Optimized(
      "select * from lineitem, orders, customer, nation where l_orderkey = o_orderkey and "
      "o_custkey "
      "= c_custkey and c_nationkey = n_nationkey and n_name = 'PERU'");
  ExpectAbove(plan, "Table: lineitem", "Table: orders");
  ExpectAbove(plan, "Table: orders", "Table: customer");
  ExpectAbove(plan, "Table: customer", "Table: nation");
}

}  // namespace

}  // namespace trivet::testing
