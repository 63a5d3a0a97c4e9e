#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "base/cancellation.h"

namespace trivet {

// Sorting that looks after cancellation every few milliseconds, for arrays that take far longer.
// After an error the entries are those there were, in some order (merging: some of them, repeated).

inline constexpr size_t kSortPiece = size_t{1} << 15;

// Merges two sorted arrays into `out`; of equal entries the left ones come first.
template <typename T, typename Less>
Status MergeInterruptibly(std::span<const T> left, std::span<const T> right, T* out,
                          const Less& less, const CancellationToken& cancellation) {
  const T* a = left.data();
  const T* b = right.data();
  const T* const a_end = a + left.size();
  const T* const b_end = b + right.size();
  while (a != a_end && b != b_end) {
    TRIVET_RETURN_IF_ERROR(cancellation.Check());
    // No side can come to its end within so many steps.
    const auto steps =
        std::min<size_t>(kSortPiece, static_cast<size_t>(std::min(a_end - a, b_end - b)));
    for (size_t i = 0; i < steps; ++i) *out++ = less(*b, *a) ? *b++ : *a++;
  }
  out = std::copy(a, a_end, out);
  std::copy(b, b_end, out);
  return Status::OK();
}

// Sorts stably what lies between neighbouring `bounds` (ascending, the first 0, the last the number
// of entries), each such run being sorted already. `scratch` has room for all entries; the result
// is in `entries`.
template <typename T, typename Less>
Status MergeRuns(std::span<T> entries, std::span<T> scratch, std::vector<size_t> bounds,
                 const Less& less, const CancellationToken& cancellation) {
  T* from = entries.data();
  T* to = scratch.data();
  while (bounds.size() > 2) {
    std::vector<size_t> merged = {0};
    for (size_t i = 0; i + 1 < bounds.size(); i += 2) {
      const size_t begin = bounds[i];
      const size_t middle = bounds[i + 1];
      const size_t end = i + 2 < bounds.size() ? bounds[i + 2] : middle;
      TRIVET_RETURN_IF_ERROR(MergeInterruptibly<T>({from + begin, middle - begin},
                                                   {from + middle, end - middle}, to + begin, less,
                                                   cancellation));
      merged.push_back(end);
    }
    std::swap(from, to);
    bounds = std::move(merged);
  }
  if (from != entries.data()) std::copy_n(from, entries.size(), entries.data());
  return Status::OK();
}

// Sorts stably. `scratch` has room for all entries.
template <typename T, typename Less>
Status SortInterruptibly(std::span<T> entries, std::span<T> scratch, const Less& less,
                         const CancellationToken& cancellation) {
  std::vector<size_t> bounds = {0};
  while (bounds.back() < entries.size()) {
    TRIVET_RETURN_IF_ERROR(cancellation.Check());
    const size_t begin = bounds.back();
    const size_t count = std::min(kSortPiece, entries.size() - begin);
    std::stable_sort(entries.begin() + static_cast<ptrdiff_t>(begin),
                     entries.begin() + static_cast<ptrdiff_t>(begin + count), less);
    bounds.push_back(begin + count);
  }
  if (entries.empty()) return Status::OK();
  return MergeRuns(entries, scratch, std::move(bounds), less, cancellation);
}

// Brings the entry of rank `place` to its place, no greater one before it, no smaller one behind.
template <typename T, typename Less>
Status SelectInterruptibly(std::span<T> entries, size_t place, const Less& less,
                           const CancellationToken& cancellation) {
  constexpr size_t kSample = 257;
  size_t begin = 0;
  size_t end = entries.size();
  while (end - begin > 2 * kSortPiece) {
    T sample[kSample];
    const size_t stride = (end - begin) / kSample;
    for (size_t i = 0; i < kSample; ++i) sample[i] = entries[begin + i * stride];
    const size_t rank = (place - begin) / stride;
    std::nth_element(sample, sample + std::min(rank, kSample - 1), sample + kSample, less);
    const T pivot = sample[std::min(rank, kSample - 1)];
    // [begin, smaller) < pivot, [smaller, next) equal, [greater, end) > pivot.
    size_t smaller = begin;
    size_t greater = end;
    size_t next = begin;
    for (size_t steps = 0; next < greater; ++steps) {
      if (steps % kSortPiece == 0) TRIVET_RETURN_IF_ERROR(cancellation.Check());
      if (less(entries[next], pivot)) {
        std::swap(entries[smaller++], entries[next++]);
      } else if (less(pivot, entries[next])) {
        std::swap(entries[next], entries[--greater]);
      } else {
        ++next;
      }
    }
    if (place < smaller) {
      end = smaller;
    } else if (place >= greater) {
      begin = greater;
    } else {
      return Status::OK();
    }
  }
  const auto at = [&](size_t i) { return entries.begin() + static_cast<ptrdiff_t>(i); };
  std::nth_element(at(begin), at(place), at(end), less);
  return cancellation.Check();
}

}  // namespace trivet
