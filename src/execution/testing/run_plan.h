#pragma once

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "base/file_system.h"
#include "context/query_context.h"
#include "execution/physical_operator.h"
#include "execution/pipeline_builder.h"
#include "execution/pipeline_executor.h"

namespace trivet {

// Runs tasks on `threads` threads until the run has completed. For tests of operators, which have
// no runtime above them.
class TestScheduler final : public TaskScheduler {
 public:
  void Schedule(std::shared_ptr<Task> task) override {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  void RunUntil(const std::atomic<bool>& done) {
    while (!done.load()) {
      std::shared_ptr<Task> task;
      {
        std::lock_guard lock(mutex_);
        if (!tasks_.empty()) {
          task = std::move(tasks_.front());
          tasks_.pop_front();
        }
      }
      if (task == nullptr) {
        std::this_thread::yield();
      } else if (task->Run() == TaskState::kReady) {
        Schedule(std::move(task));
      }
    }
  }

 private:
  std::mutex mutex_;
  std::deque<std::shared_ptr<Task>> tasks_;
};

// Keeps every row as values, in arrival order, and its batch's place in the output's order.
class CollectSink final : public Sink {
 public:
  using Row = std::vector<Value>;
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
  }
  std::vector<Row> rows;
  std::vector<BatchOrder> orders;  // of each row's batch

 private:
  class Local final : public LocalSink {
   public:
    explicit Local(CollectSink& sink) : sink_(sink) {}
    Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
      std::lock_guard lock(sink_.mutex_);
      for (size_t i = 0; i < batch.row_count(); ++i) {
        Row row;
        for (const Vector& column : batch.columns()) row.push_back(column.GetValue(i));
        sink_.rows.push_back(std::move(row));
        sink_.orders.push_back(batch.order());
      }
      return Outcome::kNeedInput;
    }
    Status Combine(const CallContext&) override { return Status::OK(); }

   private:
    CollectSink& sink_;
  };
  std::mutex mutex_;
};

inline Status RunPlanInto(const PhysicalOperator& plan, QueryContext& context,
                          const std::shared_ptr<Sink>& sink) {
  PipelineBuilder builder(context);
  TRIVET_RETURN_IF_ERROR(builder.BuildRoot(plan, sink));
  TestScheduler scheduler;
  std::atomic<bool> done{false};
  Status status;
  auto executor = std::make_shared<PipelineExecutor>(std::move(builder.pipelines()), context,
                                                     scheduler, [&](Status result) {
                                                       status = std::move(result);
                                                       done.store(true);
                                                     });
  executor->Start();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < context.thread_count(); ++i) {
    threads.emplace_back([&] { scheduler.RunUntil(done); });
  }
  scheduler.RunUntil(done);
  for (std::thread& thread : threads) thread.join();
  return status;
}

// Runs a plan to its end and gives its rows.
inline Result<std::vector<CollectSink::Row>> RunPlan(const PhysicalOperator& plan,
                                                     QueryContext& context) {
  auto sink = std::make_shared<CollectSink>();
  TRIVET_RETURN_IF_ERROR(RunPlanInto(plan, context, sink));
  return std::move(sink->rows);
}

// The same in the output's order.
inline Result<std::vector<CollectSink::Row>> RunPlanInOrder(const PhysicalOperator& plan,
                                                            QueryContext& context) {
  auto sink = std::make_shared<CollectSink>();
  TRIVET_RETURN_IF_ERROR(RunPlanInto(plan, context, sink));
  std::vector<size_t> places(sink->rows.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::stable_sort(places.begin(), places.end(),
                   [&](size_t a, size_t b) { return sink->orders[a] < sink->orders[b]; });
  std::vector<CollectSink::Row> rows;
  for (const size_t place : places) rows.push_back(std::move(sink->rows[place]));
  return rows;
}

inline QueryContext TestContext(size_t threads = 1, size_t batch_size = kVectorSize) {
  return QueryContext({.batch_size = batch_size, .thread_count = threads}, FileSystem::Local(),
                      nullptr);
}

// One whose operators put all that they hold on disk, batch by batch.
inline QueryContext SpillingContext(size_t threads = 1, size_t batch_size = kVectorSize,
                                    MemoryBudget* budget = nullptr) {
  static TemporaryFiles files(FileSystem::Local(), std::filesystem::temp_directory_path().string());
  return QueryContext(
      {.batch_size = batch_size, .thread_count = threads, .always_spill = budget == nullptr},
      FileSystem::Local(), budget, &files);
}

}  // namespace trivet
