#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "storage/blocked_bloom.h"
#include "storage/key_list.h"
#include "types/value.h"

namespace trivet {

// A filter that a finished join build side (or a Top-N's boundary) publishes to scans that are
// still to come, on one of their columns or on several together: rows outside it cannot reach the
// result. Applying it is optional and never changes answers. Written once (or tightened, for
// Top-N), read by all threads.
class DynamicFilter {
 public:
  // Content as of one publication; immutable. NULL never passes.
  struct Content {
    std::optional<Value> min;  // inclusive
    std::optional<Value> max;  // inclusive
    // All keys, where there are few; the bounds are then its ends.
    KeyList list;
    // For integer-like keys: bit (key - min) set where the key exists.
    std::vector<uint64_t> bitmap;
    // Otherwise: the hashes of all keys, by HashVector or, for a filter on several columns, which
    // has no other content but `empty`, by HashColumns.
    BlockedBloom bloom;
    bool empty = false;  // no key at all: nothing passes
    // What pays for the memory of the above.
    std::shared_ptr<Reservation> reservation;

    // For EXPLAIN ANALYZE: what rows are asked by, beside the bounds.
    const char* name() const {
      if (empty) return "no key";
      if (!list.is_none()) return "list";
      if (!bitmap.empty()) return "bitmap";
      return bloom.is_none() ? "bounds" : "Bloom filter";
    }
  };

  enum class Publishing : uint8_t {
    kOnce,       // before the scan starts; or, where not, it goes without
    kTightened,  // while it runs, again and again
  };
  explicit DynamicFilter(Publishing publishing = Publishing::kOnce) : publishing_(publishing) {}

  bool tightens() const { return publishing_ == Publishing::kTightened; }
  // The newest content, or null while nothing is published.
  std::shared_ptr<const Content> Get() const { return content_.load(std::memory_order_acquire); }
  void Publish(std::shared_ptr<const Content> content) {
    content_.store(std::move(content), std::memory_order_release);
  }

 private:
  const Publishing publishing_;
  std::atomic<std::shared_ptr<const Content>> content_;
};

}  // namespace trivet
