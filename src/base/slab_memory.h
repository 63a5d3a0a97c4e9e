#pragma once

#include <cstddef>

namespace trivet {

// Memory for many blocks that are freed at about the same time, as the pages that scans of one run
// share: a thread cuts its blocks one after another from a huge page, which goes back to
// LargeMemoryPool with the last of them. One block that stays keeps its huge page; a thread keeps
// the one it cuts from. The caller has reserved the blocks. Thread-safe; any thread may free.
class SlabMemory {
 public:
  // Larger blocks are not worth sharing a huge page.
  static constexpr size_t kMostBytes = size_t{1} << 20;

  // Uninitialised, aligned to 64 bytes; at most kMostBytes. Throws std::bad_alloc.
  static void* Take(size_t bytes);
  static void Give(void* block) noexcept;
};

}  // namespace trivet
