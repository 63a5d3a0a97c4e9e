#include "sql/binder/testing.h"

namespace trivet::binder_testing {
namespace {

class StatementTest : public BinderTest {
 protected:
  template <typename Body>
  Body BindAs(const std::string& sql) {
    Result<BoundStatement> bound = BindStatement(sql);
    if (!bound.ok() || !std::holds_alternative<Body>(bound->body)) {
      ADD_FAILURE() << sql << "\n" << bound.status().Render(sql);
      return Body();
    }
    return std::move(std::get<Body>(bound->body));
  }
  std::string Expressions(const BoundQuery& query) {
    EXPECT_TRUE(ValidatePlan(*query.plan).ok()) << PlanToString(*query.plan);
    std::string text = PlanToString(*query.plan);
    return text.substr(0, text.find('\n'));
  }
  void Add(BoundCreateTable created) {
    CatalogEntry entry;
    entry.schema = created.table.schema;
    entry.name = created.table.name;
    entry.table = std::make_shared<const MemoryTable>(created.columns, MemoryChunks{});
    entry.defaults = created.defaults;
    ASSERT_TRUE(catalog_.Create(std::move(entry), created.on_conflict).ok());
  }
};

TEST_F(StatementTest, CreateTable) {
  const auto bound = BindAs<BoundCreateTable>(
      "CREATE OR REPLACE TEMP TABLE n (a INTEGER NOT NULL, b VARCHAR DEFAULT 1 + 1)");
  EXPECT_EQ(bound.table.schema, "temp");
  EXPECT_EQ(bound.on_conflict, OnConflict::kReplace);
  ASSERT_EQ(bound.columns.size(), 2u);
  EXPECT_TRUE(bound.columns[0].not_null);
  EXPECT_EQ(bound.defaults[0], nullptr);
  EXPECT_EQ(bound.defaults[1]->type().ToString(), "VARCHAR");
  ExpectError("CREATE TABLE t (a INTEGER)", StatusCode::kAlreadyExists, "already exists", "t (");
  EXPECT_EQ(BindAs<BoundCreateTable>("CREATE TABLE IF NOT EXISTS t (a INTEGER)").on_conflict,
            OnConflict::kIgnore);
  ExpectError("CREATE TABLE n (a INTEGER, A INTEGER)", StatusCode::kAlreadyExists,
              "Column with name");
  ExpectError("CREATE TABLE nowhere.n (a INTEGER)", StatusCode::kNotFound, "nowhere");
  ExpectInvalid("CREATE TABLE n (a INTEGER DEFAULT b)", "b");
  for (const auto& [sql, feature] : std::vector<std::pair<std::string, std::string>>{
           {"CREATE TABLE n (a INTEGER PRIMARY KEY)", "PRIMARY KEY"},
           {"CREATE TABLE n (a INTEGER UNIQUE)", "UNIQUE"},
           {"CREATE TABLE n (a INTEGER CHECK (a > 1))", "CHECK"},
           {"CREATE TABLE n (a INTEGER, FOREIGN KEY (a) REFERENCES t (a))", "FOREIGN KEY"},
           {"CREATE TABLE n (a INTEGER, b AS (a + 1))", "generated columns"}}) {
    ExpectUnsupported(sql, feature);
  }
}

TEST_F(StatementTest, CreateTableAsQuery) {
  const auto bound = BindAs<BoundCreateTable>("CREATE TABLE n AS SELECT a, a, NULL AS z FROM t");
  ASSERT_EQ(bound.columns.size(), 3u);
  EXPECT_EQ(bound.columns[1].name, "a_1");
  EXPECT_EQ(bound.columns[2].type.ToString(), "INTEGER");
  EXPECT_TRUE(ValidatePlan(*bound.query->plan).ok());
  const auto named =
      BindAs<BoundCreateTable>("CREATE TABLE n(x) AS SELECT a, b FROM t WITH NO DATA");
  EXPECT_EQ(named.columns[0].name, "x");
  EXPECT_NE(PlanToString(*named.query->plan).find("LIMIT  Limit: 0"), std::string::npos);
  ExpectInvalid("CREATE TABLE n(x, y, z) AS SELECT a, b FROM t", "more column names", "z)");
}

TEST_F(StatementTest, CreateViewKeepsItsText) {
  const auto bound = BindAs<BoundCreateView>("CREATE VIEW w(p) AS SELECT a,  b FROM t -- all");
  EXPECT_EQ(bound.view.schema, "main");
  EXPECT_EQ(bound.sql, "SELECT a,  b FROM t");
  EXPECT_EQ(bound.column_names, std::vector<std::string>{"p"});
  ExpectInvalid("CREATE VIEW w AS SELECT nope FROM t", "nope", "nope");
  ExpectInvalid("CREATE VIEW w(p, q) AS SELECT a FROM t", "More VIEW aliases", "q)");
  ExpectError("CREATE VIEW t AS SELECT 1", StatusCode::kAlreadyExists, "is of type Table");
}

TEST_F(StatementTest, Drop) {
  const auto bound = BindAs<BoundDrop>("DROP TABLE t, main.u");
  EXPECT_EQ(bound.names.size(), 2u);
  EXPECT_TRUE(BindAs<BoundDrop>("DROP TABLE IF EXISTS nope").if_exists);
  ExpectError("DROP TABLE tt", StatusCode::kNotFound, "Did you mean \"t\"?", "tt");
  ExpectInvalid("DROP VIEW t", "is of type Table, trying to drop type View", "t");
}

TEST_F(StatementTest, Insert) {
  EXPECT_EQ(Expressions(BindAs<BoundInsert>("INSERT INTO v (y) SELECT a FROM t").query),
            "PROJECT  Expressions: CAST(NULL AS INTEGER), CAST(a AS VARCHAR)");
  EXPECT_EQ(Expressions(
                BindAs<BoundInsert>("INSERT INTO v BY NAME SELECT 'q' AS Y, a AS x FROM t").query),
            "PROJECT  Expressions: x, Y");
  ExpectInvalid("INSERT INTO v VALUES (1)", "has 2 columns but 1 values were supplied");
  ExpectInvalid("INSERT INTO v (x, z) VALUES (1, 2)", "does not have a column with name \"z\"",
                "z)");
  ExpectInvalid("INSERT INTO v (x, X) VALUES (1, 2)", "Duplicate column name", "X)");
  ExpectInvalid("INSERT INTO v BY NAME SELECT 1 AS zz", "does not have a column with name \"zz\"");
  ExpectError("INSERT INTO vv VALUES (1)", StatusCode::kNotFound, "Did you mean \"v\"?", "vv");
  ExpectUnsupported("INSERT OR REPLACE INTO v VALUES (1, 'x')", "INSERT OR REPLACE");
  ExpectUnsupported("INSERT INTO v VALUES (1, 'x') ON CONFLICT DO NOTHING", "ON CONFLICT");
  ExpectUnsupported("INSERT INTO v VALUES (1, 'x') RETURNING x", "RETURNING");
  AddView("w", "SELECT 1");
  ExpectInvalid("INSERT INTO w VALUES (1)", "is a view", "w VALUES");
}

TEST_F(StatementTest, InsertedValuesAndDefaults) {
  Add(BindAs<BoundCreateTable>("CREATE TABLE n (a INTEGER DEFAULT 7, b VARCHAR, c DATE)"));
  // Each cell goes to its column's type by itself: rows need not agree with one another.
  const auto bound =
      BindAs<BoundInsert>("INSERT INTO n VALUES (DEFAULT, 1, NULL), ('2', DEFAULT, '2020-01-01')");
  EXPECT_TRUE(ValidatePlan(*bound.query.plan).ok());
  const auto& values = static_cast<const LogicalValues&>(bound.query.plan->child());
  EXPECT_EQ(values.rows[0][0]->ToString(), "7");
  EXPECT_EQ(values.columns[1].type.ToString(), "VARCHAR");
  EXPECT_EQ(Expressions(BindAs<BoundInsert>("INSERT INTO n DEFAULT VALUES").query),
            "PROJECT  Expressions: 7, CAST(NULL AS VARCHAR), CAST(NULL AS DATE)");
  EXPECT_EQ(Expressions(BindAs<BoundInsert>("INSERT INTO n (c) SELECT d FROM t").query),
            "PROJECT  Expressions: 7, CAST(NULL AS VARCHAR), d");
}

TEST_F(StatementTest, Copy) {
  auto bound =
      BindAs<BoundCopyTo>("COPY (SELECT a FROM t) TO 'x.parquet' (ROW_GROUP_SIZE 10, HEADER)");
  EXPECT_EQ(bound.format, "parquet");
  EXPECT_EQ(bound.path, "x.parquet");
  ASSERT_EQ(bound.options.size(), 2u);
  EXPECT_EQ(bound.options[0].first, "row_group_size");
  EXPECT_EQ(bound.options[0].second, Value::Int32(10));
  EXPECT_EQ(bound.options[1].second, Value::Boolean(true));
  EXPECT_EQ(BindAs<BoundCopyTo>("COPY t (b) TO 'x.csv.gz'").format, "csv");
  EXPECT_EQ(BindAs<BoundCopyTo>("COPY t TO 'x.txt' WITH (FORMAT json)").format, "json");
  EXPECT_EQ(BindAs<BoundCopyTo>("COPY t TO 'data'").format, "csv");
  ExpectInvalid("COPY t TO 'x' (header, HEADER)", "given twice");
  ExpectError("COPY t FROM 'x.zzz' (FORMAT zzz)", StatusCode::kNotFound, "zzz");

  TableFunction reader;
  reader.name = "read_csv";
  reader.named_parameters = {"delim"};
  reader.bind = [](const TableFunctionCall& call) -> Result<TablePtr> {
    EXPECT_EQ(call.arguments[0], Value::Varchar("x.csv"));
    EXPECT_EQ(call.named_arguments.size(), 1u);
    return std::make_shared<const MemoryTable>(
        std::vector<ColumnDefinition>{{"p", TypeId::kVarchar}, {"q", TypeId::kInt64}},
        MemoryChunks{});
  };
  table_functions_.Add(std::move(reader));
  EXPECT_EQ(Expressions(BindAs<BoundInsert>("COPY v FROM 'x.csv' (DELIM '|')").query),
            "PROJECT  Expressions: CAST(p AS INTEGER), CAST(q AS VARCHAR)");
  ExpectInvalid("COPY v FROM 'x.csv' (NOPE 1)", "no option nope");
}

TEST_F(StatementTest, SettingsAndPragmas) {
  const auto set = BindAs<BoundSet>("SET SESSION Threads = 1 + 3");
  EXPECT_EQ(set.name, "threads");
  EXPECT_EQ(set.value, Value::Int32(4));
  EXPECT_FALSE(BindAs<BoundSet>("RESET threads").value.has_value());
  EXPECT_FALSE(BindAs<BoundSet>("SET threads = DEFAULT").value.has_value());
  EXPECT_EQ(BindAs<BoundSet>("PRAGMA threads = 3").value, Value::Int32(3));
  ExpectUnsupported("SET VARIABLE x = 1", "SET VARIABLE");
  ExpectUnsupported("PRAGMA enable_nonsense", "PRAGMA enable_nonsense");
  EXPECT_EQ(
      Columns("PRAGMA table_info('t')"),
      "cid INTEGER, name VARCHAR, type VARCHAR, notnull BOOLEAN, dflt_value VARCHAR, pk BOOLEAN");
  EXPECT_EQ(Columns("PRAGMA version"),
            "library_version VARCHAR, source_id VARCHAR, codename VARCHAR");
}

TEST_F(StatementTest, Explain) {
  const auto bound = BindAs<BoundExplain>("EXPLAIN (ANALYZE, FORMAT json) SELECT 1");
  EXPECT_TRUE(bound.analyze);
  EXPECT_TRUE(bound.json);
  EXPECT_TRUE(std::holds_alternative<BoundQuery>(bound.statement->body));
  ExpectInvalid("EXPLAIN SELECT nope", "nope", "nope");
  ExpectUnsupported("EXPLAIN (FORMAT html) SELECT 1", "html");
}

TEST_F(StatementTest, DescribeAndShow) {
  EXPECT_EQ(Columns("DESCRIBE t"),
            "column_name VARCHAR, column_type VARCHAR, null VARCHAR, key VARCHAR, default VARCHAR, "
            "extra VARCHAR");
  EXPECT_EQ(Columns("SHOW TABLES"), "name VARCHAR");
  EXPECT_EQ(Columns("SHOW threads"), "threads BIGINT");
  EXPECT_EQ(Columns("SELECT database, name FROM (SHOW ALL TABLES)"),
            "database VARCHAR, name VARCHAR");
  EXPECT_EQ(
      Columns("SUMMARIZE t"),
      "column_name VARCHAR, column_type VARCHAR, min VARCHAR, max VARCHAR, approx_unique BIGINT, "
      "avg VARCHAR, std VARCHAR, q25 VARCHAR, q50 VARCHAR, q75 VARCHAR, count BIGINT, "
      "null_percentage DECIMAL(9,2)");
  EXPECT_EQ(CountOf(Plan("SUMMARIZE SELECT a, b FROM t"), "SCAN  Table: t"), 1u);
  ExpectError("DESCRIBE nope", StatusCode::kNotFound, "nope");
}

TEST_F(StatementTest, Listings) {
  const BoundQuery columns = BindQuery("SELECT * FROM duckdb_columns()");
  EXPECT_NE(PlanToString(*columns.plan).find("VALUES  Rows: 11\n"), std::string::npos);
  EXPECT_EQ(Columns("SELECT name, value FROM duckdb_settings()"), "name VARCHAR, value VARCHAR");
  EXPECT_EQ(Columns("SELECT table_name FROM information_schema.tables WHERE table_type = 'VIEW'"),
            "table_name VARCHAR");
  EXPECT_EQ(Columns("SELECT function_name FROM trivet_functions() WHERE function_type = 'scalar'"),
            "function_name VARCHAR");
  EXPECT_EQ(Columns("SELECT type_name, logical_type FROM duckdb_types()"),
            "type_name VARCHAR, logical_type VARCHAR");
  EXPECT_EQ(Columns("CALL pragma_version()"),
            "library_version VARCHAR, source_id VARCHAR, codename VARCHAR");
}

}  // namespace
}  // namespace trivet::binder_testing
