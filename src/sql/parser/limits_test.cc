#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sql/parser.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"

namespace trivet {
namespace {

std::string Repeat(std::string_view text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

struct Shape {
  std::string name;
  std::string begin;   // once
  std::string open;    // for each level
  std::string middle;  // once
  std::string close;   // for each level
};

// Every way of nesting there is, each on its own.
const std::vector<Shape>& Shapes() {
  static const std::vector<Shape> shapes = {
      {"parentheses", "select ", "(", "1", ")"},
      {"row", "select ", "(1, ", "1", ")"},
      {"not", "select ", "not ", "a", ""},
      {"minus", "select ", "- ", "a", ""},
      {"plus minus", "select ", "+-", "a", ""},
      {"tilde", "select ", "~ ", "a", ""},
      {"absolute", "select ", "@ ", "a", ""},
      {"casts", "select a", "::int", "", ""},
      {"cast", "select ", "cast(", "a", " as int)"},
      {"subscripts", "select a", "[1]", "", ""},
      {"index", "select ", "a[", "1", "]"},
      {"fields", "select (a)", ".b", "", ""},
      {"methods", "select (a)", ".f()", "", ""},
      {"factorial", "select a", " !", "", ""},
      {"collate", "select a", " collate b", "", ""},
      {"time zone", "select a", " at time zone b", "", ""},
      {"left-deep addition", "select a", " + b", "", ""},
      {"left-deep concatenation", "select a", " || b", "", ""},
      {"left-deep arrow", "select a", " -> b", "", ""},
      {"is null", "select a", " is null", "", ""},
      {"distinct from", "select a", " is distinct from b", "", ""},
      {"in list", "select a", " in (1)", "", ""},
      {"right-deep powers", "select ", "a ^ (", "b", ")"},
      {"and or", "select ", "a and (b or ", "c", ")"},
      {"every precedence", "select ", "a or b and c = d || e & f + g * h ^ (", "i", ")"},
      {"case operand", "select ", "case ", "a", " when 1 then 2 end"},
      {"case when", "select ", "case when ", "a", " then 1 end"},
      {"case else", "select ", "case when a then b else ", "c", " end"},
      {"call", "select ", "f(", "a", ")"},
      {"named argument", "select ", "f(a := ", "a", ")"},
      {"filter", "select ", "f(a) filter (", "a", ")"},
      {"order by in call", "select ", "f(a order by ", "a", ")"},
      {"window", "select ", "f(a) over (partition by ", "a", ")"},
      {"list", "select ", "[", "1", "]"},
      {"struct", "select ", "{'a': ", "1", "}"},
      {"map", "select ", "map {'a': ", "1", "}"},
      {"comprehension", "select ", "[x for x in ", "l", "]"},
      {"lambda", "select ", "lambda x: ", "x", ""},
      {"between", "select ", "a between (", "b", ") and c"},
      {"in", "select ", "a in (", "b", ")"},
      {"interval", "select ", "interval (", "a", ") day"},
      {"extract", "select ", "extract(year from ", "a", ")"},
      {"substring", "select ", "substring(", "a", " from 1)"},
      {"trim", "select ", "trim(both from ", "a", ")"},
      {"position", "select ", "position('x' in ", "a", ")"},
      {"columns", "select ", "columns(", "*", ")"},
      {"star replace", "select ", "columns(* replace (", "1", " as a))"},
      {"scalar subquery", "", "select (", "select 1", ")"},
      {"exists", "", "select exists (", "select 1", ")"},
      {"in subquery", "", "select a in (", "select 1", ")"},
      {"any subquery", "", "select a = any (", "select 1", ")"},
      {"array subquery", "", "select array(", "select 1", ")"},
      {"derived table", "", "select * from (", "select 1", ")"},
      {"lateral", "", "select * from lateral (", "select 1", ")"},
      {"parenthesised table", "select * from ", "(", "t", ")"},
      {"parenthesised join", "select * from ", "(", "t", " join u on true)"},
      {"join chain", "select * from t", " join u on true", "", ""},
      {"cross join chain", "select * from t", " cross join u", "", ""},
      {"nested join", "select * from ", "t join (", "u", ") on true"},
      {"right-deep join", "select * from t ", "join t ", "", " on true"},
      {"table function", "select * from ", "f((select x from ", "t", "))"},
      {"parenthesised query", "", "(", "select 1", ")"},
      {"union with parentheses", "", "select 1 union (", "select 1", ")"},
      {"mixed set operations", "select 1", " union all select 1 union select 1", "", ""},
      {"except intersect", "select 1", " except select 1 intersect all select 1", "", ""},
      {"with", "", "with a as (", "select 1", ") select 1"},
      {"grouping sets", "select 1 from t group by ", "grouping sets (", "a", ")"},
      {"type", "select a::", "struct(a ", "int", ")"},
      {"map type", "select a::", "map(int, ", "int", ")"},
      {"explain", "", "explain ", "select 1", ""},
      {"prepare", "", "prepare p as ", "select 1", ""},
      {"describe", "", "describe ", "select 1", ""},
      {"copy", "copy (", "select (", "select 1", ")) to 'x'"},
      {"insert", "insert into t values ", "(", "1", ")"},
      {"unclosed parentheses", "select ", "(", "", ""},
      {"unclosed brackets", "select ", "[", "", ""},
      {"unclosed braces", "select ", "{'a':", "", ""},
      {"unclosed subqueries", "", "select (", "", ""},
      {"closing only", "select 1", "", "", ")"},
  };
  return shapes;
}

std::string Nest(const Shape& shape, size_t levels) {
  return shape.begin + Repeat(shape.open, levels) + shape.middle + Repeat(shape.close, levels);
}

// The tree, or an error that is about depth or syntax and nothing worse. Printing, comparing and
// copying what was parsed must be safe, too.
void ExpectSafe(const std::string& sql, const std::string& name) {
  const auto result = ParseStatements(sql);
  if (!result.ok()) {
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidInput) << name;
    EXPECT_TRUE(result.status().position().has_value()) << name;
    return;
  }
  for (const syntax::StatementPtr& statement : *result) {
    EXPECT_FALSE(ToString(*statement).empty());
    EXPECT_TRUE(Equal(*statement, *statement)) << name;
    if (statement->kind == syntax::StatementKind::kQuery) {
      const auto& query = *statement->As<syntax::QueryStatement>().query;
      EXPECT_TRUE(Equal(query, *Clone(query))) << name;
    }
  }
}

TEST(ParserLimitsTest, DeepNestingIsATypedError) {
  for (const Shape& shape : Shapes()) {
    ExpectSafe(Nest(shape, 10'000), shape.name);
    if (shape.open.size() <= 3) ExpectSafe(Nest(shape, 200'000), shape.name);
  }
}

// Just below the limit, where the recursion is at its deepest.
TEST(ParserLimitsTest, DepthUpToTheLimitIsSafe) {
  for (const Shape& shape : Shapes()) {
    for (const size_t levels : {100, 200, 249, 332, 333, 499, 500, 990, 998, 999, 1000}) {
      ExpectSafe(Nest(shape, levels), shape.name);
    }
  }
}

TEST(ParserLimitsTest, ReasonableNestingIsAccepted) {
  for (const Shape& shape : Shapes()) {
    const bool is_broken = shape.name.starts_with("unclosed") || shape.name == "closing only" ||
                           shape.name == "describe" || shape.name == "table function" ||
                           shape.name == "distinct from" || shape.name == "copy";
    if (is_broken) continue;
    const auto result = ParseStatements(Nest(shape, 70));
    EXPECT_TRUE(result.ok()) << shape.name << ": " << result.status().ToString();
  }
}

TEST(ParserLimitsTest, TheErrorNamesTheLimit) {
  const std::string sql = "select " + Repeat("(", 50) + "1" + Repeat(")", 50);
  EXPECT_TRUE(ParseStatements(sql).ok());
  const auto result = ParseStatements(sql, {.max_depth = 20});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidInput);
  EXPECT_EQ(result.status().message(), "the statement nests deeper than the limit of 20 levels");
  EXPECT_TRUE(result.status().position().has_value());
}

// A chain inside each level of nesting: the depths of tree and recursion add up.
TEST(ParserLimitsTest, ChainsInsideNestingCountTogether) {
  const std::string chain = Repeat("a + ", 900);
  const auto result =
      ParseStatements("select " + Repeat(chain + "(", 300) + "1" + Repeat(")", 300));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidInput);
  const auto left =
      ParseStatements("select " + Repeat("(", 300) + "1" + Repeat(Repeat(" + a", 900) + ")", 300));
  ASSERT_FALSE(left.ok());
  EXPECT_EQ(left.status().code(), StatusCode::kInvalidInput);
}

TEST(ParserLimitsTest, LongChainsOfAndOrUnionAndCommaStayFlat) {
  for (const std::string& sql :
       {"select a" + Repeat(" and a", 100'000), "select a" + Repeat(" or b", 100'000),
        "select 1" + Repeat(" union all select 1", 20'000),
        "select 1" + Repeat(" except select 1", 20'000), "select 1" + Repeat(", 1", 100'000),
        "select * from t" + Repeat(", t", 100'000), "select a in (1" + Repeat(", 1", 100'000) + ")",
        "values (1)" + Repeat(", (1)", 100'000),
        "select case" + Repeat(" when a then b", 100'000) + " end",
        "select case a" + Repeat(" when 1 then 2", 100'000) + " end",
        Repeat("select 1;", 20'000)}) {
    const auto result = ParseStatements(sql);
    ASSERT_TRUE(result.ok()) << sql.substr(0, 60) << result.status().ToString();
    EXPECT_LT(result->front()->depth, 10u);
    const auto again = ParseStatements(ToString(*result->front()));
    ASSERT_TRUE(again.ok()) << sql.substr(0, 60);
    EXPECT_TRUE(Equal(*result->front(), *again->front()));
  }
}

// The work is linear: anything quadratic would take hours here.
TEST(ParserLimitsTest, MegabytesAreNoTrouble) {
  const size_t size = 1'000'000;
  const std::vector<std::string> texts = {
      "select '" + std::string(size, 'x') + "'",
      "select \"" + std::string(size, 'x') + "\"",
      "select " + std::string(size, 'x'),
      "select " + std::string(size, '1'),
      "select 1 /*" + std::string(size, '*') + "*/",
      "select 1 --" + std::string(size, '-'),
      std::string(size, ';'),
      std::string(size, ' '),
      std::string(size, '('),
      std::string(size, '['),
      "select " + Repeat("/* ", size / 3),
      "select " + Repeat("$a", size / 2),
      "select " + Repeat("a.", size / 2) + "a",
      "select $$" + Repeat("$ ", size / 2) + "$$",
      "select ?" + Repeat(", ?", 65'000),
      Repeat("$", size),
      Repeat("x'", size / 2),
      "select case (" + Repeat("a,", size / 4) + "a)" + Repeat(" when b then c", size / 28) +
          " end",
      "insert into t values (1, 'a', 2.5, null)" + Repeat(", (1, 'a', 2.5, null)", size / 21),
      "select " + Repeat("f(a, 1) as x, ", size / 14) + "1",
  };
  for (const std::string& text : texts) {
    const auto result = ParseStatements(text);
    if (result.ok() && !result->empty()) {
      const auto& statement = *result->front();
      if (statement.kind == syntax::StatementKind::kQuery) {
        const auto& query = *statement.As<syntax::QueryStatement>().query;
        if (query.kind == syntax::QueryKind::kSelect) {
          EXPECT_LT(ColumnName(*query.As<syntax::SelectQuery>().items.front().expression).size(),
                    4 * size);
        }
      }
    }
  }
}

}  // namespace
}  // namespace trivet
