#include "execution/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <vector>

namespace trivet {
namespace {

// Waits until `condition` holds, at most some seconds.
bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

class FunctionTask final : public Task {
 public:
  explicit FunctionTask(std::function<TaskState()> run, std::function<void()> on_end = {})
      : run_(std::move(run)), on_end_(std::move(on_end)) {}
  ~FunctionTask() override {
    if (on_end_) on_end_();
  }
  TaskState Run() override { return run_(); }

 private:
  std::function<TaskState()> run_;
  std::function<void()> on_end_;
};

TEST(ThreadPoolTest, RunsEveryTaskUntilItIsDone) {
  ThreadPool pool(3);
  const auto queue = pool.NewQueue();
  std::atomic<int> slices{0};
  std::atomic<int> done{0};
  for (int i = 0; i < 20; ++i) {
    auto left = std::make_shared<int>(i);
    queue->Schedule(std::make_shared<FunctionTask>([&, left] {
      ++slices;
      if ((*left)-- > 0) return TaskState::kReady;
      ++done;
      return TaskState::kDone;
    }));
  }
  EXPECT_TRUE(Eventually([&] { return done == 20; }));
  EXPECT_EQ(slices, 20 + 19 * 20 / 2);
}

TEST(ThreadPoolTest, AParkedTaskRunsAgainOnlyWhenItIsScheduled) {
  ThreadPool pool(2);
  const auto queue = pool.NewQueue();
  std::atomic<int> runs{0};
  auto task = std::make_shared<FunctionTask>([&] {
    ++runs;
    return runs == 3 ? TaskState::kDone : TaskState::kParked;
  });
  for (int expected = 1; expected <= 3; ++expected) {
    queue->Schedule(task);
    EXPECT_TRUE(Eventually([&] { return runs == expected; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(runs, expected);
  }
}

TEST(ThreadPoolTest, AQueryThatUsedLittleGoesBeforeOneOfManyTasks) {
  std::atomic<int64_t> processor_nanos{0};
  const auto run_for = [&](int milliseconds) { processor_nanos += milliseconds * 1'000'000; };
  ThreadPool pool(1, [&] { return FairShares::Time(processor_nanos.load()); });
  const auto busy = pool.NewQueue();
  const auto brief = pool.NewQueue();
  std::atomic<bool> stop{false};
  std::atomic<int> busy_slices{0};
  std::atomic<int> ended{0};
  for (int i = 0; i < 50; ++i) {
    busy->Schedule(std::make_shared<FunctionTask>([&] {
      ++busy_slices;
      run_for(3);
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      if (!stop) return TaskState::kReady;
      ++ended;
      return TaskState::kDone;
    }));
  }
  EXPECT_TRUE(Eventually([&] { return busy_slices > 100; }));
  std::vector<int> busy_before;
  std::atomic<bool> is_small{true};
  brief->Schedule(std::make_shared<FunctionTask>([&] {
    // What it does on the one thread more is not told.
    if (is_small.exchange(false)) {
      run_for(60);
      return TaskState::kReady;
    }
    busy_before.push_back(busy_slices);
    run_for(3);
    if (busy_before.size() < 400) return TaskState::kReady;
    stop = true;
    return TaskState::kDone;
  }));
  EXPECT_TRUE(Eventually([&] { return ended == 50; }));
  ASSERT_EQ(busy_before.size(), 400u);
  // Alone until it has used as much; what the busy one used in its 100 slices counts 214 ms.
  EXPECT_LE(busy_before[15] - busy_before[0], 1);
  EXPECT_GE(busy_before[80] - busy_before[0], 2);
  // Then each the same.
  EXPECT_NEAR(busy_before[399] - busy_before[299], 100, 10);
}

TEST(ThreadPoolTest, ASmallQueryDoesNotWaitForThreadsThatAreBusy) {
  std::atomic<int64_t> processor_nanos{0};
  ThreadPool pool(2, [&] { return FairShares::Time(processor_nanos.load()); });
  const auto busy = pool.NewQueue();
  std::atomic<bool> stop{false};
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  for (int i = 0; i < 5; ++i) {
    busy->Schedule(std::make_shared<FunctionTask>([&] {
      const int now = ++running;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --running;
      return TaskState::kDone;
    }));
  }
  EXPECT_TRUE(Eventually([&] { return running == 2; }));
  // While no slice of the busy query ends.
  const auto small = pool.NewQueue();
  std::atomic<int> slices{0};
  const auto add_slice = [&] {
    small->Schedule(std::make_shared<FunctionTask>([&] {
      ++slices;
      processor_nanos += 8'000'000;
      return TaskState::kDone;
    }));
  };
  add_slice();
  EXPECT_TRUE(Eventually([&] { return slices == 1; }));
  add_slice();
  EXPECT_TRUE(Eventually([&] { return slices == 2; }));
  add_slice();
  EXPECT_TRUE(Eventually([&] { return slices == 3; }));
  // It is small no more.
  add_slice();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(slices, 3);
  // Nor does a busy query get more threads than there are.
  EXPECT_EQ(most, 2);
  stop = true;
  EXPECT_TRUE(Eventually([&] { return slices == 4 && running == 0; }));
}

TEST(ThreadPoolTest, ResizingStartsAndRetiresThreads) {
  ThreadPool pool(1);
  const auto queue = pool.NewQueue();
  std::atomic<bool> stop{false};
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::atomic<int> ended{0};
  for (int i = 0; i < 8; ++i) {
    queue->Schedule(std::make_shared<FunctionTask>([&] {
      const int now = ++running;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --running;
      if (!stop) return TaskState::kReady;
      ++ended;
      return TaskState::kDone;
    }));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(most, 1);
  pool.Resize(4);
  EXPECT_EQ(pool.thread_count(), 4u);
  EXPECT_TRUE(Eventually([&] { return most == 4; }));
  pool.Resize(2);
  most = 0;
  EXPECT_TRUE(Eventually([&] { return most == 2; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(most, 2);
  pool.Resize(0);
  EXPECT_EQ(pool.thread_count(), 1u);
  stop = true;
  EXPECT_TRUE(Eventually([&] { return ended == 8; }));
}

TEST(ThreadPoolTest, ATaskThatEndsMayScheduleAnother) {
  ThreadPool pool(1);
  const auto queue = pool.NewQueue();
  std::atomic<bool> second{false};
  queue->Schedule(std::make_shared<FunctionTask>([] { return TaskState::kDone; },
                                                 [&] {
                                                   queue->Schedule(
                                                       std::make_shared<FunctionTask>([&] {
                                                         second = true;
                                                         return TaskState::kDone;
                                                       }));
                                                 }));
  EXPECT_TRUE(Eventually([&] { return second.load(); }));
}

TEST(ThreadPoolTest, AQueueGoesWhenItsRunningTaskHasEnded) {
  ThreadPool pool(2);
  std::atomic<bool> started{false};
  std::atomic<bool> ended{false};
  {
    const auto queue = pool.NewQueue();
    queue->Schedule(std::make_shared<FunctionTask>([&] {
      started = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ended = true;
      return TaskState::kDone;
    }));
    ASSERT_TRUE(Eventually([&] { return started.load(); }));
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace trivet
