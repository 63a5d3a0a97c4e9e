#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "execution/fair_shares.h"
#include "execution/task_scheduler.h"

namespace trivet {

// A fixed number of threads that run the tasks of any number of queries in slices, one queue a
// query. Which query is next is told by FairShares, from the processor time of its slices, so that
// a short query does not wait behind long ones; a query's own tasks take turns. Where every thread
// is busy with other queries, one that has used less than kSmallQuery does not even wait for the
// end of a slice, which a single call may draw out: there is one thread more for such queries, a
// slice at a time. A query alone never sees it. Thread-safe.
class ThreadPool {
 public:
  static constexpr FairShares::Time kSmallQuery = std::chrono::milliseconds(20);

  // Processor time that the calling thread has used.
  using ProcessorClock = std::function<FairShares::Time()>;
  explicit ThreadPool(size_t thread_count, ProcessorClock clock = ThreadTime);
  // All queues must be gone.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // The scheduler of one query. Must be destroyed after its last task has ended.
  std::unique_ptr<TaskScheduler> NewQueue();
  // Starts or retires threads; retired ones finish their slice first.
  void Resize(size_t thread_count);
  size_t thread_count() const;
  // Whether the caller is a thread of a pool: it must not wait for other tasks, whose thread it is.
  static bool InWorker();
  // The system's clock of the calling thread.
  static FairShares::Time ThreadTime();

 private:
  class Queue;
  static constexpr size_t kExtraThread = ~size_t{0};  // its index

  void WorkerLoop(size_t index);
  std::shared_ptr<Task> TakeTask(std::unique_lock<std::mutex>& lock, size_t index, Queue*& queue);
  // The queue that the thread should serve; null where there is none.
  Queue* NextQueue(size_t index) const;
  // A task has come that nobody may know of.
  void WakeForTask();

  const ProcessorClock clock_;
  mutable std::mutex mutex_;            // guards the rest
  std::condition_variable work_;        // for the threads
  std::condition_variable extra_work_;  // for the one more
  std::condition_variable ended_;       // a queue has no running task
  size_t busy_threads_ = 0;             // without the one more
  FairShares shares_;
  std::list<Queue*> queues_;
  std::vector<std::thread> threads_;
  std::thread extra_;
  size_t target_ = 0;
  bool stopping_ = false;
};

}  // namespace trivet
