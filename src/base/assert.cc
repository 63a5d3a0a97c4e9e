#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace trivet {

void AssertionFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, condition);
  std::abort();
}

}  // namespace trivet
