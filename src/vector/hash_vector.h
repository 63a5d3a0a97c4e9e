#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/hash.h"
#include "vector/vector.h"

namespace trivet {

// The hash of values, fixed for good: partitions, spilled files and dynamic filters depend on it.
//  - Every integer-like value (booleans, integers of any width, unscaled decimals, dates, times,
//    timestamps, UUIDs) is hashed by its number, whatever its width: HashInt64 of the number where
//    that fits a signed 64-bit integer, else HashInt128.
//  - Floating-point numbers are hashed by the bits of the double; -0.0 as 0.0, every NaN alike.
//  - Strings and blobs are hashed by their bytes: HashBytes.
//  - Intervals are hashed by their length in microseconds (a month of 30 days, a day of 24 hours).
//  - NULL is kNullHash. Lists and structs fold their elements' hashes with CombineHash, lists from
//  the
//    hash of their length, structs from 0.
// A key of several columns folds the columns' hashes from left to right with CombineHash.
// So values that the engine's `=` holds equal have equal hashes.

inline uint64_t HashOf(int64_t value) { return HashInt64(static_cast<uint64_t>(value)); }
inline uint64_t HashOf(int128_t value) {
  const int64_t narrow = static_cast<int64_t>(value);
  return narrow == value ? HashOf(narrow) : HashInt128(value);
}
inline uint64_t HashOf(bool value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(int8_t value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(int16_t value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(int32_t value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(uint8_t value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(uint16_t value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(uint32_t value) { return HashOf(int64_t{value}); }
inline uint64_t HashOf(uint64_t value) { return HashOf(static_cast<int128_t>(value)); }
inline uint64_t HashOf(double value) {
  if (value == 0.0) value = 0.0;  // drops the sign
  const uint64_t bits = value != value ? 0x7ff8000000000000ULL : std::bit_cast<uint64_t>(value);
  return HashInt64(bits);
}
inline uint64_t HashOf(float value) { return HashOf(static_cast<double>(value)); }
inline uint64_t HashOf(const StringView& value) {
  if (!value.is_inline()) return HashBytes(value.data(), value.size());
  // The twelve inline bytes, zero-padded, as HashBytes would read them.
  const uint64_t low = (value.head_word() >> 32) | (value.tail_word() << 32);
  return HashShortBytes(low, value.tail_word() >> 32, value.size());
}
inline uint64_t HashOf(const Interval& value) {
  const int64_t days = int64_t{value.months} * 30 + value.days;
  return HashOf(static_cast<int128_t>(days) * 86'400'000'000 + value.micros);
}

// Writes the hash of each of `count` rows to `hashes`. Rows of a constant are hashed once, those of
// a dictionary that is no larger than `count` once per entry.
void HashVector(const Vector& column, size_t count, uint64_t* hashes);
// Folds the hash of each row into hashes[row].
void CombineHashVector(const Vector& column, size_t count, uint64_t* hashes);
// The hash of a key of several columns; without columns, 0.
void HashColumns(std::span<const Vector> columns, size_t count, uint64_t* hashes);

}  // namespace trivet
