#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "types/value.h"

namespace trivet {

// A few keys of one type, each once, in the engine's order: all that a small build side has. Rows
// are asked by their hash, parts of a table by their bounds. Without keys, it is none. Immutable,
// thread-safe.
class KeyList {
 public:
  static constexpr size_t kMost = 50;

  KeyList() = default;
  // Of at most kMost keys, none NULL and no two equal, in any order, and the hash of each by
  // HashVector.
  KeyList(std::vector<Value> keys, const std::vector<uint64_t>& hashes);

  bool is_none() const { return keys_.empty(); }
  const std::vector<Value>& keys() const { return keys_; }
  // True of each key's hash and hardly of another. Not of a list that is none.
  bool MayHold(uint64_t hash) const {
    for (size_t place = hash >> kShift;; place = (place + 1) % kPlaces) {
      if (places_[place] == hash) return true;
      if (places_[place] == kEmpty) return false;
    }
  }
  // Whether a key lies within the bounds; absent: unbounded.
  bool MeetsRange(const std::optional<Value>& min, const std::optional<Value>& max) const;

 private:
  static constexpr size_t kPlaces = 256;  // five times as many as keys: most misses look at one
  static constexpr int kShift = 56;
  // What no key hashes to as a rule; 0 is the hash of 0.
  static constexpr uint64_t kEmpty = 0xd1b54a32d192ed03ULL;

  std::vector<Value> keys_;
  std::vector<uint64_t> places_;  // hashes, each at its uppermost bits' place or behind
};

}  // namespace trivet
