#include <gtest/gtest.h>

#include <string>

#include "sql/parser.h"

namespace trivet {
namespace {

struct Case {
  std::string sql;
  std::string message;
  size_t position;
  std::string hint;
};

void ExpectErrors(const std::vector<Case>& cases, StatusCode code = StatusCode::kInvalidInput) {
  for (const Case& test : cases) {
    const auto result = ParseStatements(test.sql);
    ASSERT_FALSE(result.ok()) << test.sql;
    EXPECT_EQ(result.status().code(), code) << test.sql;
    EXPECT_EQ(result.status().message(), test.message) << test.sql;
    EXPECT_EQ(result.status().position(), test.position) << test.sql;
    EXPECT_EQ(result.status().hint(), test.hint) << test.sql;
  }
}

TEST(ParserErrorTest, PointsAtTheTokenThatDoesNotFit) {
  ExpectErrors({
      {"select a b c", "syntax error at or near \"c\"", 11, ""},
      {"select a from t where", "syntax error at end of input", 21, ""},
      {"select a from t where;", "syntax error at or near \";\"", 21, ""},
      {"select a from t order a", "syntax error at or near \"a\"", 22, ""},
      {"select * from t join u", "syntax error at end of input", 22,
       "this join needs a condition, ON or USING"},
      {"select 1 + from t", "syntax error at or near \"from\"", 11, ""},
      {"select 1; select 2 3", "syntax error at or near \"3\"", 19, ""},
      {"select 1 limit 5, 6", "syntax error at or near \",\"", 16,
       "write LIMIT count OFFSET start"},
      {"foo", "syntax error at or near \"foo\"", 0, ""},
      {"select case end", "syntax error at or near \"end\"", 12, ""},
      {"select (select 1) from t)", "syntax error at or near \")\"", 24, ""},
      {"select a from select", "syntax error at or near \"select\"", 14, ""},
      {"insert t values (1)", "syntax error at or near \"t\"", 7, ""},
  });
}

TEST(ParserErrorTest, SuggestsTheKeywordThatWasMeant) {
  ExpectErrors({
      {"selct 1", "syntax error at or near \"selct\"", 0, "did you mean SELECT?"},
      {"SELECT 1 FORM t", "syntax error at or near \"FORM\"", 9, "did you mean FROM?"},
      {"select a frm t", "syntax error at or near \"frm\"", 9, "did you mean FROM?"},
      {"select * from t wehre a = 1", "syntax error at or near \"wehre\"", 16,
       "did you mean WHERE?"},
      {"select * from t ordr by a", "syntax error at or near \"ordr\"", 16, "did you mean ORDER?"},
      {"select * from t gruop by a", "syntax error at or near \"gruop\"", 16,
       "did you mean GROUP?"},
      {"select * from t left jion u on a", "syntax error at or near \"jion\"", 21,
       "did you mean JOIN?"},
      {"crate table t (a int)", "syntax error at or near \"crate\"", 0, "did you mean CREATE?"},
  });
}

TEST(ParserErrorTest, PointsAtTheParenthesisThatIsNeverClosed) {
  ExpectErrors({
      {"select (1 + 2", "syntax error: \"(\" is never closed", 7, ""},
      {"select f(a, (b) from t", "syntax error: \"(\" is never closed", 8, ""},
      {"select * from (select 1", "syntax error: \"(\" is never closed", 14, ""},
      {"select ((1) + 2", "syntax error: \"(\" is never closed", 7, ""},
      {"select [1, 2", "syntax error: \"[\" is never closed", 7, ""},
      {"select {'a': 1", "syntax error: \"{\" is never closed", 7, ""},
      {"select a[1 from t", "syntax error: \"[\" is never closed", 8, ""},
      {"select (1; select 2)", "syntax error: \"(\" is never closed", 7, ""},
      {"select a in (1, 2", "syntax error: \"(\" is never closed", 12, ""},
      {"create table t (a int", "syntax error: \"(\" is never closed", 15, ""},
      {"select (1 2)", "syntax error at or near \"2\"", 10, ""},
  });
}

TEST(ParserErrorTest, ExplainsWhatHasNoMeaning) {
  ExpectErrors({
      {"select a = b = c", "comparisons cannot be chained", 13,
       "combine two comparisons with AND, or put one into parentheses"},
      {"select ?, $a", "named and numbered parameters cannot be mixed in one statement", 10, ""},
      {"select $a, ?", "named and numbered parameters cannot be mixed in one statement", 11, ""},
      {"select $0", "parameters are numbered from 1 to 65535", 7, ""},
      {"select $65536", "parameters are numbered from 1 to 65535", 7, ""},
      {"select $99999999999999999999", "parameters are numbered from 1 to 65535", 7, ""},
      {"select #0", "column positions begin at #1", 7, ""},
      {"select a::decimal(b)", "a type takes only constants in its parentheses", 18, ""},
      {"select a::map(int)", "MAP takes a key type and a value type", 13, ""},
      {"select a::int[0]", "the length of an array is a number from 1 to 999999999", 14, ""},
      {"select a::time(3)", "the type TIME takes no precision", 14, ""},
      {"select a::float(54)", "the precision of FLOAT is a number from 1 to 53", 15, ""},
      {"create table t (a int, b)", "the column b needs a type", 23, ""},
      {"create table t (a int) as select 1", "a column takes its type from the query behind AS", 16,
       "give the name alone"},
      {"create or replace view if not exists v as select 1",
       "OR REPLACE and IF NOT EXISTS contradict each other", 23, ""},
      {"copy t to file", "syntax error at or near \"file\"", 10,
       "the file's name goes into single quotes"},
      {"select exists (1)", "expected a query in the parentheses", 15, ""},
      {"select * from x: t y", "the table has an alias in front and another one behind", 19, ""},
  });
}

TEST(ParserErrorTest, NamesWhatIsNotImplemented) {
  ExpectErrors({{"select * from t pivot (sum(a) for b in (1))", "PIVOT", 16, ""},
                {"from (unpivot t on a)", "UNPIVOT", 6, ""},
                {"select * from t at (version => 3)", "reading a table AT a version", 16, ""},
                {"select 1 fetch first 5 rows with ties", "FETCH ... WITH TIES", 28, ""},
                {"select interval '1' year to month", "INTERVAL with a range of units", 25, ""},
                {"select a similar to b escape c", "SIMILAR TO ... ESCAPE", 29, ""},
                {"with a as (delete from t returning *) select 1",
                 "a statement that changes data inside WITH", 11, ""}},
               StatusCode::kNotImplemented);
}

TEST(ParserErrorTest, OneStatementMeansOne) {
  EXPECT_TRUE(ParseStatement("select 1;").ok());
  EXPECT_EQ(ParseStatement("").status().message(), "the text holds no statement");
  EXPECT_EQ(ParseStatement(" ; -- x").status().message(), "the text holds no statement");
  const auto several = ParseStatement("select 1; select 2");
  EXPECT_EQ(several.status().message(), "expected one statement, found several");
  EXPECT_EQ(several.status().position(), 10u);
  EXPECT_FALSE(ParseExpression("1, 2").ok());
  EXPECT_FALSE(ParseExpression("1 as x").ok());
  EXPECT_FALSE(ParseTypeName("int x").ok());
}

TEST(ParserErrorTest, TellsWhetherAStatementIsWhole) {
  for (const char* whole :
       {"select 1;", "select 1; -- x", "select ';';", ";", "select 1;\n/* a */ "}) {
    EXPECT_TRUE(EndsStatement(whole)) << whole;
  }
  for (const char* part :
       {"", "select 1", "select ';", "select 1 -- ;", "/* ;", "select 1; select", "$$;"}) {
    EXPECT_FALSE(EndsStatement(part)) << part;
  }
}

}  // namespace
}  // namespace trivet
