// Plans come back from their bytes as they were, and run as they did.
#include <bit>
#include <functional>
#include <set>

#include "execution/operators/limit.h"
#include "execution/operators/scan.h"
#include "execution/operators/values.h"
#include "execution/testing/run_plan.h"
#include "fragment/testing/sql_planner.h"

namespace trivet {
namespace {

using testing::SqlPlanner;

// Which operators and expressions a plan is made of.
struct Kinds final {
  std::set<std::string> operators;
  std::set<ExpressionKind> expressions;
};

class KindCollector final : public FieldVisitor {
 public:
  explicit KindCollector(Kinds& kinds) : kinds_(kinds) {}
  void Visit(const PhysicalOperator& op) {
    kinds_.operators.emplace(op.wire_name());
    const_cast<PhysicalOperator&>(op).VisitFields(*this);
    for (const PhysicalPlan& child : op.children()) Visit(*child);
  }
  void Field(std::string_view, bool&) override {}
  void Field(std::string_view, uint64_t&) override {}
  void Field(std::string_view, std::optional<uint64_t>&) override {}
  void Field(std::string_view, std::optional<double>&) override {}
  void Field(std::string_view, std::string&) override {}
  void Field(std::string_view, ExpressionPtr& value) override { Add(value); }
  void Field(std::string_view, std::vector<ExpressionPtr>& values) override {
    for (const ExpressionPtr& value : values) Add(value);
  }
  void Field(std::string_view, std::vector<std::vector<ExpressionPtr>>& rows) override {
    for (const auto& row : rows) {
      for (const ExpressionPtr& value : row) Add(value);
    }
  }
  void Field(std::string_view, std::vector<SortKey>& keys) override {
    for (const SortKey& key : keys) Add(key.expression);
  }
  void Field(std::string_view, std::vector<uint64_t>&) override {}
  void Enumeration(std::string_view, uint8_t&, std::string_view) override {}
  void Field(std::string_view, std::vector<LogicalAggregate::Aggregate>& aggregates) override {
    for (const auto& aggregate : aggregates) {
      for (const ExpressionPtr& argument : aggregate.arguments) Add(argument);
    }
  }
  void Field(std::string_view, TablePtr&) override {}

 private:
  void Add(const ExpressionPtr& expression) {
    if (expression == nullptr) return;
    kinds_.expressions.insert(expression->kind());
    for (const ExpressionPtr& child : expression->children()) Add(child);
  }
  Kinds& kinds_;
};

// Of every kind that SQL can write.
constexpr const char* kStatements[] = {
    "SELECT 1",
    "SELECT NULL, TRUE, 1::TINYINT, 2::SMALLINT, 3::UTINYINT, 4::USMALLINT, 5::UINTEGER, "
    "18446744073709551615::UBIGINT",
    "SELECT -170141183460469231731687303715884105728::HUGEINT, 1.5::FLOAT, 'nan'::DOUBLE",
    "SELECT 12345678901234567890123456789012345.678::DECIMAL(38, 3), -0.05",
    "SELECT '\\xAA\\x00'::BLOB, DATE '2024-02-29', TIME '12:34:56.789', INTERVAL '1' MONTH",
    "SELECT TIMESTAMP '2024-02-29 01:02:03', TIMESTAMPTZ '2024-02-29 01:02:03+02'",
    "SELECT '2024-01-01'::TIMESTAMP_NS, '2024-01-01'::TIMESTAMP_S, '2024-01-01'::TIMESTAMP_MS",
    "SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
    "SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(i, s) WHERE s IS NOT NULL OR i > 1",
    "SELECT * FROM range(10) WHERE range % 3 = 1",
    "SELECT count(*), sum(generate_series) FROM generate_series(5, 100, 7)",
    "SELECT c_name FROM customer WHERE c_name LIKE 'te%1' AND c_name NOT LIKE '%x_'",
    "SELECT c_name FROM customer WHERE c_name ILIKE 'TE%1' OR c_name LIKE 'a!%' ESCAPE '!'",
    "SELECT regexp_replace(c_name, '([0-9])', '<\\1>', 'g'), regexp_matches(c_name, '[0-4]$') "
    "FROM customer",
    "SELECT regexp_extract(c_name, 't (.)', 1) FROM customer",
    "SELECT strftime(o_orderdate, '%d.%m.%Y'), date_part('year', o_orderdate), "
    "date_trunc('month', o_orderdate) FROM orders",
    "SELECT strptime('2024-' || (l_linenumber + 1)::VARCHAR, '%Y-%m') FROM lineitem",
    "SELECT o_orderdate + INTERVAL '3' MONTH, o_orderdate - DATE '1995-01-01' FROM orders",
    "SELECT extract(dow FROM o_orderdate), o_orderdate > DATE '1996-01-01' FROM orders",
    "SELECT l_quantity * l_extendedprice, l_quantity + l_tax, l_quantity / 3, l_discount - 1, "
    "-l_tax, l_extendedprice * (1 - l_discount) * (1 + l_tax) FROM lineitem",
    "SELECT round(l_extendedprice, 1), round(l_quantity), floor(l_tax), abs(l_discount - 5) "
    "FROM lineitem",
    "SELECT round(p_size / 7.0, 2), sqrt(p_size), p_size % 4, p_size // 4, p_size ** 2 FROM part",
    "SELECT greatest(p_size, 3), least(1, p_size), nullif(p_size, 4) FROM part",
    "SELECT substring(p_name, 2, 3), upper(p_name), length(p_name), p_name || '!' FROM part",
    "SELECT concat(p_name, p_size, NULL), concat_ws('-', p_name, p_mfgr), lpad(p_name, 9, '*') "
    "FROM part",
    "SELECT split_part(p_name, ' ', 2), replace(p_name, 'text', 'x'), trim(p_name) FROM part",
    "SELECT CASE WHEN p_size > 5 THEN 'big' WHEN p_size > 2 THEN p_name ELSE NULL END FROM part",
    "SELECT CASE p_size WHEN 1 THEN 2 ELSE 3 END, coalesce(p_name, p_mfgr, 'none') FROM part",
    "SELECT p_size IN (1, 2, 3), p_size NOT IN (4, NULL), p_name IN ('text 1') FROM part",
    "SELECT p_size BETWEEN 2 AND 5, NOT (p_size > 3 AND p_size < 9), p_name IS NULL FROM part",
    "SELECT p_name IS DISTINCT FROM p_mfgr, p_name IS NOT DISTINCT FROM p_brand, "
    "p_name <> 'x', p_size <= 3, p_size >= 4 FROM part",
    "SELECT TRY_CAST(p_name AS INTEGER), CAST(p_size AS VARCHAR), p_size::DOUBLE FROM part",
    "SELECT now() >= TIMESTAMPTZ '2020-01-01', current_date IS NULL FROM region",
    "SELECT 1 / p_size FROM part",
    "SELECT p_name::INTEGER FROM part",
    "SELECT sum(l_quantity), avg(l_tax), min(l_shipdate), max(l_comment), count(l_comment), "
    "count(*), stddev(l_quantity), sum(l_linenumber), avg(l_linenumber::DOUBLE) FROM lineitem",
    "SELECT l_returnflag, count(DISTINCT l_partkey), sum(l_tax) FILTER (WHERE l_tax > 0.03), "
    "sum(DISTINCT l_quantity) FROM lineitem GROUP BY l_returnflag",
    "SELECT string_agg(n_name, '; ' ORDER BY n_nationkey DESC), count(DISTINCT n_name) "
    "FILTER (WHERE n_regionkey > 2) FROM nation",
    "SELECT first(n_name), last(n_name), arg_min(n_name, n_nationkey), bool_and(n_nationkey > 0) "
    "FROM nation",
    "SELECT median(l_quantity), quantile_cont(l_tax, 0.25), quantile_disc(l_tax, 0.75), "
    "quantile_cont(l_quantity::DOUBLE, 0.1), approx_count_distinct(l_partkey) FROM lineitem",
    "SELECT corr(l_tax, l_discount), covar_pop(l_tax, l_discount), regr_slope(l_tax, l_quantity) "
    "FROM lineitem",
    "SELECT n_regionkey % 2, sum(n_nationkey) FROM nation GROUP BY 1 HAVING count(*) > 1",
    "SELECT DISTINCT n_regionkey FROM nation",
    "SELECT DISTINCT ON (n_regionkey) n_regionkey, n_name FROM nation ORDER BY n_regionkey",
    "SELECT n_name FROM nation ORDER BY n_regionkey DESC NULLS FIRST, n_name NULLS LAST",
    "SELECT n_name FROM nation ORDER BY length(n_name), n_name DESC LIMIT 3 OFFSET 2",
    "SELECT n_name FROM nation LIMIT 4 OFFSET 1",
    "SELECT n_name, row_number() OVER w, rank() OVER w, dense_rank() OVER w FROM nation WINDOW w "
    "AS "
    "(PARTITION BY n_regionkey ORDER BY length(n_name) DESC NULLS FIRST)",
    "SELECT n_name, row_number() OVER (ORDER BY n_name) AS n FROM nation QUALIFY n = 2",
    "SELECT n_name FROM nation LIMIT 30%",
    "SELECT n_name FROM nation UNION ALL SELECT r_name FROM region",
    "SELECT n_name FROM nation UNION SELECT r_name FROM region",
    "SELECT n_name FROM nation INTERSECT SELECT r_name FROM region",
    "SELECT n_name FROM nation INTERSECT ALL SELECT r_name FROM region",
    "SELECT n_name FROM nation EXCEPT SELECT r_name FROM region",
    "SELECT n_name FROM nation EXCEPT ALL SELECT r_name FROM region",
    "SELECT * FROM nation JOIN region ON n_regionkey = r_regionkey AND n_name < r_name",
    "SELECT n_name, r_name FROM nation LEFT JOIN region ON n_regionkey = r_regionkey",
    "SELECT n_name, r_name FROM nation RIGHT JOIN region ON n_regionkey = r_regionkey + 1",
    "SELECT n_name, r_name FROM nation FULL JOIN region ON n_nationkey = r_regionkey",
    "SELECT n_name, r_name FROM nation, region WHERE n_nationkey + r_regionkey < 6",
    "SELECT n_name FROM nation JOIN region ON n_name IS NOT DISTINCT FROM r_name",
    "SELECT n_name FROM nation WHERE n_regionkey IN (SELECT r_regionkey FROM region)",
    "SELECT n_name FROM nation WHERE n_regionkey NOT IN (SELECT r_regionkey FROM region)",
    "SELECT n_name FROM nation WHERE NOT EXISTS (SELECT 1 FROM region WHERE r_name = n_name)",
    "SELECT n_name, n_regionkey > ANY (SELECT r_regionkey FROM region) FROM nation",
    "SELECT n_name, n_regionkey IN (SELECT r_regionkey FROM region) FROM nation",
    "SELECT n_name, (SELECT max(r_name) FROM region WHERE r_regionkey = n_regionkey) FROM nation",
    "SELECT n_name, (SELECT r_name FROM region ORDER BY r_name LIMIT 1) FROM nation",
    "WITH t AS MATERIALIZED (SELECT n_regionkey AS k, count(*) AS c FROM nation GROUP BY 1) "
    "SELECT a.k, b.c FROM t a JOIN t b ON a.c = b.c",
};

class RoundTripTest : public ::testing::Test {
 protected:
  // The plan from its bytes; null where the test has failed.
  PhysicalPlan ThereAndBack(const PhysicalPlan& plan) {
    const Result<std::string> bytes = EncodeFragment(*plan, planner_.encode());
    if (!bytes.ok()) {
      ADD_FAILURE() << bytes.status().ToString();
      return nullptr;
    }
    auto decoded = DecodeFragment(*bytes, planner_.decode());
    if (!decoded.ok()) {
      ADD_FAILURE() << decoded.status().ToString();
      return nullptr;
    }
    EXPECT_TRUE(PlansEqual(*plan, **decoded)) << PlanToString(*plan) << PlanToString(**decoded);
    EXPECT_EQ(PlanToString(*plan), PlanToString(**decoded));
    ExpectSameHeads(*plan, **decoded);
    const Result<std::string> again = EncodeFragment(**decoded, planner_.encode());
    EXPECT_TRUE(again.ok() && *again == *bytes) << "encoded again, the bytes differ";
    return *decoded;
  }

  static void ExpectSameHeads(const PhysicalOperator& a, const PhysicalOperator& b) {
    EXPECT_EQ(a.id(), b.id());
    EXPECT_EQ(a.estimated_rows(), b.estimated_rows());
    ASSERT_EQ(a.schema().size(), b.schema().size());
    for (size_t i = 0; i < a.schema().size(); ++i) {
      EXPECT_EQ(a.schema()[i].name, b.schema()[i].name);
      EXPECT_EQ(a.schema()[i].type, b.schema()[i].type);
    }
    ASSERT_EQ(a.children().size(), b.children().size());
    for (size_t i = 0; i < a.children().size(); ++i) {
      ExpectSameHeads(*a.children()[i], *b.children()[i]);
    }
  }

  // Rows as text, or the error.
  std::vector<std::string> Run(const PhysicalPlan& plan) {
    QueryContext context({.thread_count = 1}, FileSystem::Local(), nullptr);
    const auto rows = RunPlan(*plan, context);
    if (!rows.ok()) return {rows.status().ToString()};
    std::vector<std::string> texts;
    for (const auto& row : *rows) {
      std::string& text = texts.emplace_back();
      for (const Value& value : row) text += value.ToString() + "|";
    }
    return texts;
  }

  void ExpectRoundTrip(const std::string& sql) {
    SCOPED_TRACE(sql);
    const PhysicalPlan plan = planner_.Plan(sql);
    if (plan == nullptr) return;
    KindCollector(kinds_).Visit(*plan);
    const PhysicalPlan decoded = ThereAndBack(plan);
    if (decoded == nullptr) return;
    EXPECT_EQ(Run(plan), Run(decoded));
  }

  SqlPlanner planner_{SqlPlanner::Storage::kParquet};
  Kinds kinds_;
};

TEST_F(RoundTripTest, TpchPlans) {
  for (int query = 1; query <= 22; ++query) ExpectRoundTrip(SqlPlanner::TpchQuery(query));
}

TEST_F(RoundTripTest, StatementsOfEveryKind) {
  for (const char* statement : kStatements) ExpectRoundTrip(statement);

  // Nothing was left out.
  const std::vector<std::string> names = OperatorRegistry::Builtin().names();
  EXPECT_EQ(kinds_.operators, std::set<std::string>(names.begin(), names.end()));
  for (int kind = 0; kind <= static_cast<int>(ExpressionKind::kIn); ++kind) {
    // Columns by id are logical plans' alone.
    if (kind == static_cast<int>(ExpressionKind::kColumn)) continue;
    EXPECT_TRUE(kinds_.expressions.contains(static_cast<ExpressionKind>(kind))) << kind;
  }
}

// What a distributed plan makes of operators: one half over each part, the other over all halves.
TEST_F(RoundTripTest, OperatorsInTwoPhases) {
  size_t split = 0;
  const std::function<void(const PhysicalOperator&)> visit = [&](const PhysicalOperator& op) {
    for (const PhysicalPlan& child : op.children()) visit(*child);
    const auto phases = op.SplitPhases();
    ASSERT_TRUE(phases.ok()) << phases.status().ToString();
    if (!*phases) return;
    const auto global = (*phases)->global((*phases)->local);
    ASSERT_TRUE(global.ok()) << global.status().ToString();
    const PhysicalPlan decoded = ThereAndBack(*global);
    ASSERT_NE(decoded, nullptr);
    EXPECT_EQ(Run(*global), Run(decoded));
    ++split;
  };
  for (const char* sql :
       {("SELECT l_returnflag, sum(l_tax), max(l_comment) FILTER (WHERE l_tax > 2), count(*), "
         "avg(l_quantity), stddev(l_quantity) FROM lineitem GROUP BY l_returnflag"),
        "SELECT median(l_quantity), quantile_cont(l_tax, 0.25), min(l_shipdate) FROM lineitem",
        "SELECT DISTINCT l_shipmode FROM lineitem", "SELECT n_name FROM nation LIMIT 4 OFFSET 1",
        "SELECT n_name FROM nation ORDER BY n_regionkey DESC, n_name LIMIT 3"}) {
    SCOPED_TRACE(sql);
    const PhysicalPlan plan = planner_.Plan(sql);
    ASSERT_NE(plan, nullptr);
    visit(*plan);
  }
  EXPECT_GE(split, 4u);
}

TEST_F(RoundTripTest, TablesOfEveryFormat) {
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(planner_.directory() + "/" + name) << text;
    return "'" + planner_.directory() + "/" + name + "'";
  };
  const std::string csv = write("t.csv", "a;b\n1;x\n2;y\n");
  ExpectRoundTrip("SELECT * FROM read_csv(" + csv +
                  ", delim = ';', nullstr = ['', 'x'], filename = true) WHERE a > 1");
  // An option that SQL cannot write yet: a struct.
  const Value types =
      Value::Struct(LogicalType::Struct({{"a", TypeId::kVarchar}}), {Value::Varchar("SMALLINT")});
  const auto table =
      OpenFile({planner_.directory() + "/t.csv"}, "", {{"types", types}}, FileSystem::Local());
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  ThereAndBack(std::make_shared<PhysicalScan>(*table, std::vector<uint64_t>{0},
                                              std::vector<ExpressionPtr>(),
                                              std::vector<PhysicalColumn>{{"a", TypeId::kInt16}}));
  ExpectRoundTrip("SELECT b FROM " + csv);
  const std::string json = write("t.json", "{\"a\": [1, 2], \"b\": {\"c\": null}}\n");
  ExpectRoundTrip("SELECT a FROM " + json);
  std::filesystem::create_directories(planner_.directory() + "/k=1");
  std::filesystem::create_directories(planner_.directory() + "/k=2");
  for (const char* key : {"1", "2"}) {
    std::filesystem::copy(planner_.directory() + "/nation.parquet",
                          planner_.directory() + "/k=" + key + "/n.parquet");
  }
  ExpectRoundTrip("SELECT k, n_name, filename, file_row_number FROM read_parquet('" +
                  planner_.directory() +
                  "/k=*/*.parquet', filename = true, file_row_number = true) WHERE k = 2");
}

// A constant that came back with other bits would have other bytes.
void ExpectConstantRoundTrip(const Value& value) {
  const PhysicalValues plan({{Expression::Constant(value)}}, {{"v", value.type()}});
  const Result<std::string> bytes = EncodeFragment(plan);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  const auto decoded = DecodeFragment(*bytes);
  ASSERT_TRUE(decoded.ok()) << value.ToString() << ": " << decoded.status().ToString();
  EXPECT_TRUE(PlansEqual(plan, **decoded));
  EXPECT_EQ(*EncodeFragment(**decoded), *bytes) << value.ToString();
}

TEST(ConstantRoundTrip, EveryTypeAtItsEnds) {
  const auto power = [](int bits) { return static_cast<int128_t>(uint128_t{1} << bits); };
  const int128_t least = power(127);
  for (const auto& [id, bits] : std::initializer_list<std::pair<TypeId, int>>{
           {TypeId::kInt8, 8}, {TypeId::kInt16, 16}, {TypeId::kInt32, 32}, {TypeId::kInt64, 64}}) {
    ExpectConstantRoundTrip(Value::Integer(id, power(bits - 1) - 1));
    ExpectConstantRoundTrip(Value::Integer(id, -power(bits - 1)));
  }
  for (const auto& [id, bits] :
       std::initializer_list<std::pair<TypeId, int>>{{TypeId::kUInt8, 8},
                                                     {TypeId::kUInt16, 16},
                                                     {TypeId::kUInt32, 32},
                                                     {TypeId::kUInt64, 64}}) {
    ExpectConstantRoundTrip(Value::Integer(id, power(bits) - 1));
    ExpectConstantRoundTrip(Value::Integer(id, 0));
  }
  for (const LogicalType& type :
       {LogicalType(TypeId::kInt128), LogicalType(TypeId::kUuid), LogicalType::Decimal(38, 10)}) {
    ExpectConstantRoundTrip(Value::Integer(type, kInt128Max));
    ExpectConstantRoundTrip(Value::Integer(type, least));
  }
  ExpectConstantRoundTrip(Value::Boolean(true));
  ExpectConstantRoundTrip(Value::Integer(LogicalType::Decimal(4, 4), -9999));
  ExpectConstantRoundTrip(Value::Integer(TypeId::kDate, -719528));
  ExpectConstantRoundTrip(Value::Integer(TypeId::kTime, 86399999999));
  for (const TimeUnit unit :
       {TimeUnit::kSecond, TimeUnit::kMilli, TimeUnit::kMicro, TimeUnit::kNano}) {
    ExpectConstantRoundTrip(Value::Integer(LogicalType::Timestamp(unit, false), -1));
    ExpectConstantRoundTrip(Value::Integer(LogicalType::Timestamp(unit, true), 1));
  }
  ExpectConstantRoundTrip(Value::FromInterval({-5, 31, INT64_MIN}));
  ExpectConstantRoundTrip(Value::Varchar(std::string("a\0\xC3\xA9", 4)));
  ExpectConstantRoundTrip(Value::Varchar(""));
  ExpectConstantRoundTrip(Value::Blob("\xFF\xFE"));
}

TEST(ConstantRoundTrip, BitsOfFloatingPointNumbers) {
  for (const uint64_t bits :
       {uint64_t{0x8000000000000000}, uint64_t{0x7FF0000000000000}, uint64_t{0x7FF8000000000001},
        uint64_t{0xFFF8123456789ABC}, uint64_t{1}, uint64_t{0x7FEFFFFFFFFFFFFF}}) {
    ExpectConstantRoundTrip(Value::Double(std::bit_cast<double>(bits)));
  }
  for (const uint32_t bits : {0x80000000u, 0x7FC12345u, 0xFFC00001u, 1u, 0x7F7FFFFFu}) {
    ExpectConstantRoundTrip(Value::Float(std::bit_cast<float>(bits)));
  }
}

TEST(ConstantRoundTrip, NullsAndNestedValues) {
  const LogicalType list = LogicalType::List(TypeId::kInt32);
  const LogicalType pair = LogicalType::Struct({{"a", list}, {"", LogicalType::Decimal(20, 5)}});
  const LogicalType pairs = LogicalType::List(pair);
  for (const LogicalType& type : {LogicalType(), LogicalType(TypeId::kVarchar), list, pair, pairs,
                                  LogicalType::Timestamp(TimeUnit::kNano, true)}) {
    ExpectConstantRoundTrip(Value::Null(type));
  }
  const Value numbers =
      Value::List(list, {Value::Int32(1), Value::Null(TypeId::kInt32), Value::Int32(-7)});
  const Value both = Value::Struct(
      pair, {numbers, Value::Integer(LogicalType::Decimal(20, 5), static_cast<int128_t>(1) << 66)});
  ExpectConstantRoundTrip(Value::List(list, {}));
  ExpectConstantRoundTrip(Value::List(pairs, {both, Value::Null(pair), both}));
  LogicalType deep = TypeId::kInt64;
  for (int i = 0; i < 60; ++i) {
    deep = i % 2 ? LogicalType::List(deep) : LogicalType::Struct({{"f", deep}});
  }
  ExpectConstantRoundTrip(Value::Null(deep));
  for (int i = 0; i < 10; ++i) deep = LogicalType::List(deep);
  const PhysicalValues too_deep({{Expression::Constant(Value::Null(deep))}}, {{"v", deep}});
  EXPECT_EQ(EncodeFragment(too_deep).status().code(), StatusCode::kNotImplemented);
}

TEST_F(RoundTripTest, PositionsStayWithTheirExpressions) {
  const ExpressionPtr number = Expression::Constant(Value::Int32(1))->WithPosition(7);
  // A cast takes its child's position where it is made; here it has another, and none.
  const ExpressionPtr cast = Expression::WrittenCast(number, TypeId::kInt64);
  const ExpressionPtr elsewhere = cast->WithPosition(3);
  const ExpressionPtr nowhere =
      Expression::WrittenCast(Expression::Constant(Value::Int32(1)), TypeId::kInt64)
          ->WithChildren({number});
  ThereAndBack(std::make_shared<PhysicalValues>(
      std::vector<std::vector<ExpressionPtr>>{{cast, elsewhere, nowhere}},
      std::vector<PhysicalColumn>{
          {"a", TypeId::kInt64}, {"b", TypeId::kInt64}, {"c", TypeId::kInt64}}));
}

// What may be sent can also be run, on the stack of a thread.
TEST_F(RoundTripTest, DeepExpressionsAndPlans) {
  const auto plan_of = [](size_t expression_depth, size_t plan_depth) {
    ExpressionPtr deep = Expression::Constant(Value::Boolean(true));
    for (size_t i = 1; i < expression_depth; ++i) deep = Expression::Not(std::move(deep));
    PhysicalPlan plan =
        std::make_shared<PhysicalValues>(std::vector<std::vector<ExpressionPtr>>{{std::move(deep)}},
                                         std::vector<PhysicalColumn>{{"a", TypeId::kBoolean}});
    for (size_t i = 1; i < plan_depth; ++i) {
      plan = std::make_shared<PhysicalLimit>(1, std::nullopt, 0, true, std::move(plan));
    }
    return plan;
  };
  const auto bytes = EncodeFragment(*plan_of(kMaxExpressionDepth, kMaxPlanDepth));
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  const auto decoded = DecodeFragment(*bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(*EncodeFragment(**decoded), *bytes);
  EXPECT_EQ(Run(*decoded), std::vector<std::string>{kMaxExpressionDepth % 2 ? "true|" : "false|"});
  EXPECT_EQ(EncodeFragment(*plan_of(kMaxExpressionDepth + 1, 1)).status().code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(EncodeFragment(*plan_of(1, kMaxPlanDepth + 1)).status().code(),
            StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
