// Stamps the comparison loops for integers.
#include "expression/compare_loops.h"

namespace trivet {

#define TRIVET_DEFINE_COMPARE(T)                                            \
  template void CompareTyped<T>(Comparison, const CompareInput&, uint8_t*); \
  template size_t SelectTyped<T>(Comparison, const CompareInput&, uint32_t*);
TRIVET_DEFINE_COMPARE(int8_t)
TRIVET_DEFINE_COMPARE(int16_t)
TRIVET_DEFINE_COMPARE(int32_t)
TRIVET_DEFINE_COMPARE(int64_t)
TRIVET_DEFINE_COMPARE(uint8_t)
TRIVET_DEFINE_COMPARE(uint16_t)
TRIVET_DEFINE_COMPARE(uint32_t)
TRIVET_DEFINE_COMPARE(uint64_t)

}  // namespace trivet
