#include "distributed/worker_runtime.h"

#include <utility>

#include "distributed/task_run.h"

namespace trivet {

namespace {
WorkerRuntimeOptions WithExtensions(WorkerRuntimeOptions options) {
  if (options.extensions == nullptr) options.extensions = std::make_shared<WorkerExtensions>();
  return options;
}
}  // namespace

WorkerRuntime::WorkerRuntime(WorkerRuntimeOptions options, ShuffleStore& store,
                             PartitionFetcher& fetcher, TableResolver& tables, FileSystem& files,
                             Report report)
    : options_(WithExtensions(std::move(options))),
      store_(store),
      fetcher_(fetcher),
      tables_(tables),
      files_(files),
      report_(std::move(report)),
      memory_("memory_limit", options_.memory_limit_bytes != 0 ? options_.memory_limit_bytes
                                                               : DefaultMemoryLimit()),
      temporary_files_(files, options_.temp_directory),
      credits_(options_.credit_bytes, &memory_),
      pool_(options_.slots) {}

WorkerRuntime::~WorkerRuntime() { CancelAll(); }

void WorkerRuntime::Launch(LaunchAttempt launch) {
  std::unique_lock lock(mutex_);
  JoinEnded(lock);
  const AttemptId attempt = launch.attempt;
  if (refused_.erase(attempt) > 0 || threads_.count(attempt) > 0) return;
  auto run = std::make_unique<TaskRun>(std::move(launch), *this);
  TaskRun* started = run.get();
  runs_[attempt] = std::move(run);
  if (options_.log) {
    options_.log->Write(LogLevel::kInfo,
                        LogEvent("task_started").Attempt(attempt).Worker(options_.identity));
  }
  threads_[attempt] = std::thread([this, started, attempt] { Ended(attempt, started->Run()); });
}

void WorkerRuntime::Ended(const AttemptId& attempt, Event event) {
  std::unique_ptr<TaskRun> run;
  {
    std::lock_guard lock(mutex_);
    const auto found = runs_.find(attempt);
    run = std::move(found->second);
    runs_.erase(found);
  }
  run.reset();
  LogEnd(attempt, event);
  report_(std::move(event));
  std::lock_guard lock(mutex_);
  const auto thread = threads_.find(attempt);
  ended_threads_.push_back(std::move(thread->second));
  threads_.erase(thread);
  idle_.notify_all();
}

void WorkerRuntime::LogEnd(const AttemptId& attempt, const Event& event) {
  if (options_.log == nullptr) return;
  LogEvent line("task_ended");
  line.Attempt(attempt).Worker(options_.identity);
  LogLevel level = LogLevel::kWarning;
  if (const auto* finished = std::get_if<TaskFinished>(&event)) {
    level = LogLevel::kInfo;
    line.Number("rows_read", finished->rows_read)
        .Number("bytes_read", finished->bytes_read)
        .Number("spilled_bytes", finished->spilled_bytes)
        .Number("peak_memory_bytes", finished->peak_memory_bytes);
  } else if (const auto* failed = std::get_if<TaskFailed>(&event)) {
    line.Error(failed->status);
  } else if (const auto* fetch = std::get_if<FetchFailed>(&event)) {
    line.Text("peer", fetch->peer.name).Error(fetch->status);
  }
  options_.log->Write(level, line);
}

void WorkerRuntime::JoinEnded(std::unique_lock<std::mutex>& lock) {
  std::vector<std::thread> ended = std::move(ended_threads_);
  ended_threads_.clear();
  lock.unlock();
  for (std::thread& thread : ended) thread.join();
  lock.lock();
}

void WorkerRuntime::Cancel(const AttemptId& attempt) {
  std::lock_guard lock(mutex_);
  const auto found = runs_.find(attempt);
  if (found != runs_.end()) {
    found->second->Cancel("the coordinator wants it no more");
    return;
  }
  constexpr size_t kRefusedLimit = 4096;
  if (threads_.count(attempt) == 0 && refused_.size() < kRefusedLimit) refused_.insert(attempt);
}

void WorkerRuntime::DeleteQuery(QueryId query) {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [attempt, run] : runs_) {
      if (attempt.task.query == query) run->Cancel("its query has ended");
    }
    std::erase_if(refused_, [&](const AttemptId& attempt) { return attempt.task.query == query; });
  }
  store_.DeleteQuery(query);
}

void WorkerRuntime::CancelAll() {
  std::unique_lock lock(mutex_);
  for (const auto& [attempt, run] : runs_) run->Cancel("the worker stops");
  idle_.wait(lock, [this] { return threads_.empty(); });
  JoinEnded(lock);
}

// An attempt counts until its end has been reported.
std::vector<AttemptProgress> WorkerRuntime::Running() const {
  std::lock_guard lock(mutex_);
  std::vector<AttemptProgress> running;
  for (const auto& [attempt, thread] : threads_) {
    const auto run = runs_.find(attempt);
    running.push_back(run != runs_.end() ? run->second->progress() : AttemptProgress{attempt});
  }
  return running;
}

}  // namespace trivet
