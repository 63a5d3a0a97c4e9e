#include "sql/binder/testing.h"

namespace trivet::binder_testing {
namespace {

TEST_F(BinderTest, LiteralsTakeTheTypeOfTheOtherSide) {
  EXPECT_NE(Plan("SELECT 1 FROM t WHERE d > '2020-05-01'").find("CAST('2020-05-01' AS DATE)"),
            std::string::npos);
  EXPECT_EQ(
      Columns("SELECT coalesce(a, '5') AS p, CASE WHEN a > 1 THEN 1 ELSE '2' END AS q FROM t"),
      "p INTEGER, q INTEGER");
  EXPECT_EQ(Columns("SELECT coalesce(size, 5) AS p, size + 1 AS q, size + 100000 AS r FROM prices"),
            "p SMALLINT, q SMALLINT, r INTEGER");
  EXPECT_EQ(Columns("SELECT 1 - price AS p, price / 2 AS q FROM prices"),
            "p DECIMAL(16,2), q DOUBLE");
}

TEST_F(BinderTest, ComparisonsOfStringsWithOtherTypes) {
  // Equality casts a string to the other side's type; an order does not.
  EXPECT_NE(Plan("SELECT s = a FROM t").find("(CAST(s AS INTEGER) = a)"), std::string::npos);
  EXPECT_NE(Plan("SELECT s IN (1, 2) FROM t").find("CAST(s AS INTEGER)"), std::string::npos);
  ExpectInvalid("SELECT s > a FROM t", "Cannot compare values of type VARCHAR and type INTEGER",
                ">");
  ExpectInvalid("SELECT s BETWEEN 1 AND 2 FROM t", "Cannot mix values of type VARCHAR and INTEGER");
  ExpectInvalid("SELECT d = a FROM t", "Cannot compare values of type DATE and type INTEGER", "=");
  ExpectInvalid("SELECT CASE WHEN a > 1 THEN d ELSE 1.5 END FROM t", "in CASE expression");
  ExpectInvalid("SELECT CASE d WHEN 1 THEN 2 END FROM t", "Cannot compare", "1 THEN");
}

TEST_F(BinderTest, Lowerings) {
  EXPECT_NE(Plan("SELECT a BETWEEN 1 AND b FROM t").find("((a >= 1) AND (a <= b))"),
            std::string::npos);
  EXPECT_NE(Plan("SELECT a NOT BETWEEN SYMMETRIC 3 AND 1 FROM t").find("OR"), std::string::npos);
  EXPECT_NE(Plan("SELECT nullif(a, 1) FROM t").find("CASE"), std::string::npos);
  EXPECT_EQ(Columns("SELECT nullif(size, 1.5) AS p FROM prices"), "p SMALLINT");
  EXPECT_EQ(Columns("SELECT if(a > 1, 1, 2.5) AS p, ifnull(a, 0) AS q FROM t"),
            "p DECIMAL(11,1), q INTEGER");
  EXPECT_EQ(Columns("SELECT a IS TRUE AS p, a IS UNKNOWN AS q, NOT a AS r, a AND b AS z FROM t"),
            "p BOOLEAN, q BOOLEAN, r BOOLEAN, z BOOLEAN");
  ExpectUnsupported("SELECT random() BETWEEN 0.2 AND 0.4",
                    "BETWEEN over an expression that differs");
}

TEST_F(BinderTest, RowsCompareElementByElement) {
  EXPECT_NE(Plan("SELECT (a, b) = (1, 2) FROM t")
                .find("((a IS NOT DISTINCT FROM 1) AND (b IS NOT DISTINCT FROM 2))"),
            std::string::npos);
  EXPECT_EQ(Columns("SELECT (a, b) < (1, 2) AS p, (a, b) IN ((1, 2), (3, 4)) AS q, "
                    "(a, b) BETWEEN (1, 1) AND (2, 2) AS r FROM t"),
            "p BOOLEAN, q BOOLEAN, r BOOLEAN");
  ExpectInvalid("SELECT (a, b) = (1, 2, 3) FROM t", "rows of different length");
}

TEST_F(BinderTest, Casts) {
  EXPECT_EQ(
      Columns("SELECT a::VARCHAR AS p, CAST(a AS DECIMAL) AS q, a::NUMERIC(5) AS r, "
              "TRY_CAST(s AS TIMESTAMPTZ) AS z, NULL::DATE AS n, s::VARCHAR(10) AS v FROM t"),
      "p VARCHAR, q DECIMAL(18,3), r DECIMAL(5,0), z TIMESTAMP WITH TIME ZONE, n DATE, v VARCHAR");
  ExpectInvalid("SELECT CAST(a AS DECIMAL(40, 2)) FROM t", "width must be between 1 and 38",
                "DECIMAL");
  ExpectInvalid("SELECT CAST(a AS DECIMAL(3, 4)) FROM t", "scale cannot be bigger", "DECIMAL");
  ExpectInvalid("SELECT CAST(a AS DATE(3)) FROM t", "does not support any modifiers");
  ExpectInvalid("SELECT CAST(d AS INTEGER) FROM t",
                "Unimplemented type for cast (DATE -> INTEGER)");
  ExpectUnsupported("SELECT CAST(s AS JSON) FROM t", "the type JSON");
}

TEST_F(BinderTest, FunctionsAndOperators) {
  EXPECT_EQ(Columns("SELECT upper(s) AS p, s.upper() AS q, s LIKE 'x' AS r, a + b * 2 AS z FROM t"),
            "p VARCHAR, q VARCHAR, r BOOLEAN, z INTEGER");
  EXPECT_EQ(Columns("SELECT current_date AS p, main.abs(a) AS q FROM t"), "p DATE, q INTEGER");
  EXPECT_EQ(Columns("SELECT current_setting('threads') AS p"), "p BIGINT");
  ExpectError("SELECT current_setting('thread')", StatusCode::kNotFound,
              "Did you mean \"threads\"?");
  ExpectInvalid("SELECT abs(x := 1)", "does not take named arguments", "x");
  ExpectInvalid("SELECT DEFAULT", "DEFAULT");
  EXPECT_EQ(Columns("SELECT s COLLATE \"binary\" AS p FROM t"), "p VARCHAR");
}

}  // namespace
}  // namespace trivet::binder_testing
