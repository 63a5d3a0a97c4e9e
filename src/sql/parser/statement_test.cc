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

struct Case {
  std::string sql;
  std::string printed;
};

TEST(StatementParserTest, OneMeaningBecomesOneForm) {
  for (const Case& test : std::vector<Case>{
           {"create or replace temp table a.t (a int not null default 1 + 2, b varchar(5) unique,)",
            "CREATE OR REPLACE TEMPORARY TABLE a.t (a INTEGER NOT NULL DEFAULT ((1 + 2)), b "
            "VARCHAR(5) UNIQUE)"},
           {"create table t (a int default 1 not null primary key check (a > 0), c int references "
            "u(x), b as (a), "
            "unique (a, b), constraint q foreign key (a) references v)",
            "CREATE TABLE t (a INTEGER NOT NULL DEFAULT (1) PRIMARY KEY CHECK ((a > 0)), c INTEGER "
            "REFERENCES u (x), "
            "b GENERATED ALWAYS AS (a) VIRTUAL, UNIQUE (a, b), FOREIGN KEY (a) REFERENCES v)"},
           {"create table if not exists t(x, y) as from u with no data",
            "CREATE TABLE IF NOT EXISTS t(x, y) AS SELECT * FROM u WITH NO DATA"},
           {"create view if not exists v(a) as select 1",
            "CREATE VIEW IF NOT EXISTS v(a) AS SELECT 1"},
           {"drop table if exists a, b.c cascade", "DROP TABLE IF EXISTS a, b.c CASCADE"},
           {"drop view v restrict", "DROP VIEW v"},
           {"insert or replace into t as x by name (a, b) values (1, default) returning a, b c",
            "INSERT OR REPLACE INTO t AS x BY NAME (a, b) VALUES (1, DEFAULT) RETURNING a, b AS c"},
           {"insert into t (select 1)", "INSERT INTO t SELECT 1"},
           {"insert into t default values", "INSERT INTO t DEFAULT VALUES"},
           {"with c as (select 1) insert into t from c",
            "INSERT INTO t WITH c AS (SELECT 1) SELECT * FROM c"},
           {"insert into t values (1) on conflict (a) where b do update set c = 1, (d, e) = (2, 3) "
            "where f",
            "INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b DO UPDATE SET c = 1, (d, e) = "
            "\"row\"(2, 3) WHERE f"},
           {"copy t to 'x' with (format = parquet, header, partition_by (a, 'b'), n -1, q on)",
            "COPY t TO 'x' (format 'parquet', \"header\", partition_by ('a', 'b'), n -1, q 'on')"},
           {"copy t to 'x' csv header delimiter as ';'",
            "COPY t TO 'x' (format 'csv', \"header\", \"delimiter\" ';')"},
           {"copy t from stdin", "COPY t FROM '/dev/stdin'"},
           {"copy (from t) to ('a' || 'b')", "COPY (SELECT * FROM t) TO (('a' || 'b'))"},
           {"explain (analyze, format json) select 1", "EXPLAIN ANALYZE (format 'json') SELECT 1"},
           {"explain (select 1)", "EXPLAIN SELECT 1"},
           {"set session a to 'x'", "SET SESSION a = 'x'"},
           {"set time zone 'utc'", "SET timezone = 'utc'"},
           {"set x = on", "SET x = 'on'"},
           {"set x = default", "SET x = DEFAULT"},
           {"set session = 1", "SET \"session\" = 1"},
           {"set variable x = 1 + a", "SET VARIABLE x = (1 + a)"},
           {"set x = (a)", "SET x = (a)"},
           {"pragma x = (a)", "PRAGMA x = (a)"},
           {"copy t to 'x' (a ' b'.c, d e + 1)", "COPY t TO 'x' (a ((' b').c), d ((e + 1)))"},
           {"copy t to 'x' (a ((b)), c (d, (e)))", "COPY t TO 'x' (a ((b)), c ('d', (e)))"},
           {"reset global x", "RESET GLOBAL x"},
           {"pragma a = b", "PRAGMA a = 'b'"},
           {"pragma a(1, 'b')", "PRAGMA a(1, 'b')"},
           {"use a.b", "USE a.b"},
           {"prepare p as select ?", "PREPARE p AS SELECT $1"},
           {"execute p(1, a := 2)", "EXECUTE p(1, a := 2)"},
           {"deallocate prepare p", "DEALLOCATE p"},
           {"deallocate all", "DEALLOCATE ALL"},
           {"call s.f(1)", "CALL s.f(1)"},
       }) {
    EXPECT_EQ(ToString(*Parse(test.sql)), test.printed) << test.sql;
  }
}

TEST(StatementParserTest, CopyOfColumnsIsAQuery) {
  const StatementPtr statement = Parse("copy t(a, b) to 'x'");
  const auto& copy = statement->As<CopyStatement>();
  EXPECT_FALSE(copy.is_from);
  EXPECT_EQ(copy.columns.size(), 2u);
  EXPECT_EQ(ToString(*copy.query), "SELECT a, b FROM t");
  const StatementPtr load = Parse("copy t(a) from 'x'");
  EXPECT_TRUE(load->As<CopyStatement>().is_from);
  EXPECT_EQ(load->As<CopyStatement>().query, nullptr);
}

TEST(StatementParserTest, ViewsKeepTheTextOfTheirQuery) {
  const std::string sql = "create view v as  select a -- x\n from t ; select 1";
  const auto statements = ParseStatements(sql);
  ASSERT_TRUE(statements.ok());
  const auto& view = statements->front()->As<CreateViewStatement>();
  EXPECT_EQ(sql.substr(view.query_begin, view.query_end - view.query_begin),
            "select a -- x\n from t");
}

TEST(StatementParserTest, StatementsKnowTheirText) {
  const std::string sql = " ;; select 1 ; -- c\n  insert into t values (';') ;from t";
  const auto statements = ParseStatements(sql);
  ASSERT_TRUE(statements.ok());
  std::vector<std::string> texts;
  for (const StatementPtr& statement : *statements) {
    texts.push_back(sql.substr(statement->begin, statement->end - statement->begin));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"select 1", "insert into t values (';')", "from t"}));
}

TEST(StatementParserTest, ParametersAreListedOnce) {
  const auto names = [](std::string_view sql) {
    std::string result;
    const StatementPtr statement = Parse(sql);
    for (const Identifier& parameter : statement->parameters) result += parameter.text + " ";
    return result;
  };
  EXPECT_EQ(names("select 1"), "");
  EXPECT_EQ(names("select ?, ?"), "1 2 ");
  EXPECT_EQ(names("select $3, ?, $1"), "1 2 3 4 ");
  EXPECT_EQ(names("select $b, $a, $B"), "b a ");
  EXPECT_EQ(names("insert into t values (?, ?2)"), "1 2 ");
  EXPECT_EQ(names("explain select ?"), "1 ");
  EXPECT_EQ(names("prepare p as select ?"), "");
  const StatementPtr prepare = Parse("prepare p as select ?, ?");
  EXPECT_EQ(prepare->As<PrepareStatement>().statement->parameters.size(), 2u);
  const auto two = ParseStatements("select ?; select $a");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ((*two)[0]->parameters[0].text, "1");
  EXPECT_EQ((*two)[1]->parameters[0].text, "a");
}

TEST(StatementParserTest, OtherStatementsAreRecognisedByName) {
  for (const Case& test :
       std::vector<Case>{{"update t set a = 1", "UPDATE"},
                         {"delete from t where a", "DELETE"},
                         {"with a as (select 1) delete from t", "DELETE"},
                         {"truncate table t", "TRUNCATE"},
                         {"merge into t using u on a when matched then delete", "MERGE INTO"},
                         {"alter table t add column a int", "ALTER TABLE"},
                         {"create unique index i on t(a)", "CREATE UNIQUE INDEX"},
                         {"create schema s", "CREATE SCHEMA"},
                         {"create or replace macro f(a) as a", "CREATE MACRO"},
                         {"create recursive view v(a) as select 1", "CREATE RECURSIVE VIEW"},
                         {"create type x as enum ('a')", "CREATE TYPE"},
                         {"drop schema s", "DROP SCHEMA"},
                         {"begin", "BEGIN"},
                         {"start transaction", "START TRANSACTION"},
                         {"commit", "COMMIT"},
                         {"rollback", "ROLLBACK"},
                         {"attach 'x' as y", "ATTACH"},
                         {"vacuum", "VACUUM"},
                         {"load x", "LOAD"},
                         {"pivot t on a using sum(b)", "PIVOT"}}) {
    const auto statements = ParseStatements(test.sql + "; select 1");
    ASSERT_TRUE(statements.ok()) << test.sql << statements.status().ToString();
    ASSERT_EQ(statements->size(), 2u) << test.sql;
    ASSERT_EQ((*statements)[0]->kind, StatementKind::kUnsupported) << test.sql;
    EXPECT_EQ((*statements)[0]->As<UnsupportedStatement>().name, test.printed) << test.sql;
    EXPECT_EQ((*statements)[0]->end, test.sql.size());
  }
}

}  // namespace
}  // namespace trivet
