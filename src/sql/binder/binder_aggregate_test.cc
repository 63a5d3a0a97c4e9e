#include "sql/binder/testing.h"

namespace trivet::binder_testing {
namespace {

TEST_F(BinderTest, GroupsAndAggregates) {
  EXPECT_EQ(Plan("SELECT b, count(*), max(a) FROM t WHERE a > 0 GROUP BY b HAVING max(a) > 1"),
            "PROJECT  Expressions: b, count_star(), max(a)\n"
            "  FILTER  Predicate: (max(a) > 1)\n"
            "    AGGREGATE  Groups: b; Aggregates: count_star(), max(a)\n"
            "      FILTER  Predicate: (a > 0)\n"
            "        SCAN  Table: t; Source: MEMORY_SCAN; Columns: a, b, s, d\n");
  EXPECT_NE(Plan("SELECT count(*) FROM t").find("AGGREGATE  Aggregates: count_star()"),
            std::string::npos);
  // Equal aggregates are computed once.
  EXPECT_NE(Plan("SELECT max(a), max(t.a) + 1 FROM t ORDER BY max(a)").find("Aggregates: max(a)\n"),
            std::string::npos);
}

TEST_F(BinderTest, WaysToWriteGroups) {
  for (const char* group : {"a + 1", "1", "k", "ALL", "t.a + 1, a + 1"}) {
    const std::string plan =
        Plan(std::string("SELECT a + 1 AS k, max(b) FROM t GROUP BY ") + group);
    EXPECT_NE(plan.find("Groups: (a + 1); Aggregates: max(b)"), std::string::npos) << plan;
  }
  EXPECT_NE(Plan("SELECT a, b FROM t GROUP BY (a, b)").find("Groups: a, b"), std::string::npos);
  EXPECT_NE(Plan("SELECT count(*) FROM t GROUP BY ()").find("AGGREGATE  Aggregates"),
            std::string::npos);
  EXPECT_NE(Plan("SELECT *, count(*) FROM v GROUP BY ALL").find("Groups: x, y"), std::string::npos);
  EXPECT_NE(Plan("SELECT sum(a) AS k, k + 1, b FROM t GROUP BY ALL").find("Groups: b;"),
            std::string::npos);
  // A column comes before an alias.
  EXPECT_NE(Plan("SELECT max(a) AS b FROM t GROUP BY b").find("Groups: b;"), std::string::npos);
}

TEST_F(BinderTest, ExpressionsOverGroupsAreFoundAgain) {
  EXPECT_EQ(Columns("SELECT (a + 1) * 2, s || 'x' FROM t GROUP BY a + 1, s"),
            "((a + 1) * 2) INTEGER, (s || 'x') VARCHAR");
  EXPECT_EQ(Columns("SELECT CASE WHEN a > 1 THEN b END AS q FROM t GROUP BY a, b"), "q INTEGER");
}

TEST_F(BinderTest, ColumnsThatAreNoGroupsAreErrors) {
  const std::string text = "must appear in the GROUP BY clause or must be part of an aggregate";
  ExpectInvalid("SELECT b FROM t GROUP BY a", "column \"b\" " + text, "b FROM");
  ExpectInvalid("SELECT b FROM t GROUP BY a", "ANY_VALUE(\"b\")");
  ExpectInvalid("SELECT a, count(*) FROM t", "column \"a\" " + text, "a,");
  ExpectInvalid("SELECT a + b FROM t GROUP BY a + 1", text, "a + b");
  ExpectInvalid("SELECT max(a) FROM t ORDER BY b", "column \"b\" " + text, "b");
  ExpectInvalid("SELECT max(a) FROM t HAVING b > 1", "column \"b\" " + text, "b >");
  ExpectInvalid("SELECT (SELECT max(x) FROM v WHERE x = t.b) FROM t GROUP BY a", text, "t.b");
  ExpectInvalid("SELECT t.b IN (SELECT x FROM v) FROM t GROUP BY a", text, "t.b");
  ExpectInvalid("SELECT DISTINCT ON (b) a FROM t GROUP BY a", text, "b)");
}

TEST_F(BinderTest, AggregatesInWrongPlaces) {
  ExpectInvalid("SELECT a FROM t WHERE sum(a) > 1", "WHERE clause cannot contain aggregates!",
                "sum");
  ExpectInvalid("SELECT a FROM t GROUP BY sum(a)", "GROUP BY clause cannot contain aggregates!",
                "sum");
  ExpectInvalid("SELECT sum(max(a)) FROM t", "cannot be nested", "max");
  ExpectInvalid("SELECT 1 FROM t JOIN u ON sum(t.a) > 1",
                "JOIN condition cannot contain aggregates!");
  ExpectInvalid("SELECT sum(a) AS x, max(x) FROM t", "cannot be nested", "sum");
  ExpectInvalid("SELECT sum(a) AS x FROM t WHERE x > 1", "cannot contain aggregates!", "sum");
  ExpectInvalid("VALUES (sum(1))", "VALUES cannot contain aggregates!");
  ExpectInvalid("SELECT a FROM t LIMIT max(1)", "LIMIT clause cannot contain aggregates!");
  ExpectInvalid("SELECT * FROM t, LATERAL (SELECT sum(t.a)) q",
                "FROM clause cannot contain aggregates!");
  ExpectInvalid("SELECT abs(DISTINCT a) FROM t", "is a Scalar Function");
}

TEST_F(BinderTest, ModifiersOfAggregates) {
  EXPECT_NE(Plan("SELECT count(DISTINCT a) FILTER (WHERE b > 1) FROM t")
                .find("count(DISTINCT a) FILTER (WHERE (b > 1))"),
            std::string::npos);
  EXPECT_NE(Plan("SELECT string_agg(s, ',' ORDER BY a DESC) FROM t").find("ORDER BY a DESC"),
            std::string::npos);
  // What changes nothing is left out.
  EXPECT_NE(Plan("SELECT max(DISTINCT a) FROM t").find("Aggregates: max(a)"), std::string::npos);
  EXPECT_NE(Plan("SELECT sum(a ORDER BY b) FROM t").find("Aggregates: sum(a)"), std::string::npos);
  ExpectInvalid("SELECT sum(DISTINCT a ORDER BY b) FROM t", "must appear in the argument list");
  EXPECT_EQ(
      Columns(
          "SELECT quantile_cont(a, 0.5) AS p, percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS q, "
          "mode() WITHIN GROUP (ORDER BY s) AS m FROM t"),
      "p DOUBLE, q DOUBLE, m VARCHAR");
  ExpectInvalid("SELECT sum(a) WITHIN GROUP (ORDER BY a) FROM t", "does not take WITHIN GROUP");
}

TEST_F(BinderTest, CorrelatedSubqueriesSpeakOfGroups) {
  // Above the aggregate, joined to its rows.
  const std::string plan =
      Plan("SELECT b, (SELECT max(x) FROM v WHERE x = t.b + 1) FROM t GROUP BY b");
  EXPECT_LT(plan.find("Kind: SINGLE; Dependent: true"), plan.find("AGGREGATE  Groups: b\n"));
  // A group expression in the subquery is the group as well.
  EXPECT_EQ(Columns("SELECT (SELECT max(x) FROM v WHERE x = a + b) AS q FROM t GROUP BY a + b"),
            "q INTEGER");
  EXPECT_EQ(
      Columns("SELECT count(*) FROM t GROUP BY b HAVING EXISTS (SELECT 1 FROM v WHERE x = b)"),
      "count_star() BIGINT");
  // In an argument, below it.
  const std::string argument = Plan("SELECT sum((SELECT max(x) FROM v WHERE x = t.a)) FROM t");
  EXPECT_LT(argument.find("AGGREGATE  Aggregates: sum"), argument.find("Kind: SINGLE"));
  // An alias in an argument is bound below the aggregate, subqueries included.
  const std::string alias = Plan("SELECT max((SELECT max(x) FROM v WHERE x < a) + 1) FROM t");
  EXPECT_LT(alias.find("AGGREGATE"), alias.find("SINGLE"));
  EXPECT_NE(Plan("SELECT a + 1 AS k, sum(k) FROM t GROUP BY ALL").find("Aggregates: sum((a + 1))"),
            std::string::npos);
  EXPECT_EQ(Columns("SELECT (SELECT max(x) FROM v) AS k, max(k + a) AS m FROM t GROUP BY 1"),
            "k INTEGER, m INTEGER");
  EXPECT_EQ(Columns("SELECT (SELECT max(x) FROM v) AS k FROM t GROUP BY 1 "
                    "HAVING EXISTS (SELECT 1 FROM v WHERE x > k)"),
            "k INTEGER");
  // HAVING joins its subqueries before it filters, the select list's after.
  const std::string both = Plan(
      "SELECT (SELECT min(x) FROM v WHERE x > b) FROM t GROUP BY b HAVING sum(a) > (SELECT max(x) "
      "FROM v)");
  EXPECT_LT(both.find("SINGLE; Dependent: true"), both.find("FILTER"));
}

TEST_F(BinderTest, AggregatesBelongToTheLevelOfTheirColumns) {
  // sum(t.a) aggregates the outer query, so its other columns must be groups.
  const std::string outer = Plan("SELECT (SELECT sum(t.a)) FROM t");
  EXPECT_LT(outer.find("SINGLE"), outer.find("AGGREGATE  Aggregates: sum(a)"));
  EXPECT_EQ(CountOf(outer, "AGGREGATE"), 1u);
  ExpectInvalid("SELECT t.b, (SELECT sum(t.a)) FROM t", "must appear in the GROUP BY clause");
  // With a column of its own the inner query aggregates.
  const std::string inner = Plan("SELECT t.b, (SELECT sum(t.a + x) FROM v) FROM t");
  EXPECT_LT(inner.find("Table: t"), inner.find("AGGREGATE"));
  ExpectInvalid("SELECT 1 FROM t WHERE EXISTS (SELECT sum(t.a) FROM v)",
                "WHERE clause cannot contain aggregates!");
  EXPECT_EQ(
      Columns("SELECT b FROM t GROUP BY b HAVING EXISTS (SELECT 1 FROM v WHERE x > max(t.a))"),
      "b INTEGER");
}

}  // namespace
}  // namespace trivet::binder_testing
