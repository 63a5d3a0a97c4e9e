#include "execution/operators/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/hash.h"
#include "execution/testing/aggregate_calls.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "expression/function_registry.h"

namespace trivet {
namespace {

using aggregate_testing::Call;
using aggregate_testing::Column;
using aggregate_testing::Difference;
using aggregate_testing::Distinct;
using aggregate_testing::Filtered;
using aggregate_testing::kSchema;
using aggregate_testing::MakeCall;
using aggregate_testing::Ordered;
using aggregate_testing::RandomRows;
using aggregate_testing::Row;
using aggregate_testing::Rows;
using aggregate_testing::SortedText;
using aggregate_testing::Text;

std::shared_ptr<PhysicalOperator> MakeAggregate(const std::vector<ExpressionPtr>& groups,
                                                const std::vector<Call>& calls,
                                                PhysicalPlan child) {
  std::vector<PhysicalColumn> schema;
  for (const ExpressionPtr& group : groups) schema.push_back({"g", group->type()});
  for (const Call& call : calls) schema.push_back({call.column.name, call.column.type});
  auto plan = std::make_shared<PhysicalHashAggregate>(groups, calls, schema, std::move(child));
  plan->set_id(0);
  const_cast<PhysicalOperator&>(*plan->children()[0]).set_id(1);
  return plan;
}

// Runs the aggregation over many cuts of the input, at several thread counts and batch sizes,
// expects the same bits from each, and returns them, sorted.
std::vector<std::string> RunAll(const std::vector<ExpressionPtr>& groups,
                                const std::vector<Call>& calls, const Rows& rows) {
  std::vector<std::string> first;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const size_t threads = 1 + seed % 4;
    const size_t batch_size = seed % 3 == 0 ? 2 : (seed % 3 == 1 ? 100 : kVectorSize);
    const bool spills = seed % 2 == 1;
    QueryContext context =
        spills ? SpillingContext(threads, batch_size) : TestContext(threads, batch_size);
    auto child =
        std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, rows, seed, 1 + seed * 40));
    auto result = RunPlan(*MakeAggregate(groups, calls, child), context);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    if (!result.ok()) return {};
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    // One row without groups stays where it is.
    if (!groups.empty()) {
      EXPECT_EQ(context.metrics().ForOperator(0).bytes_spilled != 0, spills && !rows.empty());
    }
    if (seed == 0) {
      first = SortedText(*result);
    } else {
      EXPECT_EQ(Difference(SortedText(*result), first), "")
          << threads << " threads, batches of " << batch_size;
    }
  }
  return first;
}

// Groups of the rows by key columns, each group's rows in the input's order. Equal intervals are of
// one group, which shows the form with the fewest months.
std::map<std::vector<std::string>, Rows> GroupRows(const Rows& rows,
                                                   const std::vector<size_t>& keys) {
  std::map<std::vector<std::string>, Rows> by_value;
  std::map<std::vector<std::string>, std::vector<std::string>> shown;
  for (const Row& row : rows) {
    std::vector<std::string> key;
    std::vector<std::string> form;
    for (size_t k : keys) {
      Value value = row[k];
      if (value.type().IsFloating() && !value.is_null() && value.floating() == 0)
        value = Value::Double(0.0);
      form.push_back(Text({value}));
      if (value.type().id() == TypeId::kInterval && !value.is_null()) {
        value = Value::FromInterval({0, value.interval().months * 30 + value.interval().days, 0});
        if (form.back() != "1 month|") form.back() = Text({value});
      }
      key.push_back(Text({value}));
    }
    by_value[key].push_back(row);
    const auto [known, is_new] = shown.emplace(key, form);
    for (size_t k = 0; !is_new && k < keys.size(); ++k) {
      if (form[k] != "1 month|") known->second[k] = form[k];
    }
  }
  std::map<std::vector<std::string>, Rows> groups;
  for (auto& [key, group] : by_value) groups[shown[key]] = std::move(group);
  return groups;
}

TEST(HashAggregateTest, GroupsByKeysOfEveryKind) {
  const Rows rows = RandomRows(900, 1);
  const std::vector<std::vector<size_t>> key_sets = {{0},    {1},       {2},    {4},
                                                     {0, 1}, {2, 4, 0}, {1, 1}, {0, 0, 0}};
  for (const auto& keys : key_sets) {
    std::vector<ExpressionPtr> groups;
    for (size_t key : keys) groups.push_back(Column(key));
    std::vector<std::string> expected;
    for (const auto& [key, group] : GroupRows(rows, keys)) {
      int64_t valid = 0;
      int128_t sum = 0;
      for (const Row& row : group) {
        if (row[3].is_null()) continue;
        ++valid;
        sum += row[3].integer();
      }
      std::string text;
      for (const std::string& part : key) text += part;
      text += Text({Value::Int64(static_cast<int64_t>(group.size())), Value::Int64(valid),
                    valid ? Value::Integer(TypeId::kInt128, sum) : Value::Null(TypeId::kInt128)});
      expected.push_back(text);
    }
    std::sort(expected.begin(), expected.end());
    const std::vector<std::string> actual = RunAll(
        groups,
        {MakeCall("count_star", {}), MakeCall("count", {Column(3)}), MakeCall("sum", {Column(3)})},
        rows);
    EXPECT_EQ(Difference(actual, expected), "");
  }
}

TEST(HashAggregateTest, WithoutGroupsThereIsOneRow) {
  EXPECT_EQ(RunAll({},
                   {MakeCall("count_star", {}), MakeCall("sum", {Column(0)}),
                    Distinct(MakeCall("count", {Column(1)})),
                    Ordered(MakeCall("string_agg", {Column(1)}), {{Column(1)}})},
                   {}),
            std::vector<std::string>{"0|NULL|0|NULL|"});
  EXPECT_EQ(RunAll({Column(0)}, {MakeCall("count_star", {})}, {}), std::vector<std::string>());
  Rows rows = RandomRows(500, 3);
  EXPECT_EQ(RunAll({}, {MakeCall("count_star", {})}, rows), std::vector<std::string>{"500|"});
}

TEST(HashAggregateTest, EveryFunctionGivesTheSameBitsForEverySplit) {
  const Rows rows = RandomRows(1200, 4);
  const std::vector<Call> calls = {
      MakeCall("sum", {Column(2)}),
      MakeCall("avg", {Column(2)}),
      MakeCall("sum", {Column(3)}),
      MakeCall("avg", {Column(3)}),
      MakeCall("min", {Column(1)}),
      MakeCall("max", {Column(4)}),
      MakeCall("first", {Column(1)}),
      MakeCall("last", {Column(2)}),
      MakeCall("any_value", {Column(1)}),
      MakeCall("string_agg", {Column(1)}),
      MakeCall("arg_max", {Column(1), Column(3)}),
      MakeCall("mode", {Column(2)}),
      MakeCall("median", {Column(3)}),
      MakeCall("entropy", {Column(0)}),
      MakeCall("approx_count_distinct", {Column(1)}),
      MakeCall("stddev", {Column(2)}),
      MakeCall("var_pop", {Expression::Cast(Column(0), TypeId::kDouble)}),
      MakeCall("corr", {Expression::Cast(Column(0), TypeId::kDouble),
                        Expression::Cast(Column(3), TypeId::kDouble)})};
  RunAll({Column(0)}, calls, rows);
  RunAll({Column(1), Column(4)}, calls, rows);
  RunAll({}, calls, rows);
}

TEST(HashAggregateTest, FiltersAndDistinct) {
  const Rows rows = RandomRows(800, 5);
  const ExpressionPtr positive =
      Expression::Compare(Comparison::kGreater, Column(0), Expression::Constant(Value::Int32(0)));
  const ExpressionPtr never =
      Expression::Compare(Comparison::kGreater, Column(0), Expression::Constant(Value::Int32(99)));
  const std::vector<Call> calls = {Filtered(MakeCall("count", {Column(3)}), positive),
                                   Filtered(MakeCall("count_star", {}), never),
                                   Distinct(MakeCall("count", {Column(0)})),
                                   Distinct(MakeCall("sum", {Column(0)})),
                                   Distinct(MakeCall("count", {Column(2)})),
                                   Filtered(Distinct(MakeCall("count", {Column(0)})), positive),
                                   Distinct(MakeCall("max", {Column(0)}))};
  for (const bool grouped : {true, false}) {
    std::vector<std::string> expected;
    const std::vector<size_t> keys = grouped ? std::vector<size_t>{1} : std::vector<size_t>{};
    for (const auto& [key, group] : GroupRows(rows, keys)) {
      int64_t filtered = 0;
      std::map<std::string, int> integers;
      std::map<std::string, int> doubles;
      std::map<std::string, int> positives;
      for (const Row& row : group) {
        const bool is_positive = !row[0].is_null() && row[0].integer() > 0;
        filtered += is_positive && !row[3].is_null();
        if (!row[0].is_null()) integers[row[0].ToString()] = static_cast<int>(row[0].integer());
        if (is_positive) positives[row[0].ToString()] = 1;
        if (!row[2].is_null()) {
          ++doubles[row[2].floating() == 0 ? "0.0" : row[2].ToString()];
        }
      }
      int sum = 0;
      int max = -99;
      for (const auto& [text, value] : integers) {
        sum += value;
        max = std::max(max, value);
      }
      std::string text = grouped ? key.front() : "";
      text += std::to_string(filtered) + "|0|" + std::to_string(integers.size()) + "|" +
              (integers.empty() ? "NULL" : std::to_string(sum)) + "|" +
              std::to_string(doubles.size()) + "|" + std::to_string(positives.size()) + "|" +
              (integers.empty() ? "NULL" : std::to_string(max)) + "|";
      expected.push_back(text);
    }
    std::sort(expected.begin(), expected.end());
    std::vector<ExpressionPtr> groups;
    for (size_t key : keys) groups.push_back(Column(key));
    EXPECT_EQ(Difference(RunAll(groups, calls, rows), expected), "");
  }
}

TEST(HashAggregateTest, OrderWithinAggregates) {
  const Rows rows = RandomRows(700, 6);
  const std::vector<Call> calls = {
      Ordered(MakeCall("string_agg", {Column(1)}), {{Column(3), true, true}}),
      Ordered(MakeCall("first", {Column(3)}), {{Column(1)}, {Column(0), true}}),
      Ordered(Distinct(MakeCall("string_agg", {Column(1)})), {{Column(1), true}}),
      Distinct(MakeCall("string_agg", {Column(1)})),
      Ordered(MakeCall("count", {Column(1)}), {{Column(3)}})};
  for (const bool grouped : {true, false}) {
    std::vector<std::string> expected;
    const std::vector<size_t> keys = grouped ? std::vector<size_t>{0} : std::vector<size_t>{};
    for (const auto& [key, group] : GroupRows(rows, keys)) {
      const auto join = [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
        return parts.empty() ? "NULL" : text;
      };
      Rows by_wide = group;
      std::stable_sort(by_wide.begin(), by_wide.end(), [](const Row& a, const Row& b) {
        if (a[3].is_null() || b[3].is_null()) return a[3].is_null() && !b[3].is_null();
        return a[3].integer() > b[3].integer();
      });
      Rows by_text = group;
      std::stable_sort(by_text.begin(), by_text.end(), [](const Row& a, const Row& b) {
        const auto rank = [](const Row& row) {
          return std::pair(row[1].is_null(), row[1].is_null() ? "" : row[1].string());
        };
        if (rank(a) != rank(b)) return rank(a) < rank(b);
        if (a[0].is_null() || b[0].is_null()) return !a[0].is_null() && b[0].is_null();
        return a[0].integer() > b[0].integer();
      });
      std::vector<std::string> texts;
      for (const Row& row : by_wide) {
        if (!row[1].is_null()) texts.push_back(row[1].string());
      }
      std::vector<std::string> appearing;
      size_t count = 0;
      for (const Row& row : group) {
        if (row[1].is_null()) continue;
        ++count;
        if (std::find(appearing.begin(), appearing.end(), row[1].string()) == appearing.end()) {
          appearing.push_back(row[1].string());
        }
      }
      std::vector<std::string> descending = appearing;
      std::sort(descending.rbegin(), descending.rend());
      expected.push_back((grouped ? key.front() : "") + join(texts) + "|" +
                         by_text.front()[3].ToString() + "|" + join(descending) + "|" +
                         join(appearing) + "|" + std::to_string(count) + "|");
    }
    std::sort(expected.begin(), expected.end());
    std::vector<ExpressionPtr> groups;
    for (size_t key : keys) groups.push_back(Column(key));
    EXPECT_EQ(Difference(RunAll(groups, calls, rows), expected), "");
  }
}

// Morsels of one column of 64-bit integers.
RowsOperator::Morsels IntegerMorsels(size_t rows, size_t morsel_rows,
                                     const std::function<int64_t(size_t)>& value_of) {
  RowsOperator::Morsels morsels;
  for (size_t from = 0; from < rows;) {
    if (from % morsel_rows == 0) morsels.emplace_back();
    const size_t count = std::min({kVectorSize, rows - from, morsel_rows - from % morsel_rows});
    Vector values = Vector::MakeFlat(TypeId::kInt64, count);
    for (size_t i = 0; i < count; ++i) values.mutable_data<int64_t>()[i] = value_of(from + i);
    morsels.back().emplace_back(std::vector<Vector>{std::move(values)}, count);
    from += count;
  }
  return morsels;
}

// Groups integers by themselves with count, sum and count of distinct ones; checks against a map.
void CheckIntegers(size_t rows, size_t threads, const std::function<int64_t(size_t)>& value_of) {
  std::unordered_map<int64_t, int64_t> counts;
  for (size_t i = 0; i < rows; ++i) ++counts[value_of(i)];
  const std::vector<PhysicalColumn> schema = {{"w", TypeId::kInt64}};
  const ExpressionPtr column = Expression::Input(0, TypeId::kInt64);
  auto child = std::make_shared<RowsOperator>(schema, IntegerMorsels(rows, 20'000, value_of));
  QueryContext context = TestContext(threads);
  auto result = RunPlan(
      *MakeAggregate({column}, {MakeCall("count_star", {}), MakeCall("sum", {column})}, child),
      context);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  ASSERT_EQ(result->size(), counts.size());
  for (const Row& row : *result) {
    const auto found = counts.find(static_cast<int64_t>(row[0].integer()));
    ASSERT_NE(found, counts.end());
    ASSERT_EQ(row[1].integer(), found->second);
    ASSERT_EQ(row[2].integer(), int128_t{found->second} * found->first);
    counts.erase(found);
  }
}

TEST(HashAggregateTest, IntegersOfAllDistributions) {
  const auto scatter = [](size_t i) { return static_cast<int64_t>(HashInt64(i)); };
  for (const size_t threads : {1, 3}) {
    CheckIntegers(100'000, threads, [](size_t i) { return static_cast<int64_t>(i % 5); });
    CheckIntegers(100'000, threads, [](size_t i) { return static_cast<int64_t>(i % 900) - 450; });
    // Clustered and growing: bounds widen as the input goes on.
    CheckIntegers(200'000, threads, [](size_t i) { return static_cast<int64_t>(i / 4); });
    CheckIntegers(60'000, threads, [](size_t i) { return -static_cast<int64_t>(i); });
    CheckIntegers(100'000, threads, [&](size_t i) { return scatter(i % 3000); });
    // Small at first, then anything: addressing by value has to give way to the index.
    CheckIntegers(100'000, threads, [&](size_t i) {
      return i < 50'000 ? static_cast<int64_t>(i % 700) : scatter(i % 7000);
    });
    CheckIntegers(4'000, threads, [](size_t i) {
      return i % 2 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
    });
  }
}

TEST(HashAggregateTest, RowsThatMakeGroupsOfTheirOwnAreAppended) {
  // Long enough to leave looking up, with equal rows far apart, then close together.
  CheckIntegers(800'000, 2, [](size_t i) {
    return static_cast<int64_t>(HashInt64(i < 600'000 ? i % 590'000 : i / 10));
  });
  CheckIntegers(400'000, 1, [](size_t i) { return static_cast<int64_t>(HashInt64(i % 300'000)); });
}

TEST(HashAggregateTest, ReportsMemoryByName) {
  const std::vector<PhysicalColumn> schema = {{"w", TypeId::kInt64}};
  const ExpressionPtr column = Expression::Input(0, TypeId::kInt64);
  const auto scatter = [](size_t i) { return static_cast<int64_t>(HashInt64(i)); };
  for (const bool distinct : {false, true}) {
    QueryContext context({.thread_count = 2, .memory_limit_bytes = 3'000'000}, FileSystem::Local(),
                         nullptr);
    auto child = std::make_shared<RowsOperator>(schema, IntegerMorsels(200'000, 20'000, scatter));
    auto plan = distinct ? MakeAggregate({}, {Distinct(MakeCall("count", {column}))}, child)
                         : MakeAggregate({column}, {MakeCall("count_star", {})}, child);
    const auto result = RunPlan(*plan, context);
    EXPECT_EQ(result.status().code(), StatusCode::kOutOfMemory);
    EXPECT_NE(result.status().message().find("HASH_AGGREGATE"), std::string::npos);
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  }
}

TEST(HashAggregateTest, ErrorsOfStatesEndTheQuery) {
  Rows rows;
  const LogicalType hugeint = TypeId::kInt128;
  const std::vector<PhysicalColumn> schema = {{"h", hugeint}};
  for (int i = 0; i < 3; ++i) rows.push_back({Value::Integer(hugeint, kInt128Max)});
  const ExpressionPtr column = Expression::Input(0, hugeint);
  for (const bool grouped : {false, true}) {
    QueryContext context = TestContext();
    auto child = std::make_shared<RowsOperator>(schema, CutRows(schema, rows, 1, 2));
    std::vector<ExpressionPtr> groups;
    if (grouped) groups.push_back(column);
    const auto result =
        RunPlan(*MakeAggregate(groups, {MakeCall("sum", {column})}, child), context);
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidInput);
  }
}

TEST(HashAggregateTest, DescribesItself) {
  auto child = std::make_shared<RowsOperator>(kSchema, RowsOperator::Morsels());
  auto plan = MakeAggregate({Column(0)}, {Distinct(MakeCall("sum", {Column(3)}))}, child);
  const OperatorCapabilities capabilities = plan->capabilities();
  EXPECT_TRUE(capabilities.blocking);
  EXPECT_EQ(capabilities.required_inputs.front().kind, PartitioningKind::kHash);
  EXPECT_NE(PlanToString(*plan).find("HASH_AGGREGATE"), std::string::npos);
  auto other = MakeAggregate({Column(0)}, {MakeCall("sum", {Column(3)})}, child);
  EXPECT_FALSE(PlansEqual(*plan, *other));
  EXPECT_EQ(MakeAggregate({}, {}, child)->capabilities().delivered.kind, PartitioningKind::kSingle);
}

}  // namespace
}  // namespace trivet
