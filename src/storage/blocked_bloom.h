#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trivet {

// A set of hashes that never denies what it holds and seldom (less than one in fifty times) affirms
// what it does not. Each hash concerns one block of 64 bits, picked by its uppermost bits, and sets
// four of them, told by its low 24: adding and asking touch one word. Blocked Bloom filters are
// Putze, Sanders and Singler's ("Cache-, Hash- and Space-Efficient Bloom Filters", JEA 2009),
// blocks of a register Lang, Neumann, Kemper and Boncz's ("Performance-Optimal Filtering", PVLDB
// 2019). Empty at first: without blocks, it is none. Written by one thread, then read by any
// number.
class BlockedBloom {
 public:
  static constexpr size_t kMostBytes = size_t{8} << 20;

  // What a filter for so many keys takes: twelve to twenty-four bits each, a power of two in all; 0
  // where that is beyond kMostBytes.
  static constexpr size_t BytesFor(size_t keys) {
    constexpr size_t kLeastBytes = 64;
    if (keys > kMostBytes / 3 * 2) return 0;
    return std::bit_ceil(std::max(keys + keys / 2, kLeastBytes));
  }

  BlockedBloom() = default;
  // Of BytesFor(keys) bytes.
  explicit BlockedBloom(size_t keys)
      : blocks_(BytesFor(keys) / sizeof(uint64_t)),
        shift_(blocks_.empty() ? 0 : 64 - std::countr_zero(blocks_.size())) {}

  bool is_none() const { return blocks_.empty(); }
  // Not of a filter that is none, both.
  void Add(uint64_t hash) { blocks_[hash >> shift_] |= Bits(hash); }
  bool MayHold(uint64_t hash) const {
    const uint64_t wanted = Bits(hash);
    return (blocks_[hash >> shift_] & wanted) == wanted;
  }

 private:
  static uint64_t Bits(uint64_t hash) {
    return (uint64_t{1} << (hash & 63)) | (uint64_t{1} << ((hash >> 6) & 63)) |
           (uint64_t{1} << ((hash >> 12) & 63)) | (uint64_t{1} << ((hash >> 18) & 63));
  }

  std::vector<uint64_t> blocks_;
  int shift_ = 0;
};

}  // namespace trivet
