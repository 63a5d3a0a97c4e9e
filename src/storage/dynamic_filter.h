#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "types/value.h"

namespace trivet {

// A filter that a finished join build side (or a Top-N's boundary) publishes to scans that are
// still to come: rows outside it cannot reach the result. Applying it is optional and never changes
// answers. Written once (or tightened, for Top-N), read by all threads.
class DynamicFilter {
 public:
  // Content as of one publication; immutable. NULL never passes.
  struct Content {
    std::optional<Value> min;  // inclusive
    std::optional<Value> max;  // inclusive
    // For integer-like keys: bit (key - min) set where the key exists.
    std::vector<uint64_t> bitmap;
    // Otherwise a register-blocked Bloom filter over HashVector's hashes: one 64-bit block per
    // slot, 4 bits a key; slot = hash >> (64 - log2(size)), bits from the low 24 bits, 6 each.
    std::vector<uint64_t> bloom;
    bool empty = false;  // no key at all: nothing passes
  };

  // The newest content, or null while nothing is published.
  std::shared_ptr<const Content> Get() const { return content_.load(std::memory_order_acquire); }
  void Publish(std::shared_ptr<const Content> content) {
    content_.store(std::move(content), std::memory_order_release);
  }

 private:
  std::atomic<std::shared_ptr<const Content>> content_;
};

}  // namespace trivet
