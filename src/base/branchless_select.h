#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/cancellation.h"

namespace trivet {

// Selection for entries that are cheap to move and whose comparison is a few instructions, such as
// numbers. Of random numbers a comparison's outcome is anyone's guess, so nothing here branches on
// it: a partition moves every entry and adds the outcome to the end of the smaller ones (Lomuto's
// scheme; see Edelkamp and Weiss, "BlockQuicksort", ESA 2016, for what mispredictions cost).

namespace branchless_select_internal {

inline constexpr size_t kFewEntries = 24;
inline constexpr size_t kEntriesPerSample = 32;
inline constexpr size_t kMostSamples = 257;
inline constexpr int kMostRounds = 64;
// Entries between two looks at the cancellation: below a tenth of a millisecond.
inline constexpr size_t kPiece = size_t{1} << 15;

// Puts entries that `is_first` picks before all others; returns how many these are, or the
// cancellation's error.
template <typename T, typename IsFirst>
Result<size_t> Partition(std::span<T> entries, const IsFirst& is_first,
                         const CancellationToken& cancellation) {
  T* const data = entries.data();
  size_t first = 0;
  for (size_t begin = 0; begin < entries.size(); begin += kPiece) {
    TRIVET_RETURN_IF_ERROR(cancellation.Check());
    const size_t end = std::min(entries.size(), begin + kPiece);
    for (size_t i = begin; i < end; ++i) {
      const T entry = data[i];
      data[i] = data[first];
      data[first] = entry;
      first += static_cast<size_t>(is_first(entry));
    }
  }
  return first;
}

// About the entry of rank `place`, from a sample.
template <typename T, typename Less>
T ChoosePivot(std::span<const T> entries, size_t place, const Less& less) {
  T sample[kMostSamples];
  const size_t count = std::clamp<size_t>(entries.size() / kEntriesPerSample, 5, kMostSamples);
  const size_t stride = entries.size() / count;
  for (size_t i = 0; i < count; ++i) sample[i] = entries[i * stride];
  const size_t rank = std::min(place / stride, count - 1);
  std::nth_element(sample, sample + rank, sample + count, less);
  return sample[rank];
}

}  // namespace branchless_select_internal

// Brings the entry of rank `place` to its place, no greater one before it, no smaller one behind.
// `less` is a strict weak order. After the cancellation's error the entries are in some order.
template <typename T, typename Less>
Status SelectBranchless(std::span<T> entries, size_t place, const Less& less,
                        const CancellationToken& cancellation) {
  namespace internal = branchless_select_internal;
  // Rounds are bounded, for a sample may be as far off as someone likes to make it.
  for (int round = 0; entries.size() > internal::kFewEntries && round < internal::kMostRounds;
       ++round) {
    const T pivot = internal::ChoosePivot<T>(entries, place, less);
    TRIVET_ASSIGN_OR_RETURN(
        const size_t smaller,
        internal::Partition(
            entries, [&](const T& entry) { return less(entry, pivot); }, cancellation));
    if (place < smaller) {
      entries = entries.first(smaller);
      continue;
    }
    entries = entries.subspan(smaller);
    place -= smaller;
    if (smaller != 0) continue;
    // None is smaller: those that equal the pivot come first, at least one.
    TRIVET_ASSIGN_OR_RETURN(
        const size_t equal,
        internal::Partition(
            entries, [&](const T& entry) { return !less(pivot, entry); }, cancellation));
    if (place < equal) return Status::OK();
    entries = entries.subspan(equal);
    place -= equal;
  }
  std::nth_element(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(place), entries.end(),
                   less);
  return cancellation.Check();
}

}  // namespace trivet
