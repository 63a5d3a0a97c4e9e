#include "base/string_concat.h"
#include "sql/binder/testing.h"

namespace trivet::binder_testing {
namespace {

TEST_F(BinderTest, ClausesInOrder) {
  EXPECT_EQ(Plan("SELECT a, b FROM t WHERE a = 1 AND s LIKE 'x%' ORDER BY b DESC NULLS FIRST LIMIT "
                 "5 OFFSET 2"),
            "LIMIT  Limit: 5; Offset: 2\n"
            "  SORT  Keys: b DESC NULLS FIRST\n"
            "    PROJECT  Expressions: a, b\n"
            "      FILTER  Predicate: (a = 1) AND (s LIKE 'x%')\n"
            "        SCAN  Table: t; Source: MEMORY_SCAN; Columns: a, b, s, d\n");
  EXPECT_EQ(Plan("SELECT 1"), "PROJECT  Expressions: 1\n  VALUES  Rows: 1\n");
}

TEST_F(BinderTest, SortKeysThatAreNoOutputAreProjectedAway) {
  const std::string plan = Plan("SELECT a FROM t ORDER BY b + 1, 1");
  EXPECT_EQ(plan,
            "PROJECT  Expressions: a\n"
            "  SORT  Keys: sort key ASC NULLS LAST, a ASC NULLS LAST\n"
            "    PROJECT  Expressions: a, (b + 1)\n"
            "      SCAN  Table: t; Source: MEMORY_SCAN; Columns: a, b, s, d\n");
  // The text or the value of an output expression is that output.
  EXPECT_EQ(CountOf(Plan("SELECT a + 1 FROM t ORDER BY a + 1"), "PROJECT"), 1u);
  EXPECT_EQ(CountOf(Plan("SELECT a + 1 FROM t ORDER BY t.a + 1"), "PROJECT"), 1u);
}

TEST_F(BinderTest, OrderByErrors) {
  ExpectInvalid("SELECT a FROM t ORDER BY 3", "ORDER term out of range - should be between 1 and 1",
                "3");
  ExpectInvalid("SELECT a FROM t ORDER BY 'x'", "non-integer literal", "'x'");
  ExpectInvalid("SELECT a FROM t GROUP BY 2", "GROUP BY term out of range", "2");
  ExpectUnsupported("SELECT a FROM t ORDER BY s COLLATE nocase", "the collation nocase");
}

TEST_F(BinderTest, Distinct) {
  EXPECT_EQ(Plan("SELECT DISTINCT a, b FROM t ORDER BY b"),
            "SORT  Keys: b ASC NULLS LAST\n"
            "  AGGREGATE  Groups: a, b\n"
            "    PROJECT  Expressions: a, b\n"
            "      SCAN  Table: t; Source: MEMORY_SCAN; Columns: a, b, s, d\n");
  // A key outside the list: the first row of each set gives it.
  const std::string hidden = Plan("SELECT DISTINCT a FROM t ORDER BY b");
  EXPECT_LT(hidden.find("SORT"), hidden.find("DISTINCT_ON  Keys: a"));
  const std::string on = Plan("SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, d DESC");
  EXPECT_LT(on.find("DISTINCT_ON  Keys: a"),
            on.find("SORT  Keys: a ASC NULLS LAST, sort key DESC"));
  EXPECT_EQ(Columns("SELECT DISTINCT ON (a) b FROM t"), "b INTEGER");
}

TEST_F(BinderTest, LimitTakesConstants) {
  EXPECT_NE(Plan("SELECT a FROM t LIMIT 1 + 1").find("Limit: 2"), std::string::npos);
  EXPECT_NE(Plan("SELECT a FROM t LIMIT (SELECT 2)").find("Limit: 2"), std::string::npos);
  EXPECT_NE(Plan("SELECT a FROM t LIMIT 1.5").find("Limit: 2"), std::string::npos);
  EXPECT_NE(Plan("SELECT a FROM t LIMIT 40%").find("Percent: 40"), std::string::npos);
  EXPECT_EQ(Plan("SELECT a FROM t LIMIT NULL").find("LIMIT"), std::string::npos);
  parameters_.positional = {Value::Int64(3)};
  EXPECT_NE(Plan("SELECT a FROM t LIMIT ?").find("Limit: 3"), std::string::npos);
  parameters_.positional.clear();
  ExpectInvalid("SELECT a FROM t LIMIT -1", "cannot be negative", "-1");
  ExpectInvalid("SELECT a FROM t OFFSET -1", "cannot be negative", "-1");
  ExpectInvalid("SELECT a FROM t LIMIT 200%", "between 0% and 100%", "200");
  ExpectInvalid("SELECT a FROM t LIMIT a", "because the FROM clause is missing");
  ExpectUnsupported("SELECT a FROM t LIMIT (SELECT max(a) FROM t)",
                    "a subquery in the LIMIT clause");
}

TEST_F(BinderTest, SetOperations) {
  EXPECT_EQ(Plan("SELECT a FROM t UNION ALL SELECT x FROM v UNION ALL SELECT 1"),
            "SET_OPERATION  Operation: UNION ALL\n"
            "  PROJECT  Expressions: a\n"
            "    SCAN  Table: t; Source: MEMORY_SCAN; Columns: a, b, s, d\n"
            "  PROJECT  Expressions: x\n"
            "    SCAN  Table: v; Source: MEMORY_SCAN; Columns: x, y\n"
            "  PROJECT  Expressions: 1\n"
            "    VALUES  Rows: 1\n");
  EXPECT_EQ(Columns("SELECT 1 AS x UNION SELECT 1.5"), "x DECIMAL(11,1)");
  EXPECT_EQ(Columns("SELECT 1 UNION SELECT 'a'"), "1 VARCHAR");
  EXPECT_EQ(Columns("SELECT 1 AS x UNION ALL BY NAME SELECT 2 AS y, 3 AS X"),
            "x INTEGER, y INTEGER");
  EXPECT_NE(Plan("SELECT a FROM t EXCEPT ALL SELECT x FROM v").find("EXCEPT ALL"),
            std::string::npos);
  EXPECT_EQ(CountOf(Plan("SELECT 1 INTERSECT SELECT 2 INTERSECT SELECT 3"), "INTERSECT"), 2u);
  // ORDER BY sees the output, under the names of any operand.
  EXPECT_NE(
      Plan("SELECT a AS p FROM t UNION SELECT b AS q FROM t ORDER BY q DESC").find("Keys: p DESC"),
      std::string::npos);
  EXPECT_NE(Plan("SELECT a FROM t UNION SELECT b FROM t ORDER BY a + 1").find("Keys: (a + 1)"),
            std::string::npos);
  ExpectInvalid("SELECT 1, 2 UNION SELECT 3", "same number of result columns", "SELECT 3");
  ExpectInvalid("SELECT a FROM t UNION SELECT d FROM t", "Cannot combine types INTEGER and DATE",
                "SELECT d");
}

TEST_F(BinderTest, Values) {
  EXPECT_EQ(Columns("VALUES (1, 'a'), (2.5, NULL)"), "col0 DECIMAL(11,1), col1 VARCHAR");
  EXPECT_EQ(Columns("SELECT * FROM (VALUES (1)) AS q(n)"), "n INTEGER");
  EXPECT_EQ(Plan("VALUES (1), (2)"), "VALUES  Rows: 2\n");
  ExpectInvalid("VALUES (1, 2), (3)", "expected 2 entries but found a list with 1 entry", "3");
  // Rows over outer columns are projections.
  const std::string lateral = Plan("SELECT * FROM t, (VALUES (t.a), (t.b)) AS q(n)");
  EXPECT_NE(lateral.find("Dependent: true"), std::string::npos);
  EXPECT_NE(lateral.find("UNION ALL"), std::string::npos);
}

TEST_F(BinderTest, CommonTableExpressions) {
  // One reference is put in place; several share, unless told not to; none is dropped.
  EXPECT_EQ(Plan("WITH q AS (SELECT a FROM t) SELECT * FROM q").find("CTE"), std::string::npos);
  const std::string shared = Plan("WITH q AS (SELECT a FROM t) SELECT * FROM q x, q y");
  EXPECT_EQ(CountOf(shared, "CTE_SCAN  Name: q"), 2u);
  EXPECT_EQ(CountOf(shared, "SCAN  Table: t"), 1u);
  EXPECT_NE(Plan("WITH q AS MATERIALIZED (SELECT a FROM t) SELECT * FROM q").find("CTE_SCAN"),
            std::string::npos);
  const std::string copies =
      Plan("WITH q AS NOT MATERIALIZED (SELECT a FROM t) SELECT * FROM q x, q y");
  EXPECT_EQ(CountOf(copies, "SCAN  Table: t"), 2u);
  EXPECT_EQ(Plan("WITH q AS (SELECT a FROM t) SELECT 1").find("Table: t"), std::string::npos);
  EXPECT_EQ(Columns("WITH q(z) AS (SELECT a, b FROM t) SELECT * FROM q"), "z INTEGER, b INTEGER");
  EXPECT_EQ(CountOf(Plan("WITH p AS (SELECT a FROM t), q AS (SELECT x.a FROM p x, p y) "
                         "SELECT * FROM q m, q n"),
                    "CTE  Name"),
            2u);
}

TEST_F(BinderTest, CommonTableExpressionsInSight) {
  // The inner one hides the outer; a subquery sees both.
  EXPECT_EQ(
      Columns(
          "WITH q AS (SELECT 1 AS a) SELECT * FROM (WITH q AS (SELECT 'x' AS b) SELECT * FROM q)"),
      "b VARCHAR");
  EXPECT_EQ(Columns("WITH q AS (SELECT 1 AS z) SELECT (SELECT z FROM q) AS y FROM t"), "y INTEGER");
  // Its own name means the table of that name.
  EXPECT_EQ(Columns("WITH t AS (SELECT a FROM t) SELECT * FROM t"), "a INTEGER");
  ExpectInvalid("WITH q AS (SELECT * FROM q) SELECT * FROM q", "Circular reference to CTE \"q\"");
  ExpectInvalid("WITH q AS (SELECT nope FROM t) SELECT 1", "nope", "nope");
  ExpectError("WITH q AS (SELECT * FROM p), p AS (SELECT 1) SELECT * FROM q", StatusCode::kNotFound,
              "Table with name p");
  ExpectUnsupported(
      "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q) SELECT * FROM q",
      "the recursive common table expression q");
  EXPECT_EQ(Columns("WITH RECURSIVE q AS (SELECT 1 AS n) SELECT * FROM q"), "n INTEGER");
  std::string doubling = "WITH c0 AS NOT MATERIALIZED (SELECT 1 AS n)";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "c" + std::to_string(i - 1);
    doubling +=
        StrCat(", c", i, " AS NOT MATERIALIZED (SELECT x.n FROM ", last, " x, ", last, " y)");
  }
  ExpectInvalid(doubling + " SELECT * FROM c39", "the statement has more than");
  EXPECT_EQ(Plan("SELECT (WITH p AS (SELECT t.a AS n), q AS (SELECT n FROM p) "
                 "SELECT count(*) FROM q x, q y) FROM t")
                .find("CTE"),
            std::string::npos);
  // A correlated definition is put in place of each reference.
  const std::string plan =
      Plan("SELECT (WITH q AS (SELECT t.a AS n) SELECT count(*) FROM q x, q y) FROM t");
  EXPECT_EQ(plan.find("CTE"), std::string::npos);
  EXPECT_EQ(CountOf(plan, "Kind: SINGLE; Dependent: true"), 1u);
}

TEST_F(BinderTest, DerivedTablesHaveDistinctNames) {
  EXPECT_EQ(Columns("SELECT * FROM (SELECT a, a, a FROM t)"),
            "a INTEGER, a_1 INTEGER, a_2 INTEGER");
  EXPECT_EQ(Columns("SELECT a, a FROM t"), "a INTEGER, a INTEGER");
  EXPECT_EQ(Columns("SELECT unnamed_subquery.a FROM (SELECT a FROM t)"), "a INTEGER");
}

TEST_F(BinderTest, TableFunctions) {
  EXPECT_EQ(Columns("SELECT * FROM range(3)"), "range BIGINT");
  EXPECT_EQ(Columns("SELECT n FROM generate_series(1, 9, 2) AS g(n)"), "n BIGINT");
  ExpectInvalid("SELECT * FROM range(1, 2, 0)", "interval cannot be 0!");
  ExpectInvalid("SELECT * FROM range('x')", "takes integers");
  ExpectInvalid("SELECT * FROM range(1, step = 2)", "Invalid named parameter \"step\"", "step");
  ExpectError("SELECT * FROM rnge(1)", StatusCode::kNotFound, "Did you mean \"range\"?", "rnge");
  ExpectError("SELECT * FROM 'x.parquet'", StatusCode::kNotFound, "x.parquet");
}

TEST_F(BinderTest, WhatIsMissingIsNamed) {
  ExpectUnsupported("SELECT sum(a) OVER () FROM t", "the aggregate sum as a window function");
  ExpectUnsupported("SELECT lag(a) OVER () FROM t", "the window function lag");
  ExpectUnsupported("SELECT a FROM t GROUP BY ROLLUP (a)", "ROLLUP");
  ExpectUnsupported("SELECT a FROM t GROUP BY CUBE (a)", "CUBE");
  ExpectUnsupported("SELECT a FROM t GROUP BY GROUPING SETS ((a), ())", "GROUPING SETS");
  ExpectUnsupported("SELECT * FROM t TABLESAMPLE 10%", "TABLESAMPLE");
  ExpectUnsupported("SELECT * FROM t USING SAMPLE 10%", "USING SAMPLE");
  ExpectUnsupported("SELECT * FROM t ASOF JOIN u ON t.a >= u.a", "ASOF JOIN");
  ExpectUnsupported("SELECT * FROM t POSITIONAL JOIN u", "POSITIONAL JOIN");
  ExpectUnsupported("SELECT [1, 2]", "list");
  ExpectUnsupported("SELECT {'a': 1}", "struct");
  ExpectUnsupported("SELECT ARRAY(SELECT 1)", "ARRAY(subquery)");
  ExpectUnsupported("SELECT CAST(a AS INTEGER[]) FROM t", "list type");
  ExpectUnsupported("SELECT t FROM t", "a table as a value");
  ExpectUnsupported("SELECT * FROM unnest([1])", "UNNEST");
  ExpectUnsupported("ALTER TABLE t ADD COLUMN z INTEGER", "ALTER");
}

}  // namespace
}  // namespace trivet::binder_testing
