#include "local/local_executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "execution/operators/limit.h"
#include "execution/operators/sort.h"
#include "execution/testing/rows_operator.h"

namespace trivet {
namespace {

const std::vector<PhysicalColumn> kSchema = {{"i", TypeId::kInt64}};

// Counts up, morsel by morsel, and never ends; or fails at a batch.
class EndlessOperator final : public PhysicalOperator {
 public:
  static constexpr uint64_t kNever = ~uint64_t{0};
  explicit EndlessOperator(uint64_t fails_at = kNever)
      : PhysicalOperator(kSchema, {}), fails_at_(fails_at) {}

  std::string_view name() const override { return "TEST_ENDLESS"; }
  OperatorCapabilities capabilities() const override { return {.streaming = true}; }
  void VisitFields(FieldVisitor&) override {}
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<EndlessOperator>(fails_at_);
  }
  Status BuildPipelines(PipelineBuilder& builder) const override {
    auto takers = builder.MorselTakers();
    builder.SetSource(*this, std::make_shared<EndlessSource>(*this, std::move(takers)));
    return Status::OK();
  }

  // Batches given so far, of all runs.
  mutable std::atomic<uint64_t> given{0};

 private:
  class EndlessSource final : public Source {
   public:
    EndlessSource(const EndlessOperator& op, std::function<std::unique_ptr<MorselTaker>()> takers)
        : op_(op), takers_(std::move(takers)) {}
    Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
      return std::unique_ptr<LocalSource>(std::make_unique<Local>(*this, takers_()));
    }

   private:
    class Local final : public LocalSource {
     public:
      Local(EndlessSource& source, std::unique_ptr<MorselTaker> taker)
          : source_(source), taker_(std::move(taker)) {}
      Result<Outcome> Next(Batch& out, const CallContext& call) override {
        uint64_t number = 0;
        TRIVET_ASSIGN_OR_RETURN(const bool taken,
                                taker_->Next(call, [&]() -> Result<std::optional<uint64_t>> {
                                  number = source_.next_++;
                                  return std::optional<uint64_t>(number);
                                }));
        if (!taken) return Outcome::kBlocked;
        if (number >= source_.op_.fails_at_) return Status::IO("the disk is on fire");
        out = Batch::MakeFlat({TypeId::kInt64});
        for (size_t i = 0; i < kVectorSize; ++i) {
          out.mutable_column(0).mutable_data<int64_t>()[i] =
              static_cast<int64_t>(number * kVectorSize + i);
        }
        out.set_row_count(kVectorSize);
        out.set_order({number, 0});
        ++source_.op_.given;
        return Outcome::kHaveOutput;
      }

     private:
      EndlessSource& source_;
      std::unique_ptr<MorselTaker> taker_;
    };

    const EndlessOperator& op_;
    std::function<std::unique_ptr<MorselTaker>()> takers_;
    std::atomic<uint64_t> next_{0};
  };

  const uint64_t fails_at_;
};

class LocalExecutorTest : public ::testing::Test {
 protected:
  std::unique_ptr<QueryContext> NewContext(size_t threads = 2) {
    return std::make_unique<QueryContext>(QueryContext::Options{.thread_count = threads},
                                          FileSystem::Local(), &budget_);
  }
  static PhysicalPlan Numbers(size_t rows) {
    std::vector<std::vector<Value>> values;
    for (size_t i = 0; i < rows; ++i) values.push_back({Value::Int64(static_cast<int64_t>(i))});
    return std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, values, rows, 50));
  }
  static PhysicalPlan First(uint64_t limit, PhysicalPlan child) {
    const_cast<PhysicalOperator&>(*child).set_id(1);
    auto plan = std::make_shared<PhysicalLimit>(limit, std::nullopt, 0, true, std::move(child));
    plan->set_id(0);
    return plan;
  }
  // All values, or the error that ends them.
  static Result<std::vector<int64_t>> Read(ResultStream& stream) {
    std::vector<int64_t> values;
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, stream.Next(batch));
      if (!more) return values;
      for (size_t i = 0; i < batch.row_count(); ++i) {
        values.push_back(static_cast<int64_t>(batch.column(0).GetValue(i).integer()));
      }
    }
  }

  MemoryBudget budget_{"memory_limit", size_t{1} << 30};
};

TEST_F(LocalExecutorTest, GivesRowsInTheInputsOrderOnAnyNumberOfThreads) {
  for (const size_t threads : {1, 2, 4}) {
    LocalExecutor executor(threads);
    const auto stream = *executor.Execute(Numbers(3000), NewContext(threads));
    const auto values = Read(*stream);
    ASSERT_TRUE(values.ok()) << values.status().ToString();
    ASSERT_EQ(values->size(), 3000u);
    for (size_t i = 0; i < values->size(); ++i) {
      ASSERT_EQ((*values)[i], static_cast<int64_t>(i)) << threads;
    }
  }
  EXPECT_EQ(budget_.reserved_bytes(), 0u);
}

TEST_F(LocalExecutorTest, NothingRunsFurtherThanABoundedBufferAhead) {
  LocalExecutor executor(2);
  const auto plan = std::make_shared<EndlessOperator>();
  const auto stream = *executor.Execute(plan, NewContext());
  uint64_t before = 0;
  uint64_t now = 1;
  for (int i = 0; i < 500 && now != before; ++i) {
    before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    now = plan->given;
  }
  EXPECT_EQ(now, before) << "still running";
  const uint64_t bound = (ResultQueue::kMostReadyBytes + ResultQueue::kMostWaitingBytes) /
                         (kVectorSize * sizeof(int64_t));
  EXPECT_LE(now, bound + 4);
  Batch batch;
  for (uint64_t i = 0; i < 2 * bound; ++i) ASSERT_TRUE(*stream->Next(batch));
  EXPECT_GT(plan->given, now);
}

TEST_F(LocalExecutorTest, UnreadResultsLeaveThePoolFree) {
  LocalExecutor executor(1);
  const auto first = *executor.Execute(std::make_shared<EndlessOperator>(), NewContext(1));
  const auto second = *executor.Execute(std::make_shared<EndlessOperator>(), NewContext(1));
  const auto third = *executor.Execute(Numbers(1000), NewContext(1));
  const auto values = Read(*third);
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values->size(), 1000u);
}

TEST_F(LocalExecutorTest, TheFirstErrorEndsTheQueryAndItsSources) {
  LocalExecutor executor(4);
  const auto plan = std::make_shared<EndlessOperator>(100);
  {
    const auto stream = *executor.Execute(plan, NewContext(4));
    const auto values = Read(*stream);
    EXPECT_EQ(values.status().code(), StatusCode::kIO);
    EXPECT_EQ(values.status().message(), "the disk is on fire");
    // The error stays.
    Batch batch;
    EXPECT_EQ(stream->Next(batch).status().code(), StatusCode::kIO);
  }
  const uint64_t given = plan->given;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(plan->given, given);
  EXPECT_EQ(budget_.reserved_bytes(), 0u);
}

TEST_F(LocalExecutorTest, AnErrorBelowABlockingOperatorIsTheQuerys) {
  LocalExecutor executor(2);
  const auto source = std::make_shared<EndlessOperator>(50);
  PhysicalSort::Fields fields;
  fields.keys = {{Expression::Input(0, TypeId::kInt64, "i"), true, false}};
  source->set_id(1);
  auto sort = std::make_shared<PhysicalSort>(std::move(fields), source);
  const auto stream = *executor.Execute(sort, NewContext());
  EXPECT_EQ(Read(*stream).status().message(), "the disk is on fire");
}

TEST_F(LocalExecutorTest, CancellationEndsARunSoonAndFreesItsMemory) {
  LocalExecutor executor(2);
  // Never gives a row, so that only cancellation can end it.
  const auto source = std::make_shared<EndlessOperator>();
  PhysicalSort::Fields fields;
  fields.keys = {{Expression::Input(0, TypeId::kInt64, "i"), true, false}};
  fields.limit = 10;
  source->set_id(1);
  auto sort = std::make_shared<PhysicalSort>(std::move(fields), source);
  auto stream = *executor.Execute(sort, NewContext());
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stream->Cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Read(*stream).status().code(), StatusCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  canceller.join();
  EXPECT_GT(source->given, 0u);
  stream.reset();
  EXPECT_EQ(budget_.reserved_bytes(), 0u);
}

TEST_F(LocalExecutorTest, ATokenSetByASignalHandlerIsNoticedByTheReader) {
  LocalExecutor executor(2);
  auto context = NewContext();
  const CancellationToken token = context->cancellation();
  const auto stream = *executor.Execute(std::make_shared<EndlessOperator>(), std::move(context));
  Batch batch;
  ASSERT_TRUE(*stream->Next(batch));
  token.Cancel();
  EXPECT_EQ(Read(*stream).status().code(), StatusCode::kCancelled);
}

TEST_F(LocalExecutorTest, AStreamMayGoBeforeItsEnd) {
  LocalExecutor executor(2);
  const auto plan = std::make_shared<EndlessOperator>();
  for (int i = 0; i < 20; ++i) {
    const auto stream = *executor.Execute(plan, NewContext());
    Batch batch;
    for (int j = 0; j < i; ++j) ASSERT_TRUE(*stream->Next(batch));
  }
  EXPECT_EQ(budget_.reserved_bytes(), 0u);
}

TEST_F(LocalExecutorTest, ALimitStopsAnEndlessSource) {
  LocalExecutor executor(2);
  const auto stream =
      *executor.Execute(First(5000, std::make_shared<EndlessOperator>()), NewContext());
  const auto values = Read(*stream);
  ASSERT_TRUE(values.ok());
  ASSERT_EQ(values->size(), 5000u);
  for (size_t i = 0; i < values->size(); ++i) ASSERT_EQ((*values)[i], static_cast<int64_t>(i));
}

TEST_F(LocalExecutorTest, PollGivesUpInTime) {
  LocalExecutor executor(1);
  const auto source = std::make_shared<EndlessOperator>();
  PhysicalSort::Fields fields;
  fields.keys = {{Expression::Input(0, TypeId::kInt64, "i"), true, false}};
  fields.limit = 10;
  source->set_id(1);
  auto sort = std::make_shared<PhysicalSort>(std::move(fields), source);
  const auto stream = *executor.Execute(sort, NewContext(1));
  Batch batch;
  EXPECT_EQ(*stream->Poll(batch, 5), Outcome::kBlocked);
}

TEST_F(LocalExecutorTest, ManyQueriesShareThePool) {
  LocalExecutor executor(2);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j) {
        const auto stream = *executor.Execute(Numbers(500), NewContext());
        const auto values = Read(*stream);
        right += values.ok() && values->size() == 500 && values->back() == 499;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
}

}  // namespace
}  // namespace trivet
