#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vector/row_layout.h"
#include "vector/vector.h"

namespace trivet {

enum class NullMatching : uint8_t {
  kNullsEqual,   // groups, IS NOT DISTINCT FROM
  kNullsDiffer,  // `=`: NULL matches nothing
};

// Decides which rows agree with given keys, by the engine's `=`: -0.0 equals 0.0, NaN equals NaN,
// intervals by length. The keys are the layout's first columns. Immutable, thread-safe.
class RowMatcher {
 public:
  // One entry per key column.
  RowMatcher(RowLayoutPtr layout, std::vector<NullMatching> keys);
  // The same for all of the first `key_count` columns.
  RowMatcher(RowLayoutPtr layout, size_t key_count, NullMatching nulls);

  // candidates[0..count) are row numbers of the batch, which `keys` are views of; compares each
  // with rows[candidate]. Leaves the matching ones, in order, at the front of `candidates`, returns
  // their number, and appends the others to `mismatches` (may be null) at *mismatch_count.
  size_t Match(std::span<const VectorView> keys, const uint8_t* const* rows, uint32_t* candidates,
               size_t count, uint32_t* mismatches, size_t* mismatch_count) const;

  // Two rows of the layout.
  bool Equal(const uint8_t* left, const uint8_t* right) const;

 private:
  RowLayoutPtr layout_;
  std::vector<NullMatching> keys_;
};

}  // namespace trivet
