#include "execution/operators/limit.h"

#include <gtest/gtest.h>

#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

using Rows = std::vector<std::vector<Value>>;

const std::vector<PhysicalColumn> kSchema = {{"n", TypeId::kInt64}, {"s", TypeId::kVarchar}};

Rows MakeRows(size_t count) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    rows.push_back({Value::Int64(static_cast<int64_t>(i)),
                    Value::Varchar("a text that is long enough for " + std::to_string(i))});
  }
  return rows;
}

std::vector<int64_t> Numbers(const Rows& rows) {
  std::vector<int64_t> numbers;
  for (const auto& row : rows) numbers.push_back(static_cast<int64_t>(row[0].integer()));
  return numbers;
}

std::vector<int64_t> Range(uint64_t from, uint64_t to) {
  std::vector<int64_t> numbers;
  for (uint64_t i = from; i < to; ++i) numbers.push_back(static_cast<int64_t>(i));
  return numbers;
}

std::shared_ptr<PhysicalOperator> MakeLimit(std::optional<uint64_t> limit,
                                            std::optional<double> percent, uint64_t offset,
                                            bool ordered, PhysicalPlan child) {
  const_cast<PhysicalOperator&>(*child).set_id(1);
  auto plan = std::make_shared<PhysicalLimit>(limit, percent, offset, ordered, std::move(child));
  plan->set_id(0);
  return plan;
}

PhysicalPlan Input(const Rows& rows, uint64_t seed) {
  return std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, rows, seed, 40));
}

constexpr size_t kRows = 1000;

TEST(LimitTest, KeepsTheFirstRowsOfTheInputsOrderOnAnyNumberOfThreads) {
  const Rows rows = MakeRows(kRows);
  for (const auto& [limit, offset] :
       std::vector<std::pair<uint64_t, uint64_t>>{{0, 0},
                                                  {1, 0},
                                                  {7, 3},
                                                  {500, 0},
                                                  {kRows, 0},
                                                  {kRows, 1},
                                                  {5, kRows - 2},
                                                  {5, kRows},
                                                  {5, 3 * kRows},
                                                  {~uint64_t{0}, 10},
                                                  {3, ~uint64_t{0}}}) {
    const uint64_t from = std::min<uint64_t>(offset, kRows);
    const uint64_t to = limit > kRows - from ? kRows : from + limit;
    for (uint64_t seed = 0; seed < 6; ++seed) {
      QueryContext context = TestContext(1 + seed % 4);
      const auto plan = MakeLimit(limit, std::nullopt, offset, true, Input(rows, seed));
      const auto kept = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(kept.ok()) << kept.status().ToString();
      ASSERT_EQ(Numbers(*kept), Range(from, to)) << limit << " from " << offset;
      EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    }
  }
}

TEST(LimitTest, AnOffsetAloneKeepsTheRest) {
  QueryContext context = TestContext(3);
  const auto plan = MakeLimit(std::nullopt, std::nullopt, 990, true, Input(MakeRows(kRows), 1));
  EXPECT_EQ(Numbers(*RunPlanInOrder(*plan, context)), Range(990, kRows));
}

TEST(LimitTest, APercentageIsOfAllRows) {
  const Rows rows = MakeRows(kRows);
  for (const auto& [percent, kept] : std::vector<std::pair<double, uint64_t>>{
           {0, 0}, {0.05, 0}, {0.1, 1}, {12.34, 123}, {100, kRows}}) {
    QueryContext context = TestContext(2);
    const auto plan = MakeLimit(std::nullopt, percent, 0, true, Input(rows, 2));
    EXPECT_EQ(Numbers(*RunPlanInOrder(*plan, context)), Range(0, kept)) << percent;
    const auto behind = MakeLimit(std::nullopt, percent, 5, true, Input(rows, 3));
    EXPECT_EQ(Numbers(*RunPlanInOrder(*behind, context)),
              Range(5, std::min<uint64_t>(kRows, kept + 5)))
        << percent;
  }
}

TEST(LimitTest, OverInputWithoutOrderGivesAnyRowsOfTheRightNumber) {
  QueryContext context = TestContext(4);
  const auto plan = MakeLimit(20, std::nullopt, 10, false, Input(MakeRows(kRows), 4));
  std::vector<int64_t> numbers = Numbers(*RunPlan(*plan, context));
  EXPECT_EQ(numbers.size(), 20u);
  std::sort(numbers.begin(), numbers.end());
  EXPECT_TRUE(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
}

TEST(LimitTest, SourcesStopWhenTheRowsAreKnown) {
  const Rows rows = MakeRows(kRows);
  QueryContext context = TestContext(2);
  const auto plan = MakeLimit(10, std::nullopt, 0, true, Input(rows, 5));
  ASSERT_TRUE(RunPlan(*plan, context).ok());
  // A batch has at most 40 rows, and a few may be on their way.
  EXPECT_LT(context.metrics().ForOperator(1).rows_out.load(), kRows / 2);
  const auto none = MakeLimit(0, std::nullopt, 0, true, Input(rows, 5));
  QueryContext untouched = TestContext(2);
  ASSERT_TRUE(RunPlan(*none, untouched).ok());
  EXPECT_EQ(untouched.metrics().ForOperator(1).rows_out.load(), 0u);
}

TEST(LimitTest, ReservesWhatItKeepsAndNamesItselfWhenRefused) {
  const Rows rows = MakeRows(kRows);
  const auto plan = MakeLimit(900, std::nullopt, 0, true, Input(rows, 6));
  QueryContext context = TestContext(1);
  ASSERT_TRUE(RunPlan(*plan, context).ok());
  EXPECT_GE(context.memory().peak_bytes(), 900u * (8 + 16));
  QueryContext small({.memory_limit_bytes = 4000}, FileSystem::Local(), nullptr);
  const Status status = RunPlan(*plan, small).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("LIMIT"), std::string::npos) << status.message();
}

TEST(LimitTest, RowsBeforeTheOffsetTakeNoMemory) {
  const auto plan = MakeLimit(3, std::nullopt, 990, true, Input(MakeRows(kRows), 6));
  QueryContext small({.memory_limit_bytes = 4000}, FileSystem::Local(), nullptr);
  const auto kept = RunPlanInOrder(*plan, small);
  ASSERT_TRUE(kept.ok()) << kept.status().ToString();
  EXPECT_EQ(Numbers(*kept), Range(990, 993));
}

TEST(LimitTest, RunsTwiceWithTheSameAnswer) {
  const auto plan = MakeLimit(123, std::nullopt, 45, true, Input(MakeRows(kRows), 7));
  QueryContext context = TestContext(3);
  EXPECT_EQ(Numbers(*RunPlanInOrder(*plan, context)), Range(45, 168));
  EXPECT_EQ(Numbers(*RunPlanInOrder(*plan, context)), Range(45, 168));
}

}  // namespace
}  // namespace trivet
