#include "execution/thread_pool.h"

#include <time.h>

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
    pool_.ended_.wait(lock, [this] { return running_ == 0; });
    pool_.queues_.remove(this);
  }
  void Schedule(std::shared_ptr<Task> task) override {
    std::lock_guard lock(pool_.mutex_);
    if (tasks_.empty()) pool_.shares_.Wait(account_);
    tasks_.push_back(std::move(task));
    pool_.WakeForTask();
  }

 private:
  friend class ThreadPool;
  ThreadPool& pool_;
  std::deque<std::shared_ptr<Task>> tasks_;
  FairShares::Account account_;
  size_t running_ = 0;
};

FairShares::Time ThreadPool::ThreadTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

ThreadPool::ThreadPool(size_t thread_count, ProcessorClock clock) : clock_(std::move(clock)) {
  Resize(thread_count);
  extra_ = std::thread(&ThreadPool::WorkerLoop, this, kExtraThread);
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  extra_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  extra_.join();
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

void ThreadPool::WakeForTask() { (busy_threads_ < target_ ? work_ : extra_work_).notify_one(); }

ThreadPool::Queue* ThreadPool::NextQueue(size_t index) const {
  Queue* next = nullptr;
  const bool is_extra = index == kExtraThread;
  if (is_extra && busy_threads_ < target_) return nullptr;
  for (Queue* queue : queues_) {
    if (queue->tasks_.empty()) continue;
    if (is_extra && (queue->running_ > 0 || shares_.Used(queue->account_) >= kSmallQuery)) continue;
    if (next == nullptr || shares_.ComesBefore(queue->account_, next->account_)) next = queue;
  }
  return next;
}

std::shared_ptr<Task> ThreadPool::TakeTask(std::unique_lock<std::mutex>& lock, size_t index,
                                           Queue*& queue) {
  const bool is_extra = index == kExtraThread;
  while (!stopping_ && (is_extra || index < target_)) {
    queue = NextQueue(index);
    if (queue != nullptr) {
      std::shared_ptr<Task> task = std::move(queue->tasks_.front());
      queue->tasks_.pop_front();
      ++queue->running_;
      shares_.Begin(queue->account_, kTaskSlice);
      busy_threads_ += !is_extra;
      // The last free thread may have been woken for two.
      if (!is_extra && NextQueue(kExtraThread) != nullptr) extra_work_.notify_one();
      return task;
    }
    (is_extra ? extra_work_ : work_).wait(lock);
  }
  return nullptr;
}

void ThreadPool::WorkerLoop(size_t index) {
  in_worker = true;
  std::unique_lock lock(mutex_);
  Queue* queue = nullptr;
  while (std::shared_ptr<Task> task = TakeTask(lock, index, queue)) {
    lock.unlock();
    const FairShares::Time before = clock_();
    const TaskState state = task->Run();
    std::shared_ptr<Task> ended;
    if (state != TaskState::kReady) ended = std::move(task);
    ended.reset();  // a task's memory goes without the lock held
    const FairShares::Time used = clock_() - before;
    lock.lock();
    busy_threads_ -= index != kExtraThread;
    shares_.End(queue->account_, kTaskSlice, used);
    if (task) {
      if (queue->tasks_.empty()) shares_.Wait(queue->account_);
      queue->tasks_.push_back(std::move(task));
      WakeForTask();
    }
    if (--queue->running_ == 0) ended_.notify_all();
  }
}

}  // namespace trivet
