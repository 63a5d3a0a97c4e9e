#include <gtest/gtest.h>

#include <string>

#include "sql/parser.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"

namespace trivet {
namespace {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this test's subject

StatementPtr Parse(std::string_view sql) {
  auto result = ParseStatement(sql);
  EXPECT_TRUE(result.ok()) << sql << "\n" << result.status().Render(sql);
  return result.ok() ? std::move(result).value() : ParseStatement("select 1").value();
}

// The statement owns the query; keep it.
const SelectQuery& Select(const StatementPtr& statement) {
  return statement->As<QueryStatement>().query->As<SelectQuery>();
}

struct Case {
  std::string sql;
  std::string printed;
};

void ExpectPrinted(const std::vector<Case>& cases) {
  for (const Case& test : cases) EXPECT_EQ(ToString(*Parse(test.sql)), test.printed) << test.sql;
}

TEST(QueryParserTest, OneMeaningBecomesOneForm) {
  ExpectPrinted({
      {"from t", "SELECT * FROM t"},
      {"from t select a, b", "SELECT a, b FROM t"},
      {"table s.t", "SELECT * FROM s.t"},
      {"select all a", "SELECT a"},
      {"select x: a, b c, d as \"e f\"", "SELECT a AS x, b AS c, d AS \"e f\""},
      {"from x: t", "SELECT * FROM t AS x"},
      {"select a from t group by *", "SELECT a FROM t GROUP BY ALL"},
      {"select a from t order by *", "SELECT a FROM t ORDER BY ALL"},
      {"select a from t group by (a, b), (c)", "SELECT a FROM t GROUP BY a, b, c"},
      {"select 1 offset 2 rows fetch first 3 rows only", "SELECT 1 LIMIT 3 OFFSET 2"},
      {"select 1 limit all", "SELECT 1"},
      {"select 1 limit 5 percent", "SELECT 1 LIMIT (5) %"},
      {"(select 1) limit 3", "SELECT 1 LIMIT 3"},
      {"(select a order by a) limit 3", "SELECT a ORDER BY a LIMIT 3"},
      {"(select a limit 3) order by a", "SELECT * FROM (SELECT a LIMIT 3) ORDER BY a"},
      {"((select 1))", "SELECT 1"},
      {"with a as (select 1) (with b as (select 2) from b)",
       "WITH a AS (SELECT 1), b AS (SELECT 2) SELECT * FROM b"},
      {"with a as (select 1) (with a as (select 2) from a)",
       "WITH a AS (SELECT 1) SELECT * FROM (WITH a AS (SELECT 2) SELECT * FROM a)"},
      {"describe t", "SELECT * FROM (DESCRIBE t)"},
      {"desc select 1", "SELECT * FROM (DESCRIBE SELECT 1)"},
      {"summarize 'x.csv'", "SELECT * FROM (SUMMARIZE 'x.csv')"},
      {"show tables from s", "SELECT * FROM (SHOW TABLES FROM s)"},
      {"show t", "SELECT * FROM (DESCRIBE t)"},
      {"select * from (show all tables) x", "SELECT * FROM (SHOW ALL TABLES) AS x"},
      {"select * from values (1, 2) v(a, b)", "SELECT * FROM (VALUES (1, 2)) AS v(a, b)"},
      {"select * from ((t)) x", "SELECT * FROM t AS x"},
      {"select * from (t y) x", "SELECT * FROM (SELECT * FROM t AS y) AS x"},
      {"select * from (t join u on a) x(b)",
       "SELECT * FROM (SELECT * FROM (t INNER JOIN u ON (a))) AS x(b)"},
      {"select * from f(1, a = 2, \"b\" := 3, c => 4, d.e = 5)",
       "SELECT * FROM f(1, a := 2, b := 3, c := 4, (d.e = 5))"},
      {"select a from t tablesample 10% using sample 5 rows",
       "SELECT a FROM t TABLESAMPLE (10 PERCENT) USING SAMPLE (5 ROWS)"},
  });
}

TEST(QueryParserTest, SetOperationsAssociateToTheLeftAndIntersectFirst) {
  ExpectPrinted({
      {"select 1 union select 2 union all select 3 intersect select 4 except select 5",
       "(((SELECT 1) UNION (SELECT 2)) UNION ALL ((SELECT 3) INTERSECT (SELECT 4))) EXCEPT (SELECT "
       "5)"},
      {"select 1 union all select 2 union all select 3",
       "(SELECT 1) UNION ALL (SELECT 2) UNION ALL (SELECT 3)"},
      {"(select 1 except select 2) except select 3",
       "(SELECT 1) EXCEPT (SELECT 2) EXCEPT (SELECT 3)"},
      {"select 1 except (select 2 except select 3)",
       "(SELECT 1) EXCEPT ((SELECT 2) EXCEPT (SELECT 3))"},
      {"select 1 union all by name select 2 order by 1 limit 2",
       "(SELECT 1) UNION ALL BY NAME (SELECT 2) ORDER BY 1 LIMIT 2"},
      {"(select 1 limit 1) union all (select 2)", "(SELECT 1 LIMIT 1) UNION ALL (SELECT 2)"},
      {"(select 1 union select 2 limit 1) union select 3",
       "((SELECT 1) UNION (SELECT 2) LIMIT 1) UNION (SELECT 3)"},
  });
}

TEST(QueryParserTest, JoinsNestAsWritten) {
  ExpectPrinted({
      {"from t join u on a left outer join v using (b, c)",
       "SELECT * FROM ((t INNER JOIN u ON (a)) LEFT JOIN v USING (b, c))"},
      {"from t join u join v on a on b",
       "SELECT * FROM (t INNER JOIN (u INNER JOIN v ON (a)) ON (b))"},
      {"from t full join (u cross join v) on a",
       "SELECT * FROM (t FULL JOIN (u CROSS JOIN v) ON (a))"},
      {"from t natural right join u", "SELECT * FROM (t NATURAL RIGHT JOIN u)"},
      {"from t asof left join u on a >= b", "SELECT * FROM (t ASOF LEFT JOIN u ON ((a >= b)))"},
      {"from t semi join u on a anti join v using (b) positional join w",
       "SELECT * FROM (((t SEMI JOIN u ON (a)) ANTI JOIN v USING (b)) POSITIONAL JOIN w)"},
      {"from a, b join c on d, lateral (select 1) e",
       "SELECT * FROM a , (b INNER JOIN c ON (d)) , LATERAL (SELECT 1) AS e"},
  });
}

TEST(QueryParserTest, SelectKeepsEveryClause) {
  const StatementPtr statement = Parse(
      "with recursive c(x) as not materialized (select 1) "
      "select distinct on (a, b) a, sum(b) s from t, u where w group by a, rollup(b, (c, d)) "
      "having h "
      "window v as (order by a) qualify q using sample 10% (bernoulli, 7) "
      "order by a desc nulls last, b limit 5 offset 6");
  const SelectQuery& query = Select(statement);
  EXPECT_TRUE(query.recursive);
  ASSERT_EQ(query.with.size(), 1u);
  EXPECT_EQ(query.with[0].columns.size(), 1u);
  EXPECT_EQ(query.with[0].materialization, Materialization::kNotMaterialized);
  EXPECT_EQ(query.distinct, DistinctKind::kDistinctOn);
  EXPECT_EQ(query.distinct_on.size(), 2u);
  ASSERT_EQ(query.items.size(), 2u);
  EXPECT_EQ(query.items[1].alias.text, "s");
  EXPECT_EQ(query.from.size(), 2u);
  EXPECT_NE(query.where, nullptr);
  ASSERT_EQ(query.group_by.size(), 2u);
  EXPECT_EQ(query.group_by[1].kind, GroupingKind::kRollup);
  EXPECT_EQ(query.group_by[1].children[1].expressions.size(), 2u);
  EXPECT_NE(query.having, nullptr);
  EXPECT_EQ(query.windows.size(), 1u);
  EXPECT_NE(query.qualify, nullptr);
  ASSERT_TRUE(query.sample.has_value());
  EXPECT_TRUE(query.sample->is_percent);
  EXPECT_EQ(query.sample->method.text, "bernoulli");
  EXPECT_NE(query.sample->seed, nullptr);
  ASSERT_EQ(query.order_by.size(), 2u);
  EXPECT_EQ(query.order_by[0].nulls, NullOrder::kLast);
  EXPECT_NE(query.limit, nullptr);
  EXPECT_NE(query.offset, nullptr);
}

TEST(QueryParserTest, GroupingSetsKeepTheirShape) {
  const StatementPtr statement =
      Parse("select 1 from t group by grouping sets ((a, b), a, (), cube(c)), ()");
  const SelectQuery& query = Select(statement);
  ASSERT_EQ(query.group_by.size(), 2u);
  const GroupingElement& sets = query.group_by[0];
  EXPECT_EQ(sets.kind, GroupingKind::kGroupingSets);
  ASSERT_EQ(sets.children.size(), 4u);
  EXPECT_EQ(sets.children[0].kind, GroupingKind::kSet);
  EXPECT_EQ(sets.children[1].kind, GroupingKind::kExpression);
  EXPECT_EQ(sets.children[2].kind, GroupingKind::kEmpty);
  EXPECT_EQ(sets.children[3].kind, GroupingKind::kCube);
  EXPECT_EQ(query.group_by[1].kind, GroupingKind::kEmpty);
}

TEST(QueryParserTest, StarsKeepTheirLists) {
  const StatementPtr statement =
      Parse("select t.* exclude (a, u.b) replace (c + 1 as c) rename (d as e) from t");
  const auto& star = Select(statement).items[0].expression->As<StarExpression>();
  EXPECT_EQ(star.relation.size(), 1u);
  ASSERT_EQ(star.exclude.size(), 2u);
  EXPECT_EQ(star.exclude[1].size(), 2u);
  ASSERT_EQ(star.replace.size(), 1u);
  EXPECT_EQ(star.replace[0].column.text, "c");
  ASSERT_EQ(star.rename.size(), 1u);
  EXPECT_EQ(star.rename[0].name.text, "e");
}

TEST(QueryParserTest, FilesAreTables) {
  const StatementPtr statement = Parse("from 'a/*.parquet', \"b.csv\" x");
  const SelectQuery& query = Select(statement);
  const auto& file = query.from[0]->As<NamedTable>();
  EXPECT_TRUE(file.is_string);
  EXPECT_EQ(file.name[0].text, "a/*.parquet");
  EXPECT_EQ(file.position, 5u);
  EXPECT_FALSE(query.from[1]->As<NamedTable>().is_string);
  EXPECT_EQ(query.from[1]->alias.text, "x");
}

TEST(QueryParserTest, CopiesAreEqual) {
  for (const char* sql :
       {"with a as (select 1) select b, c d from t x(y) join u using (z) where e in (select 1) "
        "group by cube(f) "
        "having g window w as (order by h) qualify i using sample 3 order by all limit 5% offset 1",
        "values (1, 'a'), (2, default)", "select 1 union all by name (select 2 order by 1)",
        "from (describe t) a, lateral f(1) with ordinality, t tablesample 5 rows"}) {
    const StatementPtr statement = Parse(sql);
    const Query& query = *statement->As<QueryStatement>().query;
    const QueryPtr copy = Clone(query);
    EXPECT_TRUE(Equal(query, *copy)) << sql;
    EXPECT_EQ(ToString(query), ToString(*copy)) << sql;
    EXPECT_EQ(query.position, copy->position);
  }
}

TEST(QueryCompareTest, EveryClauseCounts) {
  const std::string base = "select a from t";
  for (const char* other : {"select b from t",
                            "select a x from t",
                            "select distinct a from t",
                            "select a from u",
                            "select a from t x",
                            "select a from t, t",
                            "select a from t where a",
                            "select a from t group by a",
                            "select a from t group by all",
                            "select a from t having a",
                            "select a from t qualify a",
                            "select a from t order by a",
                            "select a from t limit 1",
                            "select a from t offset 1",
                            "with c as (select 1) select a from t",
                            "select a from t using sample 1",
                            "select a from t tablesample 1",
                            "values (1)",
                            "select a from t union select a from t",
                            "select a from 't'",
                            "select a from t()",
                            "select a from (from t)",
                            "select a from t join u on a",
                            "select a from s.t"}) {
    EXPECT_FALSE(Equal(*Parse(base), *Parse(other))) << other;
  }
  EXPECT_TRUE(Equal(*Parse(base), *Parse("FROM T SELECT A")));
}

}  // namespace
}  // namespace trivet
