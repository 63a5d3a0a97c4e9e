#include "base/allocator.h"

#include <algorithm>
#include <thread>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace trivet {

#ifdef __GLIBC__
namespace {

// What the end of a heap may hold back. Set, it no longer grows with the blocks that are freed.
constexpr int kTrimBytes = 8 << 20;
constexpr unsigned kLeastArenas = 2;
constexpr unsigned kMostArenas = 16;

}  // namespace

void KeepLittleFreedMemory() {
  const unsigned arenas =
      std::clamp(std::thread::hardware_concurrency(), kLeastArenas, kMostArenas);
  // Refused settings leave the allocator as it is, which is slower to shrink but right.
  mallopt(M_ARENA_MAX, static_cast<int>(arenas));
  mallopt(M_TRIM_THRESHOLD, kTrimBytes);
}
#else
void KeepLittleFreedMemory() {}
#endif

}  // namespace trivet
