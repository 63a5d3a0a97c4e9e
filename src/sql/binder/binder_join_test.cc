#include "sql/binder/testing.h"

namespace trivet::binder_testing {
namespace {

TEST_F(BinderTest, JoinKinds) {
  for (const auto& [sql, kind] :
       std::vector<std::pair<std::string, std::string>>{{"JOIN", "INNER"},
                                                        {"LEFT JOIN", "LEFT"},
                                                        {"RIGHT JOIN", "RIGHT"},
                                                        {"FULL JOIN", "FULL"},
                                                        {"SEMI JOIN", "SEMI"},
                                                        {"ANTI JOIN", "ANTI"}}) {
    const std::string plan = Plan("SELECT t.a FROM t " + sql + " u ON t.a = u.a AND t.b < 3");
    EXPECT_NE(plan.find("JOIN  Kind: " + kind + "; Conditions: (a = a) AND (b < 3)\n"),
              std::string::npos)
        << plan;
  }
  EXPECT_NE(Plan("SELECT * FROM t, v").find("JOIN  Kind: INNER\n"), std::string::npos);
  EXPECT_NE(Plan("SELECT * FROM t CROSS JOIN v").find("JOIN  Kind: INNER\n"), std::string::npos);
  ExpectInvalid("SELECT u.c FROM t SEMI JOIN u ON t.a = u.a", "Referenced table \"u\"", "u.c");
}

TEST_F(BinderTest, UsingMergesColumns) {
  EXPECT_EQ(Columns("SELECT * FROM t JOIN u USING (a)"),
            "a INTEGER, b INTEGER, s VARCHAR, d DATE, c BIGINT, w DOUBLE");
  EXPECT_EQ(Columns("SELECT u.*, t.a FROM t NATURAL JOIN u"),
            "a INTEGER, c BIGINT, w DOUBLE, a INTEGER");
  EXPECT_NE(Plan("SELECT a FROM t FULL JOIN u USING (a)").find("COALESCE(a, a)"),
            std::string::npos);
  // The merged column of a right join is the right one's.
  const BoundQuery right = BindQuery("SELECT a, u.a FROM t RIGHT JOIN u USING (a)");
  const auto& project = static_cast<const LogicalProject&>(*right.plan);
  EXPECT_TRUE(ExpressionsEqual(project.entries[0].expression, project.entries[1].expression));
  EXPECT_EQ(Columns("SELECT a FROM t JOIN u USING (a) JOIN (SELECT 1 AS a) q USING (a)"),
            "a INTEGER");
  ExpectInvalid("SELECT * FROM t JOIN u USING (b)", "Column \"b\" does not exist on right side",
                "b)");
  ExpectInvalid("SELECT * FROM t NATURAL JOIN v", "No columns found to join on", "NATURAL");
  ExpectInvalid("SELECT * FROM t JOIN u ON t.a = u.a JOIN (SELECT 1 AS a) q USING (a)",
                "is ambiguous");
}

TEST_F(BinderTest, LateralEntriesMakeDependentJoins) {
  EXPECT_NE(Plan("SELECT * FROM t, LATERAL (SELECT t.a + 1 AS n) q")
                .find("JOIN  Kind: INNER; Dependent: true"),
            std::string::npos);
  EXPECT_NE(Plan("SELECT * FROM t, (SELECT a + 1 AS n) q").find("Dependent: true"),
            std::string::npos);
  EXPECT_NE(Plan("SELECT * FROM t LEFT JOIN (SELECT c FROM u WHERE u.a = t.a) q ON q.c > t.b")
                .find("JOIN  Kind: LEFT; Conditions: (c > CAST(b AS BIGINT)); Dependent: true"),
            std::string::npos);
  // The entry's own columns come first.
  EXPECT_EQ(Plan("SELECT * FROM t, (SELECT a FROM u) q").find("Dependent"), std::string::npos);
  ExpectInvalid("SELECT * FROM t RIGHT JOIN (SELECT t.a AS n) q ON true",
                "must be INNER or LEFT for a LATERAL reference", "(SELECT t.a");
  ExpectInvalid("SELECT * FROM (SELECT u.c AS n) q, u", "Referenced table \"u\"", "u.c");
}

TEST_F(BinderTest, SubqueriesInConditionsOfJoins) {
  // An inner join filters above; an outer one joins the subquery to the side that it speaks of.
  const std::string inner =
      Plan("SELECT 1 FROM t JOIN u ON t.a = u.a AND EXISTS (SELECT 1 FROM v WHERE v.x = t.b)");
  EXPECT_LT(inner.find("FILTER"), inner.find("Kind: MARK; Dependent: true"));
  EXPECT_LT(inner.find("Kind: MARK"), inner.find("Kind: INNER"));
  const std::string left =
      Plan("SELECT 1 FROM t LEFT JOIN u ON t.a = u.a AND u.c IN (SELECT x FROM v)");
  EXPECT_LT(left.find("Kind: LEFT; Conditions: (a = a) AND any"), left.find("Kind: MARK"));
  EXPECT_LT(left.find("Table: t"), left.find("Kind: MARK"));
  const std::string on_left = Plan(
      "SELECT 1 FROM t LEFT JOIN u ON t.a = u.a AND t.b = (SELECT max(x) FROM v WHERE x < t.a)");
  EXPECT_LT(on_left.find("Kind: SINGLE; Dependent: true"), on_left.find("Table: t"));
  // Where it speaks of both sides, the right side becomes lateral.
  const std::string both =
      Plan("SELECT 1 FROM t LEFT JOIN u ON t.a IN (SELECT x FROM v WHERE v.x = u.a)");
  EXPECT_NE(both.find("JOIN  Kind: LEFT; Dependent: true"), std::string::npos);
  EXPECT_LT(both.find("FILTER  Predicate: any"), both.find("Kind: MARK"));
  EXPECT_NE(Plan("SELECT 1 FROM t ANTI JOIN u ON EXISTS (SELECT 1 FROM v WHERE v.x = u.a + t.a)")
                .find("FILTER  Predicate: (NOT exists)"),
            std::string::npos);
  EXPECT_NE(Plan("SELECT t.a, u.a FROM t RIGHT JOIN u ON t.a IN (SELECT x FROM v WHERE x = u.a)")
                .find("JOIN  Kind: LEFT; Dependent: true"),
            std::string::npos);
  ExpectUnsupported("SELECT 1 FROM t FULL JOIN u ON t.a IN (SELECT x FROM v WHERE v.x = u.a)",
                    "FULL JOIN");
}

TEST_F(BinderTest, ScalarSubqueries) {
  EXPECT_EQ(Plan("SELECT (SELECT c FROM u WHERE u.a = t.a) FROM t"),
            "PROJECT  Expressions: c\n"
            "  JOIN  Kind: SINGLE; Dependent: true\n"
            "    SCAN  Table: t; Source: MEMORY_SCAN; Columns: a, b, s, d\n"
            "    PROJECT  Expressions: c\n"
            "      FILTER  Predicate: (a = a)\n"
            "        SCAN  Table: u; Source: MEMORY_SCAN; Columns: a, c, w\n");
  EXPECT_EQ(CountOf(Plan("SELECT (SELECT max(c) FROM u)"), "Dependent"), 0u);
  // An outer column handed through gets an id of its own.
  EXPECT_EQ(Columns("SELECT (SELECT t.a), a FROM t"), "(SELECT t.a) INTEGER, a INTEGER");
  ExpectInvalid("SELECT (SELECT a, b FROM t)", "Subquery returns 2 columns - expected 1",
                "(SELECT");
}

TEST_F(BinderTest, SubqueriesAtAnyDepthResolveOutwards) {
  const std::string plan = Plan(
      "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a IN (SELECT x FROM v WHERE v.x = "
      "t.b))");
  EXPECT_EQ(CountOf(plan, "Kind: MARK"), 2u);
  // The inner join's right side refers to t alone, past u: only the outer join is dependent on it.
  EXPECT_EQ(CountOf(plan, "Dependent: true"), 1u);
  EXPECT_NE(Plan("SELECT a FROM t WHERE b > (SELECT count(*) FROM u WHERE c > (SELECT t.a + u.a))")
                .find("Dependent: true"),
            std::string::npos);
}

TEST_F(BinderTest, InAnyAllAndExistsAreMarks) {
  const std::string in = Plan("SELECT a FROM t WHERE a IN (SELECT c FROM u)");
  EXPECT_NE(in.find("Kind: MARK; Comparison: (CAST(a AS BIGINT) = c)"), std::string::npos);
  const std::string all = Plan("SELECT a FROM t WHERE a > ALL (SELECT x FROM v)");
  EXPECT_NE(all.find("Predicate: (NOT any)"), std::string::npos);
  EXPECT_NE(all.find("Comparison: (a <= x)"), std::string::npos);
  const std::string rows = Plan("SELECT (a, b) IN (SELECT x, x + 1 FROM v) FROM t");
  EXPECT_NE(rows.find("Comparison: ((a = x) AND (b = (x + 1)))"), std::string::npos) << rows;
  ExpectInvalid("SELECT a IN (SELECT a, b FROM t) FROM t",
                "Subquery returns 2 columns - expected 1");
  ExpectInvalid("SELECT a IN (SELECT s FROM t) FROM t", "in IN/ANY/ALL clause");
  EXPECT_EQ(Columns("SELECT '1' IN (SELECT a FROM t) AS q"), "q BOOLEAN");
}

TEST_F(BinderTest, SubqueriesInEveryClause) {
  for (const char* sql : {
           "SELECT CASE WHEN EXISTS (SELECT 1 FROM v WHERE x = a) THEN 1 END FROM t",
           "SELECT coalesce((SELECT max(x) FROM v WHERE x < a), 0) FROM t",
           "SELECT sum((SELECT max(x) FROM v WHERE x < a)) FROM t",
           "SELECT count(*) FILTER (WHERE a IN (SELECT x FROM v)) FROM t",
           "SELECT b FROM t GROUP BY b HAVING sum(a) > (SELECT max(x) FROM v WHERE x < b)",
           "SELECT a FROM t ORDER BY (SELECT max(x) FROM v WHERE x < a)",
           "SELECT (SELECT max(x) FROM v WHERE x < a) AS k, count(*) FROM t GROUP BY k",
           "SELECT (SELECT max(x) FROM v WHERE x < a), count(*) FROM t GROUP BY 1",
           "SELECT (SELECT max(x) FROM v WHERE x < a) AS k FROM t WHERE k > 1",
           "SELECT DISTINCT ON ((SELECT max(x) FROM v WHERE x < a)) b FROM t",
           "SELECT a FROM t UNION SELECT x FROM v ORDER BY (SELECT max(x) FROM v q WHERE q.x < a)",
           "VALUES ((SELECT 1)), (2)",
       }) {
    const std::string plan = Plan(sql);
    EXPECT_TRUE(plan.find("SINGLE") != std::string::npos || plan.find("MARK") != std::string::npos)
        << sql << "\n"
        << plan;
  }
}

}  // namespace
}  // namespace trivet::binder_testing
