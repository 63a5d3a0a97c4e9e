#pragma once

#include <memory>

#include "base/status.h"
#include "vector/batch.h"

namespace trivet {

// Takes the rows of a run on the threads that make them, for a reader who wants all of them and
// does not care when each comes: no row waits in a queue, and what is done with it is done side by
// side. Thread-safe.
class RowReceiver {
 public:
  // One thread's part.
  class Local {
   public:
    virtual ~Local() = default;
    // Batches whose order() tells their place among all; those of one morsel come in their
    // sequence, from one part after the other. An error ends the run.
    virtual Status Take(const Batch& batch) = 0;
  };

  virtual ~RowReceiver() = default;
  // The receiver outlives its parts.
  virtual std::unique_ptr<Local> MakeLocal() = 0;
};

}  // namespace trivet
