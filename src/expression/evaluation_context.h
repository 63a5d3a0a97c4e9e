#pragma once

#include <cstdint>
#include <string>

#include "base/cancellation.h"
#include "base/memory.h"

namespace trivet {

// All that an expression may know of the query around it. Fixed at the start of the query and
// carried along with its tasks, so that now() and seeds answer alike everywhere. Read-only,
// thread-safe.
class EvaluationContext {
 public:
  virtual ~EvaluationContext() = default;

  // Start of the query, microseconds since 1970-01-01 UTC.
  virtual int64_t query_time_micros() const = 0;
  // Seed of volatile functions.
  virtual uint64_t random_seed() const = 0;
  // Session time zone, an ICU identifier such as "UTC" or "Europe/Berlin".
  virtual const std::string& time_zone() const = 0;
  virtual MemoryManager& memory() const = 0;
  virtual const CancellationToken& cancellation() const = 0;
};

}  // namespace trivet
