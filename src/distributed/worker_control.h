#pragma once

#include "coordinator/action.h"

namespace trivet {

// How a coordinator reaches its workers: in its own process, over sockets, or a test's invention.
// Calls return at once; what they ask for may get lost, heartbeats tell. Thread-safe.
class WorkerControl {
 public:
  virtual ~WorkerControl() = default;
  virtual void Launch(const LaunchAttempt& launch) = 0;
  virtual void Cancel(const CancelAttempt& cancel) = 0;
  virtual void Fence(const FenceWorker& fence) = 0;
  virtual void Delete(const DeleteShuffleData& data) = 0;
};

}  // namespace trivet
