#pragma once

#include <vector>

#include "base/status.h"
#include "coordinator/identifiers.h"

namespace trivet {

// Which map outputs could not be read, and from which life of which worker: what the coordinator
// needs to run their producers again. Who fails a task with FetchFailed reports one of these beside
// (ExchangeReader::failure); it is never to be read out of a message.
struct FetchFailure {
  WorkerIncarnation worker;
  std::vector<AttemptId> attempts;

  bool operator==(const FetchFailure&) const = default;
};

// FetchFailed: "cannot read q1.s0.p3.a1 from worker w2#7: <cause>", with the cause's file and hint.
Status MakeFetchFailed(const FetchFailure& failure, const Status& cause);

}  // namespace trivet
