// What pairs are given of a small build side: codes of vectors that lie ready, or gathered values.
#include "execution/operators/join_payload.h"

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "execution/operators/join.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

const std::vector<PhysicalColumn> kProbeSchema = {{"k", TypeId::kInt32}, {"n", TypeId::kInt64}};
const std::vector<PhysicalColumn> kBuildSchema = {
    {"k", TypeId::kInt32}, {"s", TypeId::kVarchar}, {"v", TypeId::kInt64}};

// Keeps batches as they come.
class BatchSink final : public Sink {
 public:
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
  }
  std::vector<Batch> batches;

 private:
  class Local final : public LocalSink {
   public:
    explicit Local(BatchSink& sink) : sink_(sink) {}
    Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
      std::lock_guard lock(sink_.mutex_);
      if (batch.row_count() > 0) sink_.batches.push_back(batch);
      return Outcome::kNeedInput;
    }
    Status Combine(const CallContext&) override { return Status::OK(); }

   private:
    BatchSink& sink_;
  };
  std::mutex mutex_;
};

// What build row `row` holds besides its key.
std::optional<std::string> TextOf(int64_t row) {
  if (row % 7 == 3) return std::nullopt;
  return (row % 2 ? "a text that does not fit inline, of row " : "r") + std::to_string(row);
}
int64_t NumberOf(int64_t row) { return row * 1000; }

// Those without a key, which are kept only where unmatched rows are given as well.
constexpr int64_t kKeylessRows = 2;

// `rows` of them, every key `times` times, and two without a key.
PhysicalPlan BuildSide(int64_t rows, int64_t times) {
  RowsOperator::Morsels morsels;
  for (int64_t begin = 0; begin < rows; begin += 1500) {
    const auto count = static_cast<size_t>(std::min<int64_t>(1500, rows - begin));
    std::vector<Vector> columns;
    for (const PhysicalColumn& column : kBuildSchema) {
      columns.push_back(Vector::MakeFlat(column.type, count));
    }
    for (size_t i = 0; i < count; ++i) {
      const int64_t row = begin + static_cast<int64_t>(i);
      columns[0].mutable_data<int32_t>()[i] = static_cast<int32_t>(row / times);
      if (row == 0 || row == 2) columns[0].SetNull(i);
      const std::optional<std::string> text = TextOf(row);
      if (text) columns[1].SetString(i, *text);
      if (!text) columns[1].SetNull(i);
      columns[2].mutable_data<int64_t>()[i] = NumberOf(row);
    }
    morsels.push_back({Batch(std::move(columns), count)});
  }
  return std::make_shared<RowsOperator>(kBuildSchema, std::move(morsels));
}

// Keys that go round below `keys`.
PhysicalPlan ProbeSide(int64_t rows, int64_t keys, int64_t batch_rows = kVectorSize) {
  RowsOperator::Morsels morsels;
  for (int64_t begin = 0; begin < rows; begin += batch_rows) {
    const auto count = static_cast<size_t>(std::min(batch_rows, rows - begin));
    std::vector<Vector> columns = {Vector::MakeFlat(TypeId::kInt32, count),
                                   Vector::MakeFlat(TypeId::kInt64, count)};
    for (size_t i = 0; i < count; ++i) {
      const int64_t row = begin + static_cast<int64_t>(i);
      columns[0].mutable_data<int32_t>()[i] = static_cast<int32_t>(row % keys);
      columns[1].mutable_data<int64_t>()[i] = row;
    }
    morsels.push_back({Batch(std::move(columns), count)});
  }
  return std::make_shared<RowsOperator>(kProbeSchema, std::move(morsels));
}

struct JoinOf {
  JoinKind kind = JoinKind::kInner;
  bool keyed = true;
  bool residual = false;  // n < v
};

PhysicalPlan MakeJoin(const JoinOf& join, PhysicalPlan probe, PhysicalPlan build) {
  PhysicalJoin::Fields fields;
  fields.kind = join.kind;
  if (join.keyed) {
    fields.left_keys = {Expression::Input(0, TypeId::kInt32, "k")};
    fields.right_keys = {Expression::Input(0, TypeId::kInt32, "k")};
  }
  if (join.residual) {
    fields.residual =
        Expression::Compare(Comparison::kLess, Expression::Input(1, TypeId::kInt64, "n"),
                            Expression::Input(4, TypeId::kInt64, "v"));
  }
  fields.left_output = {0, 1};
  fields.right_output = {0, 1, 2};
  std::vector<PhysicalColumn> schema = kProbeSchema;
  schema.insert(schema.end(), kBuildSchema.begin(), kBuildSchema.end());
  return std::make_shared<PhysicalJoin>(std::move(fields), std::move(schema), std::move(probe),
                                        std::move(build));
}

// Every pair holds what its build row held, which the number tells.
void CheckPairs(const std::vector<Batch>& batches) {
  for (const Batch& batch : batches) {
    for (size_t i = 0; i < batch.row_count(); ++i) {
      const int64_t number = batch.column(4).GetValue(i).integer();
      ASSERT_EQ(number % 1000, 0);
      const std::optional<std::string> text = TextOf(number / 1000);
      const Value found = batch.column(3).GetValue(i);
      ASSERT_EQ(found.is_null(), !text.has_value());
      ASSERT_EQ(found.ToString(), text.value_or("NULL"));
      ASSERT_EQ(batch.column(2).GetValue(i), batch.column(0).GetValue(i));
    }
  }
}

size_t RowCount(const std::vector<Batch>& batches) {
  size_t rows = 0;
  for (const Batch& batch : batches) rows += batch.row_count();
  return rows;
}

size_t CodedCount(const std::vector<Batch>& batches) {
  return static_cast<size_t>(std::ranges::count_if(
      batches, [](const Batch& batch) { return batch.column(3).dictionary_id() != 0; }));
}

TEST(JoinPayload, PairsShareCodesOnceManyHaveCome) {
  constexpr int64_t kRows = 3000;
  for (const size_t threads : {1, 2}) {
    const PhysicalPlan plan = MakeJoin({}, ProbeSide(60'000, 1500, 1000), BuildSide(kRows, 2));
    QueryContext context = TestContext(threads);
    auto sink = std::make_shared<BatchSink>();
    ASSERT_TRUE(RunPlanInto(*plan, context, sink).ok());
    // Two pairs a probe row, less those of the two build rows without a key.
    EXPECT_EQ(RowCount(sink->batches), 2 * 60'000u - 2 * 40u);
    CheckPairs(sink->batches);
    std::set<uint64_t> ids;
    for (const Batch& batch : sink->batches) {
      if (batch.column(3).dictionary_id() == 0) continue;
      EXPECT_EQ(batch.column(3).dictionary_size(), static_cast<size_t>(kRows - kKeylessRows));
      EXPECT_EQ(batch.column(2).codes(), batch.column(3).codes());
      EXPECT_EQ(batch.column(4).codes(), batch.column(3).codes());
      for (const size_t column : {2, 3, 4}) ids.insert(batch.column(column).dictionary_id());
    }
    EXPECT_EQ(ids.size(), 3u);
    // Not at first, when nobody knows that many will come.
    EXPECT_GT(CodedCount(sink->batches), sink->batches.size() / 4 * 3);
    EXPECT_LT(CodedCount(sink->batches), sink->batches.size());
    EXPECT_TRUE(sink->batches.front().column(3).is_flat());
  }
}

TEST(JoinPayload, VectorsOutliveTheJoinAndStayReserved) {
  QueryContext context = TestContext(2);
  Vector texts;
  Vector numbers;
  std::string expected;
  {
    auto sink = std::make_shared<BatchSink>();
    {
      const PhysicalPlan plan = MakeJoin({}, ProbeSide(30'000, 500), BuildSide(1000, 2));
      ASSERT_TRUE(RunPlanInto(*plan, context, sink).ok());
    }
    ASSERT_GT(CodedCount(sink->batches), 0u);
    CheckPairs(sink->batches);
    texts = sink->batches.back().column(3);
    numbers = sink->batches.back().column(4);
    expected = TextOf(numbers.GetValue(0).integer() / 1000).value_or("NULL");
  }
  // A copied string keeps what it points to, which lies with its row; numbers keep the vectors.
  texts.Flatten(1);
  const size_t both = context.memory().reserved_bytes();
  numbers = Vector();
  const size_t rows = context.memory().reserved_bytes();
  EXPECT_GE(both - rows, 998 * (4 + 16 + 8));
  EXPECT_GE(rows, 998 * (8 + 4 + 16 + 8 + 1));
  EXPECT_EQ(texts.GetValue(0).ToString(), expected);
  texts = Vector();
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);
}

TEST(JoinPayload, AsManyRowsAsHaveOrdinalsAreCoded) {
  for (const size_t more : {0, 1}) {
    const auto rows = static_cast<int64_t>(JoinTable::kMostOrdinals + more) + kKeylessRows;
    const PhysicalPlan plan = MakeJoin({}, ProbeSide(400'000, rows), BuildSide(rows, 1));
    QueryContext context = TestContext(2);
    auto sink = std::make_shared<BatchSink>();
    ASSERT_TRUE(RunPlanInto(*plan, context, sink).ok());
    CheckPairs(sink->batches);
    EXPECT_EQ(CodedCount(sink->batches) > 0, more == 0);
  }
}

TEST(JoinPayload, PairsAreGatheredWhereMemoryIsRefused) {
  const PhysicalPlan plan = MakeJoin({}, ProbeSide(300'000, 20'000), BuildSide(20'000, 1));
  QueryContext plenty = TestContext(1);
  auto sink = std::make_shared<BatchSink>();
  ASSERT_TRUE(RunPlanInto(*plan, plenty, sink).ok());
  const size_t pairs = RowCount(sink->batches);
  EXPECT_GT(CodedCount(sink->batches), 0u);
  const size_t needed = plenty.memory().peak_bytes();

  // Between what the table takes and what both do lies a limit that leaves too little for others.
  constexpr size_t kStep = size_t{64} << 10;
  size_t coded = 1;
  for (size_t limit = needed; coded != 0; limit -= kStep) {
    QueryContext scarce({.thread_count = 1, .memory_limit_bytes = limit}, FileSystem::Local(),
                        nullptr);
    auto scarce_sink = std::make_shared<BatchSink>();
    const Status status = RunPlanInto(*plan, scarce, scarce_sink);
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(RowCount(scarce_sink->batches), pairs);
    CheckPairs(scarce_sink->batches);
    coded = CodedCount(scarce_sink->batches);
  }
}

std::multiset<std::string> Texts(const std::vector<CollectSink::Row>& rows) {
  std::multiset<std::string> texts;
  for (const CollectSink::Row& row : rows) {
    std::string text;
    for (const Value& value : row) text += value.ToString() + "|";
    texts.insert(std::move(text));
  }
  return texts;
}

// Rows that come back from disk are gathered: the two ways must agree in every kind, by keys or
// without, and where predicates look at columns of the build side.
TEST(JoinPayload, AgreesWithGatheringInEveryKind) {
  for (const JoinKind kind :
       {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull, JoinKind::kSingle}) {
    for (const bool keyed : {true, false}) {
      if (!keyed && kind == JoinKind::kSingle) continue;
      for (const bool residual : {false, true}) {
        const int64_t times = kind == JoinKind::kSingle ? 1 : 3;
        const PhysicalPlan plan =
            MakeJoin({kind, keyed, residual}, ProbeSide(keyed ? 5'000 : 300, 400),
                     BuildSide(keyed ? 900 : 40, times));
        QueryContext spilling = SpillingContext(1);
        const auto expected = RunPlan(*plan, spilling);
        ASSERT_TRUE(expected.ok()) << expected.status().ToString();
        for (const size_t threads : {1, 2}) {
          QueryContext context = TestContext(threads, threads == 1 ? 100 : kVectorSize);
          const auto found = RunPlan(*plan, context);
          ASSERT_TRUE(found.ok()) << found.status().ToString();
          EXPECT_EQ(Texts(*found), Texts(*expected)) << JoinKindName(kind) << keyed << residual;
        }
      }
    }
  }
}

}  // namespace
}  // namespace trivet
