#pragma once

#include <algorithm>
#include <cstring>

#include "expression/aggregate_function.h"
#include "expression/ordering.h"
#include "vector/canonical.h"

namespace trivet {

// A value that a state keeps beyond its batch. Bytes of long strings are copied into the arena;
// their room is used again when a later value replaces the string. Trivially copyable: a copy made
// while combining takes the room over. After an OutOfMemory of the arena the old value stays.
template <typename T>
struct KeptValue {
  T value;
  void Keep(AggregateArena&, const T& next) { value = next; }
  bool MakeRoom(AggregateArena&, const T&) { return true; }
};

template <>
struct KeptValue<StringView> {
  StringView value;
  char* room;
  uint64_t capacity;

  void Keep(AggregateArena& arena, const StringView& next) {
    if (next.is_inline()) {
      value = next;
      return;
    }
    if (!MakeRoom(arena, next)) return;
    std::memcpy(room, next.data(), next.size());
    value = StringView(room, next.size());
  }
  // Makes sure that keeping the value will succeed; false where the arena refuses. What is kept
  // stays as it is.
  bool MakeRoom(AggregateArena& arena, const StringView& next) {
    if (next.is_inline() || next.size() <= capacity) return true;
    // Doubling bounds what is left behind by the size of the largest value.
    const uint64_t wanted = std::max<uint64_t>(next.size(), 2 * capacity);
    auto* bytes = static_cast<char*>(arena.Allocate(wanted));
    if (bytes == nullptr) return false;
    room = bytes;
    capacity = wanted;
    return true;
  }
};

// A value of a type known at run time only: up to 16 bytes, or a string.
struct KeptAny {
  KeptValue<StringView> string;  // holds fixed-size values as well
  bool is_null;

  void Keep(AggregateArena& arena, const uint8_t* data, size_t width, bool is_string) {
    is_null = false;
    if (is_string) {
      string.Keep(arena, *reinterpret_cast<const StringView*>(data));
    } else {
      std::memcpy(&string.value, data, width);
    }
  }
  // Makes sure that keeping the value will succeed; false where the arena refuses.
  bool MakeRoom(AggregateArena& arena, const uint8_t* data, bool is_string) {
    return !is_string || string.MakeRoom(arena, *reinterpret_cast<const StringView*>(data));
  }
  bool MakeRoom(AggregateArena& arena, const LogicalType& type, const KeptAny& next) {
    const bool is_string = !next.is_null && type.physical() == PhysicalType::kString;
    return !is_string || string.MakeRoom(arena, next.string.value);
  }
  // The same from a value of the type that lies elsewhere.
  void Keep(AggregateArena& arena, const LogicalType& type, const KeptAny& next) {
    if (next.is_null) {
      is_null = true;
    } else {
      Keep(arena, reinterpret_cast<const uint8_t*>(&next.string.value), TypeSize(type),
           type.physical() == PhysicalType::kString);
    }
  }
  // Writes it to a row of a flat vector.
  void Store(Vector& result, size_t row) const {
    const size_t width = TypeSize(result.type());
    if (is_null) {
      std::memset(result.mutable_data<uint8_t>() + row * width, 0, width);
      result.SetNull(row);
    } else if (result.type().physical() == PhysicalType::kString) {
      result.SetString(row, string.value.view());
    } else {
      std::memcpy(result.mutable_data<uint8_t>() + row * width, &string.value, width);
    }
  }
};

// Place of a row in the input's order.
struct RowPosition {
  uint64_t morsel;
  uint64_t place;  // sequence of the batch, then row
  static constexpr int kRowBits = 11;

  auto operator<=>(const RowPosition&) const = default;
  static RowPosition Of(const BatchOrder& order, size_t row) {
    return {order.morsel, (order.sequence << kRowBits) | row};
  }
};
static_assert(kVectorSize <= 1 << RowPosition::kRowBits);

// Total order for MIN and MAX: the engine's order, and among equal but different intervals the one
// of fewer months, then days, so that the answer does not depend on which came first.
template <typename T>
bool ComesBefore(const T& a, const T& b) {
  return Ordering<T>::Less(a, b);
}
inline bool ComesBefore(const Interval& a, const Interval& b) {
  const int128_t left = IntervalLength(a);
  const int128_t right = IntervalLength(b);
  if (left != right) return left < right;
  return a.months != b.months ? a.months < b.months : a.days < b.days;
}

// What stands for all values that equal it.
template <typename T>
T Canonical(const T& value) {
  if constexpr (std::is_floating_point_v<T>)
    return CanonicalValue(value);
  else
    return value;
}

}  // namespace trivet
