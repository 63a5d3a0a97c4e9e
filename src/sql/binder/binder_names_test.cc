#include "base/string_concat.h"
#include "sql/binder/testing.h"

namespace trivet::binder_testing {
namespace {

TEST_F(BinderTest, NamesAndTypesOfColumns) {
  EXPECT_EQ(Columns("SELECT a, T.B, a + 1, t.a AS z FROM t"),
            "a INTEGER, b INTEGER, (a + 1) INTEGER, z INTEGER");
  EXPECT_EQ(Columns("SELECT count(*), max(s) FROM t"), "count_star() BIGINT, max(s) VARCHAR");
  EXPECT_EQ(Columns("SELECT 1, 3000000000, 99999999999999999999, 1.5, 1e3, 'x', NULL, TRUE"),
            "1 INTEGER, 3000000000 BIGINT, 99999999999999999999 HUGEINT, 1.5 DECIMAL(2,1), "
            "1e3 DOUBLE, 'x' VARCHAR, NULL \"NULL\", true BOOLEAN");
  EXPECT_EQ(Columns("SELECT 00.10, 170141183460469231731687303715884105728"),
            "00.10 DECIMAL(4,2), 170141183460469231731687303715884105728 DOUBLE");
}

TEST_F(BinderTest, WrongNamesTellThePlaceAndTheNearestName) {
  ExpectInvalid("SELECT aa FROM t", "Referenced column \"aa\" not found in FROM clause!", "aa");
  ExpectInvalid("SELECT aa FROM t", "Candidate bindings: \"a\"");
  ExpectInvalid("SELECT t.zz FROM t", "Table \"t\" does not have a column named \"zz\"", "zz");
  ExpectInvalid("SELECT q.a FROM t", "Referenced table \"q\" not found!", "q.a");
  ExpectInvalid("SELECT q.a FROM t", "Candidate tables: \"t\"");
  ExpectInvalid("SELECT t.a FROM t AS r", "Referenced table \"t\" not found!", "t.a");
  ExpectInvalid("SELECT a", "because the FROM clause is missing", "a");
  ExpectInvalid("SELECT a FROM t, u",
                "Ambiguous reference to column name \"a\" (use: 't.a' or 'u.a')", "a FROM");
  ExpectInvalid("SELECT x.a FROM t x, t x", "duplicate alias \"x\"", "x.a");
  ExpectInvalid("SELECT a.b FROM t", "Cannot extract field 'b' from expression \"a\"", "b FROM");
  ExpectError("SELECT * FROM tt", StatusCode::kNotFound, "Did you mean \"t\"?", "tt");
  ExpectError("SELECT * FROM nowhere.t", StatusCode::kNotFound, "Schema with name nowhere",
              "nowhere");
  ExpectError("SELECT * FROM other.main.t", StatusCode::kNotFound, "Catalog \"other\"", "other");
  ExpectError("SELECT nofun(a) FROM t", StatusCode::kNotFound, "nofun", "nofun");
  ExpectError("SELECT CAST(a AS integr) FROM t", StatusCode::kNotFound, "Did you mean \"integer\"?",
              "integr");
}

TEST_F(BinderTest, QualifiedNames) {
  // A column called x does not hide the table x around the subquery.
  EXPECT_EQ(Columns("SELECT (SELECT x.b FROM v) AS q FROM t AS x"), "q INTEGER");
  EXPECT_EQ(Columns("SELECT main.t.a, memory.main.t.b FROM main.t"), "a INTEGER, b INTEGER");
  EXPECT_EQ(Columns("SELECT x FROM t AS q(x)"), "x INTEGER");
  EXPECT_EQ(Columns("SELECT * FROM t AS q(x, y)"), "x INTEGER, y INTEGER, s VARCHAR, d DATE");
  ExpectInvalid("SELECT * FROM v AS q(i, j, k)", "has 2 columns available but 3 columns specified",
                "k)");
}

TEST_F(BinderTest, StarListsAndColumns) {
  EXPECT_EQ(Columns("SELECT * EXCLUDE (s, t.d) FROM t"), "a INTEGER, b INTEGER");
  EXPECT_EQ(Columns("SELECT v.* REPLACE (x + 1.5 AS x) FROM v, t"), "x DECIMAL(12,1), y VARCHAR");
  EXPECT_EQ(Columns("SELECT * RENAME (x AS z) FROM v"), "z INTEGER, y VARCHAR");
  EXPECT_EQ(Columns("SELECT COLUMNS('a|b') + 1 FROM t"), "a INTEGER, b INTEGER");
  EXPECT_EQ(Columns("SELECT max(COLUMNS(* EXCLUDE (d))) FROM t"),
            "a INTEGER, b INTEGER, s VARCHAR");
  EXPECT_EQ(Columns("SELECT COLUMNS(['b', 'a']) FROM t"), "b INTEGER, a INTEGER");
  EXPECT_EQ(Columns("SELECT greatest(*COLUMNS('^[ab]$')) AS g FROM t"), "g INTEGER");
  ExpectInvalid("SELECT * EXCLUDE (zz) FROM t", "Column \"zz\" in EXCLUDE list not found", "zz");
  ExpectInvalid("SELECT * EXCLUDE (x, y) FROM v", "SELECT list is empty");
  ExpectInvalid("SELECT COLUMNS('nope') FROM t", "No matching columns found", "COLUMNS");
  ExpectInvalid("SELECT *", "without FROM clause", "*");
  ExpectInvalid("SELECT zz.* FROM t", "Referenced table \"zz\" not found!", "zz");
}

TEST_F(BinderTest, AliasesStandWhereNoColumnHasTheName) {
  // In the select list those in front; a column of a table comes first.
  EXPECT_EQ(Columns("SELECT a + 1 AS q, q || 'x' AS r FROM t"), "q INTEGER, r VARCHAR");
  EXPECT_NE(Plan("SELECT a AS b, b AS c FROM t").find("Expressions: a, b"), std::string::npos);
  EXPECT_NE(Plan("SELECT a + 1 AS k FROM t WHERE k > 2").find("((a + 1) > 2)"), std::string::npos);
  EXPECT_NE(Plan("SELECT a AS b FROM t WHERE b > 2").find("(b > 2)"), std::string::npos);
  EXPECT_NE(Plan("SELECT a + 1 AS k, count(*) FROM t GROUP BY k").find("Groups: (a + 1)"),
            std::string::npos);
  ExpectInvalid("SELECT q + 1, a AS q FROM t", "cannot be referenced before it is defined",
                "q + 1");
  ExpectInvalid("SELECT k + 1 AS k FROM t WHERE k > 1", "Referenced column \"k\" not found",
                "k + 1");
  ExpectInvalid("SELECT random() AS r, r + 1", "has side effects", "r + 1");
  // HAVING: a group, then an alias, then a column.
  EXPECT_NE(Plan("SELECT sum(a) AS b FROM t GROUP BY d HAVING b > 1").find("Predicate: (sum(a) > "),
            std::string::npos);
  // ORDER BY: a bare name is an output column first; within an expression a table's column.
  EXPECT_NE(Plan("SELECT -a AS a FROM t ORDER BY a").find("Expressions: -a\n"), std::string::npos);
  EXPECT_NE(Plan("SELECT -a AS a FROM t ORDER BY a + 0").find("Expressions: -a, (a + 0)\n"),
            std::string::npos);
}

TEST_F(BinderTest, AliasesThatDoubleAreBounded) {
  std::string sql = "SELECT a + a AS c0";
  for (int i = 1; i < 60; ++i) {
    const std::string last = "c" + std::to_string(i - 1);
    sql += StrCat(", ", last, " + ", last, " AS c", i);
  }
  ExpectInvalid(sql + " FROM t", "is too large");
}

TEST_F(BinderTest, Parameters) {
  parameters_.positional = {Value::Int32(7), Value::Varchar("x")};
  EXPECT_EQ(Columns("SELECT ? + 1 AS p, $2 AS q"), "p INTEGER, q VARCHAR");
  ExpectInvalid("SELECT $1", "has 1 parameter, but 2 values were given");
  ExpectInvalid("SELECT $1, $3, $2", "Values were not provided for the following parameters: 3");
  parameters_.positional.clear();
  parameters_.named = {{"low", Value::Int32(1)}};
  EXPECT_NE(Plan("SELECT a FROM t WHERE a > $LOW").find("(a > 1)"), std::string::npos);
  ExpectInvalid("SELECT $low, $high", "parameters: high");
  ExpectInvalid("SELECT 1", "no parameter named $low");
}

TEST_F(BinderTest, DeepAndWideTextsAreRefusedNotFollowed) {
  std::string nested = "SELECT 1";
  for (int i = 0; i < 400; ++i) nested = StrCat("SELECT (", nested, ")");
  ExpectInvalid(nested, "nest");
  std::string from = "SELECT 1 FROM t t0";
  for (int i = 1; i < 1500; ++i) from += ", t t" + std::to_string(i);
  ExpectInvalid(from, "joins");
  AddView("w", "SELECT * FROM w");
  ExpectInvalid("SELECT * FROM w", "nested more than");
}

TEST_F(BinderTest, Views) {
  AddView("w", "SELECT a, b FROM t WHERE a > 1", {"first"});
  EXPECT_EQ(Columns("SELECT * FROM w"), "first INTEGER, b INTEGER");
  EXPECT_EQ(Columns("SELECT w.first FROM main.w"), "first INTEGER");
  AddView("broken", "SELECT nope FROM t");
  const Status status = Error("SELECT     1 FROM broken");
  EXPECT_NE(status.message().find("in view broken: "), std::string::npos);
  // The caret stands at the view's name, not somewhere in this text.
  EXPECT_EQ(status.position(), std::string("SELECT     1 FROM broken").find("broken"));
  // A view sees no common table expressions of the query that reads it.
  EXPECT_EQ(Columns("WITH t AS (SELECT 'x' AS a) SELECT * FROM w"), "first INTEGER, b INTEGER");
}

}  // namespace
}  // namespace trivet::binder_testing
