#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "execution/task_scheduler.h"

namespace trivet {

// A fixed number of threads that run the tasks of any number of queries in slices, one queue a
// query, the queues in turn, so that a short query does not wait behind a long one. Thread-safe.
class ThreadPool {
 public:
  explicit ThreadPool(size_t thread_count);
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

 private:
  class Queue;
  void WorkerLoop(size_t index);
  std::shared_ptr<Task> TakeTask(std::unique_lock<std::mutex>& lock, size_t index, Queue*& queue);

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::list<Queue*> queues_;  // the front is next in turn
  std::vector<std::thread> threads_;
  size_t target_ = 0;
  bool stopping_ = false;
};

}  // namespace trivet
