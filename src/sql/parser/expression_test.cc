#include <gtest/gtest.h>

#include <string>

#include "sql/parser.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"

namespace trivet {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this test's subject

ExpressionPtr Parse(std::string_view sql) {
  auto result = ParseExpression(sql);
  EXPECT_TRUE(result.ok()) << sql << "\n" << result.status().Render(sql);
  if (!result.ok()) return std::make_unique<DefaultExpression>();
  return std::move(result).value();
}

std::string Printed(std::string_view sql) { return ToString(*Parse(sql)); }

struct Case {
  std::string sql;
  std::string printed;
};

void ExpectPrinted(const std::vector<Case>& cases) {
  for (const Case& test : cases) EXPECT_EQ(Printed(test.sql), test.printed) << test.sql;
}

TEST(ExpressionParserTest, OperatorsBindAsInTheDialect) {
  ExpectPrinted({
      {"a or b and not c = d", "(a OR (b AND (NOT (c = d))))"},
      {"a = b is null", "((a = b) IS NULL)"},
      {"a = b like c || d", "(a = (b ~~ (c || d)))"},
      {"a || b + c * d ^ e", "(a || (b + (c * (d ^ e))))"},
      {"a & b | c << d + e", "(((a & b) | c) << (d + e))"},
      {"a - b - c", "((a - b) - c)"},
      {"2 ^ 3 ^ 4", "((2 ^ 3) ^ 4)"},
      {"-a ^ b", "((-(a)) ^ b)"},
      {"~a + b", "(~((a + b)))"},
      {"~a & b", "((~(a)) & b)"},
      {"@a || b", "(@((a || b)))"},
      {"-a::int", "(-(CAST(a AS INTEGER)))"},
      {"-1::int", "(-(CAST(1 AS INTEGER)))"},
      {"not a is null", "(NOT (a IS NULL))"},
      {"a -> b = c", "(a -> (b = c))"},
      {"a ->> b = c", "((a ->> b) = c)"},
      {"a collate x || b", "(a COLLATE x || b)"},
      {"a + b at time zone c", "(a + timezone(c, b))"},
      {"a between b and c and d", "((a BETWEEN b AND c) AND d)"},
      {"a = not b and c", "((a = (NOT b)) AND c)"},
      {"a is distinct from b = c", "(a IS DISTINCT FROM (b = c))"},
      {"a is null::int", "CAST((a IS NULL) AS INTEGER)"},
      {"a in (1)::int", "CAST((a IN (1)) AS INTEGER)"},
  });
}

TEST(ExpressionParserTest, OneMeaningBecomesOneForm) {
  ExpectPrinted({
      {"a <> b", "(a != b)"},
      {"a == b", "(a = b)"},
      {"a isnull", "(a IS NULL)"},
      {"a not null", "(a IS NOT NULL)"},
      {"a is not unknown", "(a IS NOT NULL)"},
      {"a is not true", "(CAST(a AS BOOLEAN) IS DISTINCT FROM true)"},
      {"a not in (1, 2)", "(NOT (a IN (1, 2)))"},
      {"a not in (select 1)", "(NOT (a = ANY(SELECT 1)))"},
      {"a in b", "contains(b, a)"},
      {"a > all (select 1)", "(NOT (a <= ANY(SELECT 1)))"},
      {"a = some (select 1)", "(a = ANY(SELECT 1))"},
      {"a = any (b)", "(a = ANY(SELECT unnest(b)))"},
      {"a not like b", "(a !~~ b)"},
      {"a not ilike b escape c", "(NOT ilike_escape(a, b, c))"},
      {"a similar to b", "regexp_full_match(a, b)"},
      {"a !~* b", "(NOT regexp_matches(a, b, 'i'))"},
      {"a not glob b", "(NOT (a ~~~ b))"},
      {"extract(years from a)", "date_part('YEAR', a)"},
      {"substring(a for b)", "\"substring\"(a, 1, b)"},
      {"position(a in b)", "\"position\"(b, a)"},
      {"overlay(a placing b from c for d)", "\"overlay\"(a, b, c, d)"},
      {"trim(leading a from b)", "ltrim(b, a)"},
      {"trim(both from a)", "\"trim\"(a)"},
      {"interval 3 day", "to_days(CAST(trunc(CAST(3 AS DOUBLE)) AS INTEGER))"},
      {"interval '1.5' seconds", "to_seconds(CAST('1.5' AS DOUBLE))"},
      {"interval '1 day'", "CAST('1 day' AS INTERVAL)"},
      {"date '2020-01-01'", "CAST('2020-01-01' AS date)"},
      {"[1, 2]", "list_value(1, 2)"},
      {"array[1]", "list_value(1)"},
      {"{'a': 1, \"b c\": 2}", "struct_pack(a := 1, \"b c\" := 2)"},
      {"map {1: 2}", "\"map\"(list_value(1), list_value(2))"},
      {"(1, 2)", "\"row\"(1, 2)"},
      {"(1,)", "\"row\"(1)"},
      {"count(*)", "count_star()"},
      {"count()", "count_star()"},
      {"count(distinct *)", "count(DISTINCT *)"},
      {"ifnull(a, b)", "COALESCE(a, b)"},
      {"percentile_cont(0.5) within group (order by a desc)", "quantile_cont(0.5 ORDER BY a DESC)"},
      {"[x for x in l if x > 1]", "list_apply(list_filter(l, (lambda x: (x > 1))), (lambda x: x))"},
      {"a.f(b)", "a.f(b)"},
      {"(a).f(b)", "f(a, b)"},
      {"'x'.upper()", "upper('x')"},
      {"case when a then b end", "CASE  WHEN (a) THEN (b) ELSE NULL END"},
      {"- - 5", "5"},
      {"-(-5)", "5"},
  });
}

TEST(ExpressionParserTest, ChainsOfAndAndOrAreOneNode) {
  const ExpressionPtr expression = Parse("a and (b and c) and (d or (e or f))");
  const auto& conjunction = expression->As<ConjunctionExpression>();
  ASSERT_EQ(conjunction.operands.size(), 4u);
  EXPECT_EQ(conjunction.operands[3]->As<ConjunctionExpression>().operands.size(), 3u);
  EXPECT_EQ(expression->depth, 3u);
}

TEST(ExpressionParserTest, LiteralsKeepValueAndSpelling) {
  struct LiteralCase {
    std::string sql;
    LiteralKind kind;
    std::string value;
    std::string name;
  };
  const LiteralCase cases[] = {
      {"1_000", LiteralKind::kInteger, "1000", "1_000"},
      {"-0x10", LiteralKind::kInteger, "-16", "-0x10"},
      {"- 9223372036854775808", LiteralKind::kInteger, "-9223372036854775808",
       "-9223372036854775808"},
      {"1.50", LiteralKind::kDecimal, "1.50", "1.50"},
      {"-.5", LiteralKind::kDecimal, "-.5", "-.5"},
      {"1e5", LiteralKind::kDouble, "1e5", "1e5"},
      {"'it''s'", LiteralKind::kString, "it's", "'it''s'"},
      {"X'0aB'", LiteralKind::kBlob, "", ""},
      {"x'0aBc'", LiteralKind::kBlob, "0aBc", "X'0aBc'"},
      {"TRUE", LiteralKind::kBoolean, "true", "true"},
      {"null", LiteralKind::kNull, "", "NULL"},
  };
  for (const LiteralCase& test : cases) {
    auto result = ParseExpression(test.sql);
    if (test.name.empty()) {
      EXPECT_FALSE(result.ok()) << test.sql;
      continue;
    }
    ASSERT_TRUE(result.ok()) << test.sql;
    const auto& literal = (*result)->As<LiteralExpression>();
    EXPECT_EQ(literal.literal, test.kind) << test.sql;
    EXPECT_EQ(literal.value, test.value) << test.sql;
    EXPECT_EQ(ColumnName(literal), test.name) << test.sql;
  }
}

TEST(ExpressionParserTest, EveryNodeKnowsItsPosition) {
  const ExpressionPtr sum = Parse("  abc + f(x, 12)");
  EXPECT_EQ(sum->position, 6u);
  const auto& arguments = sum->As<FunctionExpression>().arguments;
  EXPECT_EQ(arguments[0].value->position, 2u);
  EXPECT_EQ(arguments[1].value->position, 8u);
  EXPECT_EQ(arguments[1].value->As<FunctionExpression>().arguments[1].value->position, 13u);

  struct PositionCase {
    std::string sql;
    size_t position;
  };
  for (const PositionCase& test : std::vector<PositionCase>{{" a.b.c", 1},
                                                            {"a and b", 2},
                                                            {"a is null", 2},
                                                            {"not a", 0},
                                                            {"a like b", 2},
                                                            {"a not in (1)", 2},
                                                            {"cast(a as b)", 0},
                                                            {"a::b", 1},
                                                            {"a[1]", 1},
                                                            {"case when a then b end", 0},
                                                            {"- 5", 0},
                                                            {"(a).b", 4},
                                                            {"exists (select 1)", 0},
                                                            {"(select 1)", 0},
                                                            {" t.*", 1},
                                                            {"a between b and c", 2}}) {
    EXPECT_EQ(Parse(test.sql)->position, test.position) << test.sql;
  }
  const ExpressionPtr path = Parse("a.bc.\"d\"");
  EXPECT_EQ(path->As<ColumnExpression>().names[2].position, 5u);
  const ExpressionPtr cast = Parse("a :: decimal(10)");
  EXPECT_EQ(cast->As<CastExpression>().type.position, 5u);
}

TEST(ExpressionParserTest, TypesAreSpeltOneWay) {
  struct TypeCase {
    std::string sql;
    std::string printed;
  };
  for (const TypeCase& test : std::vector<TypeCase>{
           {"int", "INTEGER"},
           {"Integer", "INTEGER"},
           {"real", "FLOAT"},
           {"float(30)", "DOUBLE"},
           {"float(24)", "FLOAT"},
           {"double precision", "DOUBLE"},
           {"dec(10, 2)", "DECIMAL(10, 2)"},
           {"national character varying (5)", "VARCHAR(5)"},
           {"bit varying", "BIT"},
           {"time with time zone", "TIME WITH TIME ZONE"},
           {"timestamp without time zone", "TIMESTAMP"},
           {"timestamp with time zone", "TIMESTAMP WITH TIME ZONE"},
           {"timestamp(0)", "TIMESTAMP_S"},
           {"timestamp(3)", "TIMESTAMP_MS"},
           {"timestamp(6)", "TIMESTAMP"},
           {"timestamp(9)", "TIMESTAMP_NS"},
           {"Text", "Text"},
           {"HugeInt", "HugeInt"},
           {"struct(a int, \"b c\" varchar[])[3][]", "STRUCT(a INTEGER, \"b c\" VARCHAR[])[3][]"},
           {"map(int, row(x int))", "MAP(INTEGER, STRUCT(x INTEGER))"},
           {"enum('a', 'b')", "enum('a', 'b')"},
           {"int array", "INTEGER[]"},
           {"int array[2]", "INTEGER[2]"},
           {"s.t", "s.t"},
           {"\"select\"", "\"select\""},
       }) {
    const auto type = ParseTypeName(test.sql);
    ASSERT_TRUE(type.ok()) << test.sql << type.status().ToString();
    EXPECT_EQ(ToString(*type), test.printed) << test.sql;
  }
  const auto type = ParseTypeName("decimal(10,2)[][4]");
  ASSERT_TRUE(type.ok());
  EXPECT_EQ(type->modifiers[1]->As<LiteralExpression>().value, "2");
  EXPECT_EQ(type->dimensions, (std::vector<int64_t>{TypeName::kVariableLength, 4}));
}

TEST(ExpressionParserTest, CallsCarryWhatAggregatesNeed) {
  const ExpressionPtr expression =
      Parse("S.Agg(distinct a, n := b order by c desc nulls first, d) filter (where e)");
  const auto& call = expression->As<FunctionExpression>();
  EXPECT_EQ(call.name, "agg");
  ASSERT_EQ(call.qualifier.size(), 1u);
  EXPECT_EQ(call.qualifier[0].text, "S");
  EXPECT_TRUE(call.distinct);
  ASSERT_EQ(call.arguments.size(), 2u);
  EXPECT_TRUE(call.arguments[0].name.empty());
  EXPECT_EQ(call.arguments[1].name.text, "n");
  ASSERT_EQ(call.order_by.size(), 2u);
  EXPECT_EQ(call.order_by[0].direction, SortDirection::kDescending);
  EXPECT_EQ(call.order_by[0].nulls, NullOrder::kFirst);
  EXPECT_EQ(call.order_by[1].direction, SortDirection::kDefault);
  ASSERT_NE(call.filter, nullptr);
}

TEST(ExpressionParserTest, WindowsAreParsedWhole) {
  const ExpressionPtr expression = Parse(
      "sum(a) over (w partition by b, c order by d rows between 2 preceding and unbounded "
      "following "
      "exclude ties)");
  const auto& window = expression->As<WindowExpression>().window;
  EXPECT_EQ(window.base.text, "w");
  EXPECT_FALSE(window.is_reference);
  EXPECT_EQ(window.partition_by.size(), 2u);
  EXPECT_EQ(window.order_by.size(), 1u);
  EXPECT_TRUE(window.has_frame);
  EXPECT_EQ(window.unit, FrameUnit::kRows);
  EXPECT_EQ(window.start.kind, FrameBoundKind::kPreceding);
  EXPECT_EQ(window.end.kind, FrameBoundKind::kUnboundedFollowing);
  EXPECT_EQ(window.exclusion, FrameExclusion::kTies);
  EXPECT_TRUE(Parse("f() over w")->As<WindowExpression>().window.is_reference);
}

TEST(ExpressionParserTest, KeywordsAreNamesWhereTheirClassAllows) {
  for (const char* sql :
       {"year", "\"select\"", "t.select", "values", "date", "interval", "position", "columns",
        "left(a, 1)", "f(left := 1)", "replace(a, b, c)", "map([1], [2])", "row", "a.left"}) {
    EXPECT_TRUE(ParseExpression(sql).ok()) << sql;
  }
  for (const char* sql :
       {"left", "select", "from", "left.a", "int(1)", "values(1)", "order", "user.", "end"}) {
    EXPECT_FALSE(ParseExpression(sql).ok()) << sql;
  }
}

TEST(ExpressionCompareTest, IgnoresWhatHasNoMeaning) {
  const auto equal = [](std::string_view left, std::string_view right) {
    const ExpressionPtr a = Parse(left);
    const ExpressionPtr b = Parse(right);
    if (Equal(*a, *b)) {
      EXPECT_EQ(Hash(*a), Hash(*b)) << left;
      EXPECT_TRUE(ExpressionEqual()(a.get(), b.get()));
      EXPECT_EQ(ExpressionHash()(a.get()), ExpressionHash()(b.get()));
    }
    return Equal(*a, *b);
  };
  EXPECT_TRUE(equal("A + b", " a+B"));
  EXPECT_TRUE(equal("Sum(X)", "sum(x)"));
  EXPECT_TRUE(equal("1_000", "1000"));
  EXPECT_TRUE(equal("cast(a as TEXT)", "a::text"));
  EXPECT_TRUE(equal("a in (select X from T)", "a IN (SELECT x FROM t)"));
  EXPECT_TRUE(equal("f(a order by b)", "F(A ORDER BY B)"));
  EXPECT_TRUE(equal("case a when 1 then 2 end", "CASE a WHEN 1 THEN 2 ELSE NULL END"));
  EXPECT_FALSE(equal("'A'", "'a'"));
  EXPECT_FALSE(equal("1", "1.0"));
  EXPECT_FALSE(equal("1", "'1'"));
  EXPECT_FALSE(equal("a", "t.a"));
  EXPECT_FALSE(equal("a + b", "b + a"));
  EXPECT_FALSE(equal("f(a)", "f(distinct a)"));
  EXPECT_FALSE(equal("f(a)", "f(a, a)"));
  EXPECT_FALSE(equal("cast(a as int)", "try_cast(a as int)"));
  EXPECT_FALSE(equal("a::decimal(10, 2)", "a::decimal(10, 3)"));
  EXPECT_FALSE(equal("a::int", "a::int[]"));
  EXPECT_FALSE(equal("a < b", "a > b"));
  EXPECT_FALSE(equal("(select 1)", "(select 1 limit 1)"));
  EXPECT_FALSE(equal("(select a from t)", "(select a from u)"));
  EXPECT_FALSE(equal("sum(a) over ()", "sum(a) over (order by b)"));
  EXPECT_FALSE(equal("a[1:]", "a[:1]"));
}

TEST(ColumnNameTest, FollowsTheReference) {
  struct NameCase {
    std::string sql;
    std::string name;
  };
  for (const NameCase& test : std::vector<NameCase>{
           {"count(*)", "count_star()"},
           {"SUM(x)", "sum(x)"},
           {"a+b", "(a + b)"},
           {"t.Abc", "Abc"},
           {"\"Weird Col\"", "Weird Col"},
           {"(st).x", "(st).x"},
           {"a::int", "CAST(a AS INTEGER)"},
           {"count(*) over ()", "count() OVER ()"},
           {"case a when 1 then 2 end", "CASE  WHEN ((a = 1)) THEN (2) ELSE NULL END"},
           {"(select 1)", "(SELECT 1)"},
           {"year(d)", "\"year\"(d)"},
           {"a || \"b c\"", "(a || \"b c\")"}}) {
    EXPECT_EQ(ColumnName(*Parse(test.sql)), test.name) << test.sql;
  }
}

TEST(QuoteTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(QuoteIdentifier("abc"), "abc");
  EXPECT_EQ(QuoteIdentifier("Abc_1"), "Abc_1");
  EXPECT_EQ(QuoteIdentifier("1a"), "\"1a\"");
  EXPECT_EQ(QuoteIdentifier("a b"), "\"a b\"");
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteIdentifier("Select"), "\"Select\"");
  EXPECT_EQ(QuoteIdentifier("é"), "\"é\"");
  EXPECT_EQ(QuoteIdentifier(""), "\"\"");
  EXPECT_EQ(QuoteString("it's"), "'it''s'");
}

}  // namespace
}  // namespace trivet
