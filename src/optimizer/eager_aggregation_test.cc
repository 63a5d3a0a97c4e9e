#include <gtest/gtest.h>

#include <random>

#include "base/string_concat.h"
#include "optimizer/optimizer_testing.h"
#include "optimizer/rules.h"

namespace trivet::testing {
namespace {

// Random aggregates over joins of small tables, whose statistics promise that each key is in very
// many rows.
class RandomAggregates {
 public:
  explicit RandomAggregates(uint64_t seed) : random_(seed) {}

  PlanPtr Make(size_t relations) {
    auto aggregate = std::make_unique<LogicalAggregate>(MakeJoins(relations));
    const std::vector<OutputColumn> columns = aggregate->child().Columns();
    for (size_t i = Below(3); i-- > 0;) {
      ExpressionPtr key = columns[Below(columns.size())].Reference();
      if (Below(4) == 0) key = Expression::Coalesce({key, Number(columns)});
      aggregate->groups.push_back({{ids_.Next(), "g", TypeId::kInt64}, key});
    }
    // Mostly of one side.
    const std::vector<OutputColumn> side = aggregate->child().children()[Below(2)]->Columns();
    for (size_t i = 1 + Below(3); i-- > 0;) {
      aggregate->aggregates.push_back(MakeCall(Below(10) == 0 ? columns : side));
    }
    return aggregate;
  }
  ColumnIdGenerator& ids() { return ids_; }

 private:
  size_t Below(size_t limit) { return random_() % limit; }
  ExpressionPtr Number(const std::vector<OutputColumn>& columns) {
    return columns[Below(columns.size())].Reference();
  }

  LogicalAggregate::Aggregate MakeCall(const std::vector<OutputColumn>& columns) {
    constexpr const char* kNames[] = {"count_star", "count", "sum", "min", "max"};
    const std::string name = kNames[Below(5)];
    LogicalAggregate::Aggregate call;
    if (name != "count_star") {
      call.arguments.push_back(Number(columns));
      if (Below(6) == 0) call.arguments[0] = Expression::Coalesce({Number(columns), Seven()});
      if (Below(20) == 0) call.arguments[0] = Seven();
    }
    call.function =
        FakeAggregate(name, std::vector<LogicalType>(call.arguments.size(), TypeId::kInt64));
    call.column = {ids_.Next(), name, call.function.return_type};
    call.distinct = !call.arguments.empty() && Below(20) == 0;
    if (Below(6) == 0) {
      call.filter = Below(2) == 0
                        ? Expression::IsNull(Number(columns))
                        : Expression::Compare(Comparison::kLess, Number(columns), Seven());
    }
    return call;
  }
  static ExpressionPtr Seven() { return Expression::Constant(Value::Int64(7)); }

  PlanPtr MakeJoins(size_t relations) {
    if (relations == 1) return MakeScan();
    const size_t left = 1 + Below(relations - 1);
    PlanPtr a = MakeJoins(left);
    PlanPtr b = MakeJoins(relations - left);
    constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kInner, JoinKind::kInner,
                                   JoinKind::kLeft,  JoinKind::kRight, JoinKind::kFull,
                                   JoinKind::kSemi};
    auto join =
        std::make_unique<LogicalJoin>(relations > 2 ? kKinds[Below(7)] : kKinds[Below(5)],
                                      std::move(a), std::move(b), std::vector<ExpressionPtr>{});
    for (size_t i = Below(10) == 0 ? 0 : 1 + Below(2); i-- > 0;) {
      const ExpressionPtr left_key = Number(join->child(0).Columns());
      const ExpressionPtr right_key = Number(join->child(1).Columns());
      constexpr Comparison kComparisons[] = {Comparison::kEqual, Comparison::kEqual,
                                             Comparison::kNotDistinctFrom, Comparison::kLess};
      join->conditions.push_back(Expression::Compare(kComparisons[Below(4)], left_key, right_key));
    }
    if (join->join == JoinKind::kSemi) join->join = JoinKind::kInner;
    return join;
  }

  PlanPtr MakeScan() {
    std::vector<ColumnDefinition> columns{{"x", TypeId::kInt64}, {"y", TypeId::kInt64}};
    std::vector<std::vector<Value>> rows(Below(6));
    for (auto& row : rows) {
      for (size_t i = 0; i < 2; ++i) {
        row.push_back(Below(5) == 0 ? Value::Null(TypeId::kInt64) : Value::Int64(Below(3)));
      }
    }
    auto table = std::make_shared<FakeTable>(columns, rows);
    table->known_statistics.row_count = 1000 + Below(100'000);
    table->known_statistics.columns.resize(2);
    for (auto& column : table->known_statistics.columns) {
      column.distinct_count = static_cast<double>(1 + Below(20));
    }
    auto scan = std::make_unique<LogicalScan>(table, StrCat("t", tables_++));
    for (size_t i = 0; i < 2; ++i) scan->columns.push_back({ids_.Next(), i});
    return scan;
  }

  std::mt19937_64 random_;
  ColumnIdGenerator ids_;
  size_t tables_ = 0;
};

TEST(EagerAggregation, KeepsTheRows) {
  const char* count_text = std::getenv("TRIVET_PLAN_COUNT");
  const uint64_t count = count_text != nullptr ? std::stoull(count_text) : 6000;
  size_t moved = 0;
  for (uint64_t seed = 0; seed < count; ++seed) {
    RandomAggregates aggregates(seed);
    PlanPtr plan = aggregates.Make(2 + seed % 3);
    const std::vector<OutputColumn> columns = plan->Columns();
    const std::string text = PlanToString(*plan);
    const Result<Rows> expected = PlanInterpreter().Run(*plan);
    ASSERT_TRUE(expected.ok());
    TestContext evaluation;
    OptimizerContext context{aggregates.ids(), FunctionRegistry::Builtin(), evaluation};
    const Result<size_t> changed = AggregateEagerly(plan, context);
    ASSERT_TRUE(changed.ok()) << changed.status().ToString();
    moved += *changed > 0;
    const Status valid = ValidatePlan(*plan);
    ASSERT_TRUE(valid.ok()) << valid.ToString() << PlanToString(*plan);
    const Result<Rows> actual = PlanInterpreter().Run(*plan);
    ASSERT_TRUE(actual.ok()) << actual.status().ToString();
    ASSERT_EQ(Lines(*expected, columns), Lines(*actual, columns)) << "seed " << seed << "\n"
                                                                  << text << "--- moved\n"
                                                                  << PlanToString(*plan);
  }
  EXPECT_GT(moved, count / 5);
}

class EagerAggregationTest : public OptimizerTest {
 protected:
  bool Moves(const std::string& select, const std::string& rest) {
    OptimizedBy({"eager_aggregation", "projection_merging"}, "select " + select + rest);
    return Fired("eager_aggregation");
  }
};

// Many customers of a nation, and many suppliers.
constexpr const char* kManyToMany = " from customer join supplier on c_nationkey = s_nationkey";

TEST_F(EagerAggregationTest, MovesWhatGivesTheSameBits) {
  for (const std::string call : {"count(*)", "count(c_name)", "sum(c_custkey)", "min(c_name)",
                                 "max(s_suppkey)", "sum(c_custkey) filter (c_custkey > 3)"}) {
    EXPECT_TRUE(Moves(call, kManyToMany)) << call;
    EXPECT_TRUE(Moves("c_nationkey, " + call, StrCat(kManyToMany, " group by 1"))) << call;
  }
  EXPECT_TRUE(Moves("sum(l_price)", " from lineitem join r on l_quantity = a"));
}

TEST_F(EagerAggregationTest, LeavesWhatCouldDiffer) {
  for (const std::string call :
       {"avg(c_custkey)", "sum(c_custkey::double)", "sum(c_custkey::hugeint)", "first(c_custkey)",
        "count(distinct c_custkey)", "sum(c_custkey + s_suppkey)", "sum(c_name::integer)",
        "sum(l_price * 1000000000000)", "max(c_custkey::double)", "count(random())"}) {
    const bool of_lines = call.find("l_price") != std::string::npos;
    EXPECT_FALSE(Moves(call, of_lines ? " from lineitem join r on l_suppkey = a" : kManyToMany))
        << call;
  }
}

TEST_F(EagerAggregationTest, LeavesWhatDoesNotPay) {
  // Each row finds one of the other side.
  EXPECT_FALSE(Moves("count(*)", " from customer join nation on c_nationkey = n_nationkey"));
  EXPECT_FALSE(Moves("o_custkey, sum(l_price)",
                     " from lineitem join orders on l_orderkey = o_orderkey group by 1"));
  // As many groups as rows.
  EXPECT_FALSE(Moves("c_custkey, sum(c_custkey)", StrCat(kManyToMany, " group by 1")));
  // Few rows.
  EXPECT_FALSE(Moves("count(*)", " from r join q on r.b = q.c where r.a = 1 and q.a = 2"));
}

TEST_F(EagerAggregationTest, CountsOfPaddingAreZero) {
  const std::string plan = OptimizedBy(
      {"eager_aggregation", "projection_merging"},
      "select s_nationkey, count(c_name) from supplier left join customer on c_nationkey = "
      "s_nationkey group by 1");
  EXPECT_TRUE(Fired("eager_aggregation"));
  ExpectHas(plan, "COALESCE");
  EXPECT_FALSE(Moves("s_nationkey, count(*), sum(c_custkey)",
                     " from supplier left join customer on c_nationkey = s_nationkey group by 1"));
}

}  // namespace
}  // namespace trivet::testing
