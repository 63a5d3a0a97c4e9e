// Stamps the comparison loops for what is no machine integer.
#include "expression/compare_loops.h"

namespace trivet {

#define TRIVET_DEFINE_COMPARE(T)                                            \
  template void CompareTyped<T>(Comparison, const CompareInput&, uint8_t*); \
  template size_t SelectTyped<T>(Comparison, const CompareInput&, uint32_t*);
TRIVET_DEFINE_COMPARE(int128_t)
TRIVET_DEFINE_COMPARE(float)
TRIVET_DEFINE_COMPARE(double)
TRIVET_DEFINE_COMPARE(StringView)
TRIVET_DEFINE_COMPARE(Interval)

}  // namespace trivet
