#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "context/file_facts.h"
#include "context/memory_budget.h"
#include "coordinator/action.h"
#include "coordinator/event.h"
#include "distributed/event_log.h"
#include "distributed/task_envelope.h"
#include "execution/thread_pool.h"
#include "shuffle/block_stream.h"
#include "shuffle/credit_pool.h"
#include "shuffle/shuffle_store.h"

namespace trivet {

struct WorkerRuntimeOptions {
  WorkerIncarnation identity;
  uint32_t slots = 1;
  size_t memory_limit_bytes = 0;  // 0: 80 % of what the process may use
  // Where operators put what does not fit into memory; empty: nowhere.
  std::string temp_directory;
  size_t credit_bytes = size_t{256} << 20;
  WireCompression compression = WireCompression::kLz4;
  std::shared_ptr<EventLog> log;  // null: none
  // What plans are read with; null: built-in functions and operators alone.
  std::shared_ptr<WorkerExtensions> extensions;
};

class TaskRun;

// Runs the tasks that a coordinator gives to one worker, each on a thread of its own with pipelines
// on a shared pool of `slots` threads, and keeps their outputs in the store. Reports how each
// attempt ended, once. Thread-safe. Destroying it cancels all tasks and waits for them.
class WorkerRuntime {
 public:
  // TaskFinished, TaskFailed or FetchFailed; called on the task's thread.
  using Report = std::function<void(Event)>;

  // All references outlive the runtime.
  WorkerRuntime(WorkerRuntimeOptions options, ShuffleStore& store, PartitionFetcher& fetcher,
                TableResolver& tables, FileSystem& files, Report report);
  ~WorkerRuntime();

  // An attempt that was cancelled before or that runs already is not started.
  void Launch(LaunchAttempt launch);
  void Cancel(const AttemptId& attempt);
  // Cancels the query's tasks and deletes its outputs.
  void DeleteQuery(QueryId query);
  // Cancels everything and waits.
  void CancelAll();

  // Attempts that run, with what they have written so far.
  std::vector<AttemptProgress> Running() const;
  MemoryBudget& memory() { return memory_; }
  const WorkerRuntimeOptions& options() const { return options_; }

 private:
  friend class TaskRun;

  void Ended(const AttemptId& attempt, Event event);
  void LogEnd(const AttemptId& attempt, const Event& event);
  void JoinEnded(std::unique_lock<std::mutex>& lock);

  const WorkerRuntimeOptions options_;
  ShuffleStore& store_;
  PartitionFetcher& fetcher_;
  TableResolver& tables_;
  FileSystem& files_;
  Report report_;
  MemoryBudget memory_;
  TemporaryFiles temporary_files_;
  BufferCache buffer_cache_{memory_};
  // Not an owner: no task, and so no fact, outlives the runtime.
  FileFacts file_facts_{std::shared_ptr<MemoryManager>(std::shared_ptr<void>(), &memory_),
                        buffer_cache_};
  CreditPool credits_;
  ThreadPool pool_;

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::map<AttemptId, std::unique_ptr<TaskRun>> runs_;
  std::vector<std::thread> ended_threads_;
  std::map<AttemptId, std::thread> threads_;
  std::set<AttemptId> refused_;  // told to cancel before they came
};

}  // namespace trivet
