#include "execution/result_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "context/query_context.h"

namespace trivet {
namespace {

class CountingWaker final : public Waker {
 public:
  void Wake() override { ++count; }
  int count = 0;
};

class ResultQueueTest : public ::testing::Test {
 protected:
  // A batch of one INTEGER column that takes `bytes` or a little more.
  static Batch MakeBatch(BatchOrder order, size_t bytes = 8192) {
    Batch batch({Vector::MakeFlat(TypeId::kInt64, std::max<size_t>(1, bytes / 8))}, 1);
    batch.mutable_column(0).mutable_data<int64_t>()[0] =
        static_cast<int64_t>(order.morsel * 100 + order.sequence);
    batch.set_order(order);
    return batch;
  }
  static int64_t Number(const Batch& batch) { return batch.column(0).data<int64_t>()[0]; }

  Outcome Push(ResultQueue& queue, const Batch& batch) {
    if (local_ == nullptr) local_ = *queue.MakeLocal(context_);
    const auto outcome = local_->Consume(batch, {context_, waker_});
    EXPECT_TRUE(outcome.ok()) << outcome.status().ToString();
    return *outcome;
  }
  Status PushError(ResultQueue& queue, const Batch& batch) {
    if (local_ == nullptr) local_ = *queue.MakeLocal(context_);
    return local_->Consume(batch, {context_, waker_}).status();
  }
  // The numbers of all batches that are ready.
  static std::vector<int64_t> Drain(ResultQueue& queue) {
    std::vector<int64_t> numbers;
    Batch batch;
    while (*queue.Pop(batch, 0) == Outcome::kHaveOutput) numbers.push_back(Number(batch));
    return numbers;
  }
  void TakeMorsels(ResultQueue& queue, size_t branch, const std::vector<uint64_t>& morsels) {
    for (const uint64_t morsel : morsels) {
      ASSERT_TRUE(*queue.tracker()->Take(branch, waker_, [&]() -> Result<std::optional<uint64_t>> {
        return std::optional<uint64_t>(morsel);
      }));
    }
  }

  QueryContext context_{{.memory_limit_bytes = size_t{64} << 20}, FileSystem::Local(), nullptr};
  std::shared_ptr<CountingWaker> waker_counter_ = std::make_shared<CountingWaker>();
  std::shared_ptr<Waker> waker_ = waker_counter_;
  std::unique_ptr<LocalSink> local_;
};

TEST_F(ResultQueueTest, HoldsABoundedAmountAndWakesWhoeverIsRefused) {
  ResultQueue queue(false, context_.memory());
  constexpr size_t kBatch = size_t{1} << 20;
  size_t pushed = 0;
  while (Push(queue, MakeBatch({0, pushed}, kBatch)) == Outcome::kNeedInput) ++pushed;
  EXPECT_GE(pushed, 3u);
  EXPECT_LE(pushed * kBatch, ResultQueue::kMostReadyBytes);
  EXPECT_GE(context_.memory().reserved_bytes(), pushed * kBatch);
  EXPECT_EQ(waker_counter_->count, 0);
  // Woken once there is room for several.
  Batch batch;
  EXPECT_EQ(*queue.Pop(batch, 0), Outcome::kHaveOutput);
  EXPECT_EQ(waker_counter_->count, 0);
  EXPECT_EQ(*queue.Pop(batch, 0), Outcome::kHaveOutput);
  EXPECT_EQ(waker_counter_->count, 1);
  EXPECT_EQ(Push(queue, MakeBatch({0, pushed}, kBatch)), Outcome::kNeedInput);
  EXPECT_EQ(Drain(queue).size(), pushed - 1);
  EXPECT_EQ(context_.memory().reserved_bytes(), 0u);
}

TEST_F(ResultQueueTest, ABatchBeyondTheBoundPassesAlone) {
  ResultQueue queue(false, context_.memory());
  EXPECT_EQ(Push(queue, MakeBatch({0, 0}, 3 * ResultQueue::kMostReadyBytes)), Outcome::kNeedInput);
  EXPECT_EQ(Push(queue, MakeBatch({0, 1}, 8)), Outcome::kBlocked);
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{0}));
  EXPECT_EQ(Push(queue, MakeBatch({0, 1}, 8)), Outcome::kNeedInput);
}

TEST_F(ResultQueueTest, MorselsComeOutInOrder) {
  ResultQueue queue(true, context_.memory());
  const size_t branch = queue.tracker()->OpenBranch();
  TakeMorsels(queue, branch, {0, 1, 2});
  EXPECT_EQ(Push(queue, MakeBatch({2, 0})), Outcome::kNeedInput);
  EXPECT_EQ(Push(queue, MakeBatch({1, 0})), Outcome::kNeedInput);
  EXPECT_EQ(Push(queue, MakeBatch({1, 1})), Outcome::kNeedInput);
  EXPECT_TRUE(Drain(queue).empty());
  EXPECT_EQ(Push(queue, MakeBatch({0, 0})), Outcome::kNeedInput);
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{0}));
  queue.tracker()->FinishMorsel(branch, 0);
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{100, 101}));
  queue.tracker()->FinishMorsel(branch, 2);
  EXPECT_TRUE(Drain(queue).empty());
  EXPECT_EQ(Push(queue, MakeBatch({1, 2})), Outcome::kNeedInput);
  queue.tracker()->FinishMorsel(branch, 1);
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{102, 200}));
}

TEST_F(ResultQueueTest, BatchesOfOnePlaceKeepTheOrderOfTheirArrival) {
  ResultQueue queue(true, context_.memory());
  const size_t branch = queue.tracker()->OpenBranch();
  TakeMorsels(queue, branch, {0, 1});
  for (int64_t number : {7, 8, 9}) {
    Batch batch = MakeBatch({1, 0});
    batch.mutable_column(0).mutable_data<int64_t>()[0] = number;
    EXPECT_EQ(Push(queue, batch), Outcome::kNeedInput);
  }
  queue.tracker()->FinishMorsel(branch, 0);
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{7, 8, 9}));
}

TEST_F(ResultQueueTest, TheOldestMorselPassesHoweverMuchIsWaiting) {
  ResultQueue queue(true, context_.memory());
  const size_t branch = queue.tracker()->OpenBranch();
  TakeMorsels(queue, branch, {0, 1});
  constexpr size_t kBatch = size_t{1} << 20;
  uint64_t sequence = 0;
  while (Push(queue, MakeBatch({1, sequence}, kBatch)) == Outcome::kNeedInput) ++sequence;
  EXPECT_LE(sequence * kBatch, ResultQueue::kMostWaitingBytes);
  EXPECT_EQ(Push(queue, MakeBatch({0, 0}, kBatch)), Outcome::kNeedInput);
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{0}));
  // The refused one is woken when its turn has come, having tried once more before.
  EXPECT_EQ(Push(queue, MakeBatch({1, sequence}, kBatch)), Outcome::kBlocked);
  const int woken = waker_counter_->count;
  queue.tracker()->FinishMorsel(branch, 0);
  EXPECT_GT(waker_counter_->count, woken);
  EXPECT_EQ(Drain(queue).size(), sequence);
}

TEST_F(ResultQueueTest, TheEndBringsOutWhatStillWaits) {
  ResultQueue queue(true, context_.memory());
  const size_t branch = queue.tracker()->OpenBranch();
  TakeMorsels(queue, branch, {0, 1, 2});
  EXPECT_EQ(Push(queue, MakeBatch({2, 0})), Outcome::kNeedInput);
  EXPECT_EQ(Push(queue, MakeBatch({1, 0})), Outcome::kNeedInput);
  queue.Complete(Status::OK());
  EXPECT_TRUE(queue.completed());
  EXPECT_EQ(Drain(queue), (std::vector<int64_t>{100, 200}));
  Batch batch;
  EXPECT_EQ(*queue.Pop(batch, 0), Outcome::kFinished);
  EXPECT_EQ(context_.memory().reserved_bytes(), 0u);
}

TEST_F(ResultQueueTest, AnErrorComesBeforeRowsThatAreReady) {
  ResultQueue queue(false, context_.memory());
  EXPECT_EQ(Push(queue, MakeBatch({0, 0})), Outcome::kNeedInput);
  queue.Complete(Status::InvalidInput("broken"));
  Batch batch;
  EXPECT_EQ(queue.Pop(batch, 0).status().message(), "broken");
  EXPECT_EQ(queue.Pop(batch, 0).status().message(), "broken");
}

TEST_F(ResultQueueTest, ARefusedReservationIsTheProducersError) {
  QueryContext small({.memory_limit_bytes = 100000}, FileSystem::Local(), nullptr);
  ResultQueue queue(false, small.memory());
  EXPECT_EQ(Push(queue, MakeBatch({0, 0}, 60000)), Outcome::kNeedInput);
  const Status status = PushError(queue, MakeBatch({0, 1}, 60000));
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("result"), std::string::npos) << status.message();
}

TEST_F(ResultQueueTest, PopWaitsForABatchAndGivesUpInTime) {
  ResultQueue queue(false, context_.memory());
  Batch batch;
  EXPECT_EQ(*queue.Pop(batch, 1), Outcome::kBlocked);
  local_ = *queue.MakeLocal(context_);
  std::thread producer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(Push(queue, MakeBatch({0, 5})), Outcome::kNeedInput);
  });
  EXPECT_EQ(*queue.Pop(batch, 10000), Outcome::kHaveOutput);
  EXPECT_EQ(Number(batch), 5);
  producer.join();
  std::thread ending([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    queue.Complete(Status::OK());
  });
  EXPECT_EQ(*queue.Pop(batch, 10000), Outcome::kFinished);
  ending.join();
}

}  // namespace
}  // namespace trivet
