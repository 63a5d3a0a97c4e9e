#include "execution/operators/limit.h"

#include <gtest/gtest.h>

#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/spill_space.h"

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

// Counts rows, and sees whether numbers come one after the other. One thread's.
class CountingSink final : public Sink {
 public:
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
  }
  uint64_t rows() const { return rows_; }
  bool is_ascending_from(int64_t first) const { return is_ascending_ && first_ == first; }

 private:
  class Local final : public LocalSink {
   public:
    explicit Local(CountingSink& sink) : sink_(sink) {}
    Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
      Vector numbers = batch.column(0);
      numbers.Flatten(batch.row_count());
      const auto* values = numbers.data<int64_t>();
      if (sink_.rows_ == 0) sink_.first_ = values[0];
      for (size_t i = 0; i < batch.row_count(); ++i) {
        const int64_t next = sink_.first_ + static_cast<int64_t>(sink_.rows_++);
        sink_.is_ascending_ = sink_.is_ascending_ && values[i] == next;
      }
      return Outcome::kNeedInput;
    }
    Status Combine(const CallContext&) override { return Status::OK(); }

   private:
    CountingSink& sink_;
  };
  uint64_t rows_ = 0;
  int64_t first_ = 0;
  bool is_ascending_ = true;
};

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

constexpr size_t kMany = 2'000'000;

PhysicalPlan ManyRows() {
  RowsOperator::Morsels morsels;
  for (size_t from = 0; from < kMany; from += kVectorSize) {
    if (from % (32 * kVectorSize) == 0) morsels.emplace_back();
    const size_t rows = std::min(kVectorSize, kMany - from);
    Batch batch = Batch::MakeFlat({TypeId::kInt64, TypeId::kVarchar}, rows);
    for (size_t i = 0; i < rows; ++i) {
      batch.mutable_column(0).mutable_data<int64_t>()[i] = static_cast<int64_t>(from + i);
      batch.mutable_column(1).mutable_data<StringView>()[i] = StringView();
    }
    batch.set_row_count(rows);
    morsels.back().push_back(std::move(batch));
  }
  return std::make_shared<RowsOperator>(kSchema, std::move(morsels));
}

// Many times as many rows as may be held.
TEST(LimitTest, RowsLeaveAsTheyCome) {
  const PhysicalPlan input = ManyRows();
  for (const size_t threads : {1, 4}) {
    for (const bool ordered : {true, false}) {
      const auto plan = MakeLimit(kMany - 5000, std::nullopt, 3000, ordered, input);
      QueryContext context({.thread_count = threads, .memory_limit_bytes = size_t{64} << 20},
                           FileSystem::Local(), nullptr);
      auto sink = std::make_shared<CountingSink>();
      const Status status = RunPlanInto(*plan, context, sink);
      ASSERT_TRUE(status.ok()) << status.ToString();
      EXPECT_EQ(sink->rows(), kMany - 5000);
      EXPECT_TRUE(!ordered || sink->is_ascending_from(3000));
      EXPECT_GT(context.memory().peak_bytes(), 0u);
      EXPECT_LE(context.memory().peak_bytes(), size_t{12} << 20);
      EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    }
  }
}

TEST(LimitTest, NamesItselfWhenNotEvenABatchFits) {
  const auto plan = MakeLimit(900, std::nullopt, 0, true, Input(MakeRows(kRows), 6));
  QueryContext small({.memory_limit_bytes = 100}, FileSystem::Local(), nullptr);
  const Status status = RunPlan(*plan, small).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("LIMIT"), std::string::npos) << status.message();
}

// Its reader may want no more while the input waits for room.
TEST(LimitTest, AReaderThatEndsEarlyEndsItsInput) {
  for (const size_t threads : {1, 3}) {
    const auto inner = MakeLimit(kMany - 1, std::nullopt, 0, true, ManyRows());
    auto plan = std::make_shared<PhysicalLimit>(5, std::nullopt, 7, true, inner);
    inner->set_id(2);
    plan->set_id(0);
    QueryContext context = TestContext(threads);
    EXPECT_EQ(Numbers(*RunPlanInOrder(*plan, context)), Range(7, 12));
    EXPECT_LT(context.metrics().ForOperator(1).rows_out.load(), kMany);
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  }
}

TEST(LimitTest, APercentageOfMoreThanMemoryGoesToDisk) {
  const Rows rows = MakeRows(kRows);
  SpillSpace space;
  for (const size_t threads : {1, 3}) {
    const auto plan = MakeLimit(std::nullopt, 50.0, 20, true, Input(rows, 9));
    QueryContext context({.thread_count = threads, .memory_limit_bytes = 40'000},
                         FileSystem::Local(), nullptr, space.files());
    const auto kept = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(kept.ok()) << kept.status().ToString();
    EXPECT_EQ(Numbers(*kept), Range(20, 520));
    EXPECT_GT(context.metrics().ForOperator(0).bytes_spilled.load(), 0u);
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    EXPECT_EQ(space.files()->used_bytes(), 0u);
  }
}

TEST(LimitTest, RowsBeforeTheOffsetTakeNoMemory) {
  const auto plan = MakeLimit(3, std::nullopt, 990, true, Input(MakeRows(kRows), 6));
  QueryContext small({.memory_limit_bytes = 16'000}, FileSystem::Local(), nullptr);
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
