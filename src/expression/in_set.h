#pragma once

#include <memory>
#include <vector>

#include "types/value.h"
#include "vector/vector.h"

namespace trivet {

// The constant list of an IN, prepared for look-ups of whole vectors. Immutable, shareable.
class InSet {
 public:
  virtual ~InSet() = default;
  // out[row] = 1 where row of `values` is a member; rows that are NULL get anything.
  virtual void Test(const Vector& values, size_t count, uint8_t* out) const = 0;

  // `members` are of `type` and not NULL.
  static std::unique_ptr<InSet> Make(const LogicalType& type, const std::vector<Value>& members);
};

}  // namespace trivet
