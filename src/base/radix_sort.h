#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/cancellation.h"

namespace trivet {

// Counters of one pass: few enough that the places they write to stay in the innermost caches.
inline constexpr int kRadixDigitBits = 8;

// Sorts entries stably by their numbers `key_of(entry)`, all below 2^bits, by as many passes as the
// bits take, lowest digits first; a pass where all entries agree is left out. Entries in order, or
// in the opposite one, take no pass. `scratch` has room for all entries; the result is in
// `entries`. Looks after cancellation before each pass; after an error the entries are in some
// order.
template <typename T, typename KeyOf>
Status RadixSort(std::span<T> entries, std::span<T> scratch, int bits, const KeyOf& key_of,
                 const CancellationToken& cancellation) {
  constexpr size_t kBuckets = size_t{1} << kRadixDigitBits;
  constexpr size_t kMostPasses = (64 + kRadixDigitBits - 1) / kRadixDigitBits;
  const size_t count = entries.size();
  if (count < 2 || bits == 0) return Status::OK();
  TRIVET_RETURN_IF_ERROR(cancellation.Check());
  const size_t passes = (static_cast<size_t>(bits) + kRadixDigitBits - 1) / kRadixDigitBits;
  // Evenly: the fewer the buckets, the better.
  const int digit_bits = static_cast<int>((static_cast<size_t>(bits) + passes - 1) / passes);
  const uint64_t mask = (uint64_t{1} << digit_bits) - 1;

  bool ascends = true;
  bool descends = true;
  for (size_t i = 1; i < count && (ascends || descends); ++i) {
    const uint64_t before = key_of(entries[i - 1]);
    const uint64_t here = key_of(entries[i]);
    ascends &= before <= here;
    descends &= before >= here;
  }
  if (ascends) return Status::OK();
  if (descends) {
    std::reverse(entries.begin(), entries.end());
    for (auto begin = entries.begin(); begin != entries.end();) {
      const auto end = std::find_if(
          begin, entries.end(), [&](const T& entry) { return key_of(entry) != key_of(*begin); });
      std::reverse(begin, end);
      begin = end;
    }
    return Status::OK();
  }

  std::array<std::array<uint32_t, kBuckets>, kMostPasses> counts;
  for (size_t pass = 0; pass < passes; ++pass) counts[pass].fill(0);
  for (const T& entry : entries) {
    uint64_t key = key_of(entry);
    for (size_t pass = 0; pass < passes; ++pass, key >>= digit_bits) ++counts[pass][key & mask];
  }
  T* from = entries.data();
  T* to = scratch.data();
  Status status;
  for (size_t pass = 0; pass < passes && status.ok(); ++pass) {
    const int shift = static_cast<int>(pass) * digit_bits;
    if (counts[pass][(key_of(*from) >> shift) & mask] == count) continue;
    std::array<uint32_t, kBuckets>& next = counts[pass];
    uint32_t sum = 0;
    for (uint32_t& bucket : next) sum += std::exchange(bucket, sum);
    for (size_t i = 0; i < count; ++i) to[next[(key_of(from[i]) >> shift) & mask]++] = from[i];
    std::swap(from, to);
    status = cancellation.Check();
  }
  if (from != entries.data()) std::copy_n(from, count, entries.data());
  return status;
}

}  // namespace trivet
