#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"

namespace trivet {

// Errors belong to rows: a kernel that cannot compute a row records the error for that row (and
// makes the result NULL there) and goes on; the evaluator raises one only where the row is live.
// TRY_CAST and TRY drop them instead. What is wrong with the query and no row of it (no memory, a
// cancellation) abandons the call. Not synchronised.
class LaneErrors {
 public:
  struct Entry {
    uint32_t row;
    Status status;
  };

  // The first error of a row wins.
  void Add(size_t row, Status status);
  bool Has(size_t row) const;
  bool empty() const { return entries_.empty(); }
  // By row, ascending.
  const std::vector<Entry>& entries() const { return entries_; }
  void Clear() { entries_.clear(); }
  // Ends the call: whatever it gave is no result, and its evaluator returns the first such status.
  void Abandon(Status status);
  const Status& abandoned() const { return abandoned_; }
  // The error of the lowest row; OK when there is none.
  Status First() const;

 private:
  std::vector<Entry> entries_;
  Status abandoned_;
};

}  // namespace trivet
