#include "distributed/task_inputs.h"

#include <utility>

#include "base/string_concat.h"

namespace trivet {

// Batches carry the producing tasks' order only as far as the reader gives them in order: all of
// them are one morsel.
class TaskInputs::Stream final : public ExchangeStream {
 public:
  Stream(TaskInputs& inputs, size_t input, ExchangeRequest request)
      : inputs_(inputs),
        input_(input),
        reader_(std::move(request), ExchangeLimits{}, inputs.fetcher_, inputs.credits_,
                *inputs.memory_) {}

  ~Stream() override {
    inputs_.rows_read_ += reader_.metrics().rows;
    inputs_.bytes_read_ += reader_.metrics().bytes;
  }

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    Result<Outcome> outcome = reader_.Poll(out, call.waker);
    if (!outcome.ok()) {
      if (auto failure = reader_.failure()) inputs_.NoteFailure(input_, std::move(*failure));
      return outcome.status();
    }
    if (*outcome == Outcome::kHaveOutput) out.set_order({0, sequence_++});
    return outcome;
  }

 private:
  TaskInputs& inputs_;
  const size_t input_;
  ExchangeReader reader_;
  uint64_t sequence_ = 0;
};

Result<std::unique_ptr<ExchangeStream>> TaskInputs::Open(size_t input,
                                                         const std::vector<LogicalType>& types) {
  if (input >= launch_.inputs.size()) {
    return Status::Internal(StrCat("the task has no input ", input));
  }
  const TaskInput& wanted = launch_.inputs[input];
  ExchangeRequest request;
  request.partition_begin = wanted.partition_begin;
  request.partition_end = wanted.partition_end;
  request.types = types;
  for (const InputSource& source : wanted.sources) {
    if (source.peer >= launch_.peers.size()) return Status::Internal("an input without a peer");
    const Peer& peer = launch_.peers[source.peer];
    const AttemptId producer{{launch_.attempt.task.query, wanted.producer, source.map},
                             source.attempt};
    request.sources.push_back({producer, {peer.worker, peer.address}});
  }
  return std::unique_ptr<ExchangeStream>(
      std::make_unique<Stream>(*this, input, std::move(request)));
}

std::optional<TaskInputs::Failure> TaskInputs::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void TaskInputs::NoteFailure(size_t input, FetchFailure outputs) {
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = Failure{input, std::move(outputs)};
}

}  // namespace trivet
