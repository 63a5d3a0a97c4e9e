#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "context/query_context.h"
#include "coordinator/action.h"
#include "execution/exchange_inputs.h"
#include "shuffle/exchange_reader.h"

namespace trivet {

// What one task reads of other stages, by a fetcher. Thread-safe.
class TaskInputs final : public ExchangeInputs {
 public:
  // All references outlive the inputs.
  TaskInputs(const LaunchAttempt& launch, PartitionFetcher& fetcher, CreditPool& credits)
      : launch_(launch), fetcher_(fetcher), credits_(credits) {}

  // Before the first Open: what the streams reserve against.
  void set_memory(MemoryManager& memory) { memory_ = &memory; }

  Result<std::unique_ptr<ExchangeStream>> Open(size_t input,
                                               const std::vector<LogicalType>& types) override;

  // The outputs that could not be had, after a stream failed with FetchFailed, and the input.
  struct Failure {
    size_t input = 0;
    FetchFailure outputs;
  };
  std::optional<Failure> failure() const;
  uint64_t rows_read() const { return rows_read_.load(); }
  uint64_t bytes_read() const { return bytes_read_.load(); }

 private:
  class Stream;
  void NoteFailure(size_t input, FetchFailure outputs);

  const LaunchAttempt& launch_;
  PartitionFetcher& fetcher_;
  CreditPool& credits_;
  MemoryManager* memory_ = nullptr;
  mutable std::mutex mutex_;
  std::optional<Failure> failure_;
  std::atomic<uint64_t> rows_read_{0};
  std::atomic<uint64_t> bytes_read_{0};
};

// The context of one task: the query's, with the task's inputs and its part of the scans.
class TaskContext final : public QueryContext {
 public:
  TaskContext(Options options, FileSystem& files, MemoryBudget* process_budget,
              TemporaryFiles& temporary_files, BufferCache& buffer_cache, TaskInputs& inputs)
      : QueryContext(std::move(options), files, process_budget, &temporary_files, &buffer_cache),
        inputs_(inputs) {}

  ExchangeInputs* exchange_inputs() const override { return &inputs_; }

 private:
  TaskInputs& inputs_;
};

}  // namespace trivet
