#include "execution/thread_pool.h"

#include <algorithm>
#include <utility>

namespace trivet {

namespace {
// Aligned like the sections that follow it: mold 1.10 begins the read-only relocations where the
// thread-locals begin, which must not be on the page before.
alignas(64) thread_local bool in_worker = false;
}  // namespace

bool ThreadPool::InWorker() { return in_worker; }

class ThreadPool::Queue final : public TaskScheduler {
 public:
  explicit Queue(ThreadPool& pool) : pool_(pool) {
    std::lock_guard lock(pool_.mutex_);
    pool_.queues_.push_back(this);
  }
  ~Queue() override {
    std::unique_lock lock(pool_.mutex_);
    // A worker that has just run the last task may still be about to put it away.
    pool_.work_.wait(lock, [this] { return running_ == 0; });
    pool_.queues_.remove(this);
  }
  void Schedule(std::shared_ptr<Task> task) override {
    {
      std::lock_guard lock(pool_.mutex_);
      tasks_.push_back(std::move(task));
    }
    pool_.work_.notify_one();
  }

 private:
  friend class ThreadPool;
  ThreadPool& pool_;
  std::deque<std::shared_ptr<Task>> tasks_;
  size_t running_ = 0;
};

ThreadPool::ThreadPool(size_t thread_count) { Resize(thread_count); }

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::unique_ptr<TaskScheduler> ThreadPool::NewQueue() { return std::make_unique<Queue>(*this); }

size_t ThreadPool::thread_count() const {
  std::lock_guard lock(mutex_);
  return target_;
}

void ThreadPool::Resize(size_t thread_count) {
  std::vector<std::thread> retired;
  {
    std::lock_guard lock(mutex_);
    target_ = std::max<size_t>(1, thread_count);
    while (threads_.size() < target_) {
      threads_.emplace_back(&ThreadPool::WorkerLoop, this, threads_.size());
    }
    while (threads_.size() > target_) {
      retired.push_back(std::move(threads_.back()));
      threads_.pop_back();
    }
  }
  work_.notify_all();
  for (std::thread& thread : retired) thread.join();
}

std::shared_ptr<Task> ThreadPool::TakeTask(std::unique_lock<std::mutex>& lock, size_t index,
                                           Queue*& queue) {
  while (!stopping_ && index < target_) {
    const auto ready = std::find_if(queues_.begin(), queues_.end(),
                                    [](const Queue* q) { return !q->tasks_.empty(); });
    if (ready != queues_.end()) {
      queue = *ready;
      std::shared_ptr<Task> task = std::move(queue->tasks_.front());
      queue->tasks_.pop_front();
      ++queue->running_;
      queues_.splice(queues_.end(), queues_, ready);
      return task;
    }
    work_.wait(lock);
  }
  return nullptr;
}

void ThreadPool::WorkerLoop(size_t index) {
  in_worker = true;
  std::unique_lock lock(mutex_);
  Queue* queue = nullptr;
  while (std::shared_ptr<Task> task = TakeTask(lock, index, queue)) {
    lock.unlock();
    const TaskState state = task->Run();
    std::shared_ptr<Task> ended;
    if (state != TaskState::kReady) ended = std::move(task);
    ended.reset();  // a task's memory goes without the lock held
    lock.lock();
    if (task) {
      queue->tasks_.push_back(std::move(task));
      work_.notify_one();
    }
    if (--queue->running_ == 0) work_.notify_all();
  }
}

}  // namespace trivet
