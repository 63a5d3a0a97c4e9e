#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "context/execution_context.h"
#include "vector/batch.h"

namespace trivet {

// What a call on a running operator answers. Nothing waits on a thread: who cannot go on answers
// kBlocked and wakes its caller later.
enum class Outcome : uint8_t {
  kNeedInput,   // done with the input; ready for more
  kHaveOutput,  // gave output; call again (with the same input, for transforms)
  kBlocked,     // could not go on, nothing consumed or produced; the waker will be called
  kFinished,    // no more output (source, transform), or no more input wanted (sink)
};

// Makes a parked task runnable again. Thread-safe, idempotent, cheap; may be called before the call
// that answers kBlocked has returned, and after the query has ended.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void Wake() = 0;
};

struct CallContext {
  const ExecutionContext& execution;
  const std::shared_ptr<Waker>& waker;  // to be kept by an operator that answers kBlocked
};

// ---- Running state. The objects below live for one run of a pipeline; LocalX belongs to one
// thread at a time. Errors end the whole query.

class LocalSource {
 public:
  virtual ~LocalSource() = default;
  // Gives the next batch in `out` (kHaveOutput; it may have no rows), kBlocked or kFinished.
  virtual Result<Outcome> Next(Batch& out, const CallContext& call) = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) = 0;
  // More threads than this would find no work; asked once what comes before has finished. Where
  // there is none for anybody, the source is not made at all.
  virtual size_t max_threads() const { return ~size_t{0}; }
};

class LocalTransform {
 public:
  virtual ~LocalTransform() = default;
  // Processes `input`; `out` arrives empty and may be given rows with every answer but kBlocked.
  // kFinished: this thread's later input cannot give output.
  virtual Result<Outcome> Process(const Batch& input, Batch& out, const CallContext& call) = 0;
  // Called when this thread has no more input: gives what was held back, kHaveOutput to be called
  // again, kFinished at the end, or kBlocked. Not called where no more output is wanted.
  virtual Result<Outcome> Flush(Batch& out, const CallContext& call) {
    (void)out, (void)call;
    return Outcome::kFinished;
  }
};

class Transform {
 public:
  virtual ~Transform() = default;
  virtual Result<std::unique_ptr<LocalTransform>> MakeLocal(const ExecutionContext& context) = 0;
};

class LocalSink {
 public:
  virtual ~LocalSink() = default;
  // Takes the batch (kNeedInput or kFinished), or refuses it for now (kBlocked).
  virtual Result<Outcome> Consume(const Batch& batch, const CallContext& call) = 0;
  // This thread has no more input; merges its state into the sink. Called once, thread-safe towards
  // other locals.
  virtual Status Combine(const CallContext& call) = 0;
};

class MorselTracker;

class Sink {
 public:
  virtual ~Sink() = default;
  // Where the sink wants to know its input's order: its tracker, which sources then take part in.
  virtual std::shared_ptr<MorselTracker> tracker() { return nullptr; }
  virtual Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) = 0;
  // True once more input would change nothing (LIMIT reached): sources stop even if they give no
  // rows.
  virtual bool saturated() const { return false; }
  // After all locals were combined: the number of independent tasks that finishing takes, which
  // then run in parallel, and at last Finish, once.
  virtual size_t FinishTaskCount() { return 0; }
  virtual Status RunFinishTask(size_t task, const CallContext& call) {
    (void)task, (void)call;
    return Status::OK();
  }
  virtual Status Finish(const CallContext& call) {
    (void)call;
    return Status::OK();
  }
};

// In place of an operator's id: the sink that takes the query's result.
inline constexpr size_t kNoOperator = ~size_t{0};

// A source, transforms and a sink that run together; `operators` names the metrics: that of the
// source, those of the transforms, that of the sink.
struct Pipeline {
  std::shared_ptr<Source> source;
  std::vector<std::shared_ptr<Transform>> transforms;
  std::shared_ptr<Sink> sink;
  std::vector<size_t> operators;
  // Names of the same, for errors; they live as long as the plan.
  std::vector<std::string_view> operator_names;
  std::vector<size_t> dependencies;  // pipelines that must have finished first
  // Several pipelines may share a sink (UNION ALL); their morsels are numbered from branch <<
  // kUnionBranchBits, so that the sink sees the branches in order.
  uint64_t branch = 0;
};

}  // namespace trivet
