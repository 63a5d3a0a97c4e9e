// Aggregates whose states keep values, under budgets that refuse them memory at any moment.
#include <gtest/gtest.h>

#include "execution/operators/aggregate.h"
#include "execution/testing/aggregate_calls.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/spill_space.h"

namespace trivet {
namespace {

using aggregate_testing::Call;
using aggregate_testing::Difference;
using aggregate_testing::Filtered;
using aggregate_testing::MakeCall;
using aggregate_testing::SortedText;

const std::vector<PhysicalColumn> kColumns = {
    {"g", TypeId::kInt32}, {"s", TypeId::kVarchar}, {"w", TypeId::kInt64}};

ExpressionPtr ColumnOf(size_t i) {
  return Expression::Input(static_cast<uint32_t>(i), kColumns[i].type, kColumns[i].name);
}

// Groups of like size, whose states grow in the same batches; texts end with so many more letters.
PhysicalPlan ManyRows(size_t count, size_t groups, size_t letters = 0) {
  RowsOperator::Morsels morsels;
  for (size_t from = 0; from < count; from += kVectorSize) {
    if (from % (4 * kVectorSize) == 0) morsels.emplace_back();
    const size_t rows = std::min(kVectorSize, count - from);
    Batch batch = Batch::MakeFlat({TypeId::kInt32, TypeId::kVarchar, TypeId::kInt64}, rows);
    for (size_t i = 0; i < rows; ++i) {
      const size_t row = from + i;
      batch.mutable_column(0).mutable_data<int32_t>()[i] = static_cast<int32_t>(row % groups);
      batch.mutable_column(1).SetString(
          i, "a text that is kept, of row " + std::to_string(row) + std::string(letters, 'x'));
      batch.mutable_column(2).mutable_data<int64_t>()[i] = static_cast<int64_t>(row / 3 % 5000);
      if (row % 11 == 0) batch.mutable_column(1).SetNull(i);
    }
    batch.set_row_count(rows);
    morsels.back().push_back(std::move(batch));
  }
  return std::make_shared<RowsOperator>(kColumns, std::move(morsels));
}

std::shared_ptr<const PhysicalHashAggregate> MakeAggregate(const std::vector<Call>& calls,
                                                           PhysicalPlan child) {
  std::vector<PhysicalColumn> schema = {kColumns[0]};
  for (const Call& call : calls) schema.push_back({call.column.name, call.column.type});
  const_cast<PhysicalOperator&>(*child).set_id(1);
  auto plan = std::make_shared<PhysicalHashAggregate>(std::vector<ExpressionPtr>{ColumnOf(0)},
                                                      calls, schema, std::move(child));
  plan->set_id(0);
  return plan;
}

// In two phases, the first of which gives its groups as often as it has to.
PhysicalPlan InTwoPhases(const PhysicalHashAggregate& aggregate) {
  auto halves = PhysicalHashAggregate::Split(aggregate, aggregate.children()[0]);
  EXPECT_TRUE(halves.ok()) << halves.status().ToString();
  halves->first->set_id(2);
  halves->second->set_id(0);
  return halves->second;
}

std::vector<Call> KeepingCalls() {
  const ExpressionPtr text = ColumnOf(1);
  const ExpressionPtr number = ColumnOf(2);
  QueryContext context = TestContext();
  const ExpressionPtr some = *FunctionRegistry::Builtin().BindScalar(
      "ends_with", {text, Expression::Constant(Value::Varchar("7"))}, &context);
  return {MakeCall("count_star", {}),
          MakeCall("string_agg", {text}),
          MakeCall("mode", {number}),
          MakeCall("sum", {number}),
          Filtered(MakeCall("string_agg", {text}), some),
          MakeCall("median", {number}),
          MakeCall("mode", {text}),
          MakeCall("approx_count_distinct", {number}),
          MakeCall("max", {text}),
          MakeCall("last", {text}),
          MakeCall("arg_min", {text, text})};
}

TEST(AggregateMemoryTest, GivesTheSameUnderEveryBudget) {
  constexpr size_t kRows = 16'000;
  for (const size_t groups : {size_t{20}, size_t{300}}) {
    const auto aggregate = MakeAggregate(KeepingCalls(), ManyRows(kRows, groups));
    const PhysicalPlan split = InTwoPhases(*aggregate);
    QueryContext ample = TestContext();
    const auto expected = RunPlan(*aggregate, ample);
    ASSERT_TRUE(expected.ok()) << expected.status().ToString();
    const std::vector<std::string> text = SortedText(*expected);
    ASSERT_EQ(text.size(), groups);
    bool any_spilled = false;
    bool any_in_memory = false;
    SpillSpace space;
    for (size_t limit = size_t{7} << 20; limit < size_t{14} << 20; limit += limit / 8) {
      for (const size_t threads : {1, 2}) {
        for (const bool in_phases : {false, true}) {
          QueryContext context({.thread_count = threads, .memory_limit_bytes = limit},
                               FileSystem::Local(), nullptr, space.files());
          const auto result = RunPlan(
              in_phases ? *split : static_cast<const PhysicalOperator&>(*aggregate), context);
          EXPECT_TRUE(result.ok()) << limit << " bytes, " << threads << " threads, " << in_phases
                                   << ": " << result.status().ToString();
          if (!result.ok()) continue;
          ASSERT_EQ(Difference(SortedText(*result), text), "") << limit << " bytes";
          EXPECT_EQ(context.memory().reserved_bytes(), 0u);
          EXPECT_LE(context.memory().peak_bytes(), limit);
          const bool spilled = context.metrics().ForOperator(0).bytes_spilled != 0;
          (spilled ? any_spilled : any_in_memory) = true;
        }
      }
    }
    EXPECT_TRUE(any_spilled);
    EXPECT_TRUE(any_in_memory);
  }
}

// What a batch adds is more than there is memory, so that one aggregation after another is refused
// in the midst of it.
TEST(AggregateMemoryTest, ABatchThatIsMoreThanMemoryIsAddedInParts) {
  const ExpressionPtr text = ColumnOf(1);
  const std::vector<Call> calls = {MakeCall("count_star", {}),     MakeCall("string_agg", {text}),
                                   MakeCall("mode", {text}),       MakeCall("first", {text}),
                                   MakeCall("sum", {ColumnOf(2)}), MakeCall("median", {text})};
  const auto aggregate = MakeAggregate(calls, ManyRows(2 * kVectorSize, 60, 4000));
  const PhysicalPlan split = InTwoPhases(*aggregate);
  QueryContext ample = TestContext();
  const auto expected = RunPlan(*aggregate, ample);
  ASSERT_TRUE(expected.ok()) << expected.status().ToString();
  SpillSpace space;
  for (const bool in_phases : {false, true}) {
    QueryContext context({.thread_count = 1, .memory_limit_bytes = size_t{6} << 20},
                         FileSystem::Local(), nullptr, space.files());
    const auto result =
        RunPlan(in_phases ? *split : static_cast<const PhysicalOperator&>(*aggregate), context);
    ASSERT_TRUE(result.ok()) << in_phases << ": " << result.status().ToString();
    ASSERT_TRUE(SortedText(*result) == SortedText(*expected)) << in_phases;
    EXPECT_GT(context.metrics().ForOperator(0).bytes_spilled.load(), size_t{20} << 20);
  }
}

}  // namespace
}  // namespace trivet
