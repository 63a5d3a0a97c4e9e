#pragma once

#include <cstdint>
#include <vector>

#include "plan/logical_operators.h"
#include "vector/batch.h"
#include "vector/row_layout.h"

namespace trivet {

// Sort keys as bytes whose memcmp order is the keys' order: a byte that places NULLs, then the
// value big-endian with its sign flipped, all bits inverted for DESC. A string contributes its
// first bytes; strings that agree in these are compared in full. Behind the keys stands the row's
// place in the input, so that equal keys keep the input's order and the order is total. Immutable,
// thread-safe.
class SortKeyEncoder {
 public:
  static constexpr size_t kStringPrefix = 12;
  // The first byte of a key: whether it is NULL, and then where it stands.
  static constexpr uint8_t kNullFirstByte = 0;
  static constexpr uint8_t kValueByte = 1;
  static constexpr uint8_t kNullLastByte = 2;
  // Bytes of the place in the input: morsel, then sequence and row.
  static constexpr size_t kOrderBytes = 16;

  // Where a key, or the place in the input, lies in an encoded one.
  struct Segment {
    size_t offset = 0;
    size_t bytes = 0;  // a key's first byte included
    bool is_string = false;
    bool descending = false;
    size_t column = 0;  // of the row layout, for a string
  };

  // `string_columns` gives, for each key that is a string, the row layout's column that holds it.
  SortKeyEncoder(const std::vector<SortKey>& keys, std::vector<size_t> string_columns);

  const std::vector<SortKey>& keys() const { return keys_; }
  // Bytes of an encoded key, the place in the input included.
  size_t key_bytes() const { return key_bytes_; }
  // One for each key, then one for the place in the input.
  const std::vector<Segment>& segments() const { return segments_; }
  // Encodes the keys of `count` rows: row selection[i] of the batch (row i where that is null) goes
  // to targets[i].
  void Encode(const std::vector<Vector>& keys, const uint32_t* selection, size_t count,
              BatchOrder order, uint8_t* const* targets) const;
  // Numbers whose order agrees with that of the rows by the keys from number `first` on: a row
  // whose number is greater comes later. Rows of different keys may share a number.
  void KeyHeads(const std::vector<Vector>& keys, size_t first, size_t count, uint64_t* heads) const;
  // The first key's first eight bytes as a number, those of a NULL being all as low or as high as
  // can be: rows of different keys may share it, but differ mostly.
  static uint64_t Head(const uint8_t* encoded) {
    const uint64_t value = __builtin_bswap64(LoadAs<uint64_t>(encoded + 1));
    if (encoded[0] == kValueByte) return value;
    return encoded[0] == kNullFirstByte ? 0 : ~uint64_t{0};
  }

  // Orders two rows of the layout, whose encoded keys lie in their extra parts.
  bool Less(const RowLayout& layout, const uint8_t* left, const uint8_t* right) const;
  // True where the first `key_count` keys are equal.
  bool SameKeys(const RowLayout& layout, const uint8_t* left, const uint8_t* right,
                size_t key_count) const {
    return CompareSegments(layout, left, right, key_count) == 0;
  }
  // Whether the first `fewer` and the first `more` keys are equal.
  struct Sameness {
    bool fewer;
    bool more;
  };
  Sameness CompareKeys(const RowLayout& layout, const uint8_t* left, const uint8_t* right,
                       size_t fewer, size_t more) const {
    if (SameKeys(layout, left, right, more)) return {true, true};
    return {fewer < more && SameKeys(layout, left, right, fewer), false};
  }

 private:
  int CompareSegments(const RowLayout& layout, const uint8_t* left, const uint8_t* right,
                      size_t segment_count) const;
  void EncodeKey(const Vector& key, size_t index, const uint32_t* selection, size_t count,
                 uint8_t* const* targets) const;

  std::vector<SortKey> keys_;
  std::vector<Segment> segments_;
  size_t key_bytes_ = 0;
  size_t bytewise_ = 0;  // leading segments in front of the first string
};

}  // namespace trivet
