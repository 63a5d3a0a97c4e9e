#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "base/memory.h"

namespace trivet {

// Where AllocateLarge gets its huge pages from: mappings of whole huge pages, some of which stay
// when they are freed, for the next query. Memory that comes from the system is faulted in and
// cleared, on virtual machines by the host as well; a result of some hundred megabytes takes as
// long to be so as to be computed. One for the process; thread-safe.
class LargeMemoryPool {
 public:
  static constexpr size_t kHugePageBytes = size_t{2} << 20;

  static LargeMemoryPool& Instance();

  // Lets the pool keep up to `most_bytes`, reserved in `memory` while they are kept: one budget at
  // a time, the first. Nothing is kept without one.
  void Attach(MemoryManager& memory, size_t most_bytes);
  // Nothing is kept any more for this budget; before it ends.
  void Detach(const MemoryManager& memory);

  // A multiple of kHugePageBytes, aligned to it, of any content. Throws std::bad_alloc.
  void* Take(size_t bytes);
  // Memory that Take gave for as many bytes.
  void Give(void* memory, size_t bytes) noexcept;

  // All that is kept goes back to the system, and to the budget; tells how much that was.
  size_t Release() noexcept;
  // What is kept for this budget.
  size_t kept_bytes(const MemoryManager& memory) const;

 private:
  struct Kept {
    void* memory;
    Reservation reservation;
  };
  using Blocks = std::multimap<size_t, Kept>;

  LargeMemoryPool() = default;
  bool Keep(void* memory, size_t bytes);

  std::shared_mutex attachment_;  // taken before mutex_; held while memory_ is drawn upon
  std::atomic<MemoryManager*> memory_{nullptr};
  size_t most_bytes_ = 0;  // guarded by attachment_
  std::mutex mutex_;
  Blocks blocks_;                      // by their size; guarded by mutex_
  std::atomic<size_t> kept_bytes_{0};  // written under mutex_
};

}  // namespace trivet
