#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context/query_context.h"
#include "execution/physical_operator.h"
#include "execution/pipeline.h"
#include "execution/row_receiver.h"

namespace trivet {

// How far one stage of a distributed query has come.
struct StageProgress {
  uint32_t stage = 0;
  std::string description;
  uint32_t tasks = 0;
  uint32_t finished_tasks = 0;
  uint32_t running_tasks = 0;
  uint64_t rows = 0;  // written so far
};

// A running query and the stream of its rows. The reader pulls; nothing runs further than a bounded
// buffer ahead of it. Destroying the stream cancels what still runs. Used by one thread at a time,
// except Cancel and Progress.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  // The next batch (kHaveOutput), the end (kFinished), the query's error, or kBlocked after
  // `timeout_ms`, so that a caller can look after signals.
  virtual Result<Outcome> Poll(Batch& batch, int timeout_ms) = 0;
  virtual void Cancel() = 0;
  // From now on rows go to the receiver, on the threads that make them; Poll gives what was made
  // before, and tells the end. False, and nothing changes, where rows come from elsewhere.
  virtual bool DivertTo(std::shared_ptr<RowReceiver> receiver) {
    (void)receiver;
    return false;
  }
  // Share of the sources read so far, 0 to 1; nothing when it is not known.
  virtual std::optional<double> Progress() const = 0;
  // One entry a stage; none where the query runs in one piece.
  virtual std::vector<StageProgress> Stages() const { return {}; }
  // The plan with what was measured (EXPLAIN ANALYZE), after the end.
  virtual std::string Analysis(bool json) = 0;

  // The next batch; false after the last one.
  Result<bool> Next(Batch& batch) {
    constexpr int kPollMs = 20;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, Poll(batch, kPollMs));
      if (outcome == Outcome::kHaveOutput) return true;
      if (outcome == Outcome::kFinished) return false;
    }
  }
};

// Where a session's queries run: this process's threads, or the workers of a cluster. Thread-safe.
class QueryRuntime {
 public:
  virtual ~QueryRuntime() = default;
  // Starts the plan. `context` carries what is fixed for the query; the stream keeps it.
  virtual Result<std::unique_ptr<ResultStream>> Execute(PhysicalPlan plan,
                                                        std::unique_ptr<QueryContext> context) = 0;
  // The plan as this runtime would run it (EXPLAIN).
  virtual Result<std::string> Explain(const PhysicalPlan& plan, const QueryContext& context,
                                      bool json) = 0;
};

}  // namespace trivet
