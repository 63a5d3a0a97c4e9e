#include "execution/operators/sort_key.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "vector/canonical.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

template <typename Unsigned>
void StoreBigEndian(uint8_t* target, Unsigned value) {
  for (size_t i = 0; i < sizeof(Unsigned); ++i) {
    target[i] = static_cast<uint8_t>(value >> (8 * (sizeof(Unsigned) - 1 - i)));
  }
}

// Bits whose unsigned order is the order of the numbers: negative ones are inverted, others get the
// sign bit. NaN, made canonical, comes last.
template <typename Bits, typename Float>
Bits OrderedBits(Float value) {
  const Bits bits = std::bit_cast<Bits>(CanonicalValue(value));
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  return (bits & kSign) ? ~bits : bits | kSign;
}

void EncodeValue(float value, uint8_t* target) {
  StoreBigEndian(target, OrderedBits<uint32_t>(value));
}
void EncodeValue(double value, uint8_t* target) {
  StoreBigEndian(target, OrderedBits<uint64_t>(value));
}
void EncodeValue(int128_t value, uint8_t* target) {
  StoreBigEndian(target, static_cast<uint128_t>(value) ^ (uint128_t{1} << 127));
}
void EncodeValue(const Interval& value, uint8_t* target) {
  const int128_t days = int128_t{value.months} * 30 + value.days;
  EncodeValue(days * kMicrosPerDay + value.micros, target);
}
void EncodeValue(const StringView& value, uint8_t* target) {
  const size_t size = std::min<size_t>(value.size(), SortKeyEncoder::kStringPrefix);
  std::memcpy(target, value.data(), size);
  std::memset(target + size, 0, SortKeyEncoder::kStringPrefix - size);
}
template <typename T>
  requires(std::is_integral_v<T> && sizeof(T) <= 8)
void EncodeValue(T value, uint8_t* target) {
  using Unsigned = std::make_unsigned_t<T>;
  Unsigned bits = static_cast<Unsigned>(value);
  if constexpr (std::is_signed_v<T>) bits ^= Unsigned{1} << (8 * sizeof(T) - 1);
  StoreBigEndian(target, bits);
}

// A number whose order is that of the values, as far as 64 bits tell them apart.
uint64_t HeadOfValue(float value) { return OrderedBits<uint32_t>(value); }
uint64_t HeadOfValue(double value) { return OrderedBits<uint64_t>(value); }
template <typename T>
  requires(std::is_integral_v<T> && sizeof(T) <= 8)
uint64_t HeadOfValue(T value) {
  if constexpr (std::is_unsigned_v<T>) return value;
  return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ (uint64_t{1} << 63);
}
// Beyond 64 bits all are alike: most values are small ones.
uint64_t HeadOfValue(int128_t value) {
  constexpr int128_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int128_t kMost = std::numeric_limits<int64_t>::max();
  return HeadOfValue(static_cast<int64_t>(std::clamp(value, kLeast, kMost)));
}
uint64_t HeadOfValue(const Interval& value) {
  const int128_t days = int128_t{value.months} * 30 + value.days;
  return HeadOfValue(days * kMicrosPerDay + value.micros);
}
uint64_t HeadOfValue(const StringView& value) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, value.data(), std::min<size_t>(value.size(), sizeof(bytes)));
  return __builtin_bswap64(bytes);
}

size_t EncodedBytes(const LogicalType& type) {
  return type.physical() == PhysicalType::kString ? SortKeyEncoder::kStringPrefix : TypeSize(type);
}

}  // namespace

SortKeyEncoder::SortKeyEncoder(const std::vector<SortKey>& keys, std::vector<size_t> string_columns)
    : keys_(keys) {
  size_t next_string = 0;
  for (const SortKey& key : keys_) {
    const LogicalType& type = key.expression->type();
    Segment segment;
    segment.offset = key_bytes_;
    segment.bytes = 1 + EncodedBytes(type);
    segment.is_string = type.physical() == PhysicalType::kString;
    segment.descending = key.descending;
    if (segment.is_string) segment.column = string_columns[next_string++];
    key_bytes_ += segment.bytes;
    segments_.push_back(segment);
  }
  segments_.push_back({key_bytes_, kOrderBytes, false, false, 0});
  key_bytes_ += kOrderBytes;
  while (bytewise_ < segments_.size() && !segments_[bytewise_].is_string) ++bytewise_;
}

void SortKeyEncoder::EncodeKey(const Vector& key, size_t index, const uint32_t* selection,
                               size_t count, uint8_t* const* targets) const {
  const VectorView view = key.View();
  const Segment& segment = segments_[index];
  const uint8_t null_byte = keys_[index].nulls_first ? kNullFirstByte : kNullLastByte;
  const size_t value_bytes = segment.bytes - 1;
  DispatchPhysical(key.type().physical(), [&]<typename T>() {
    for (size_t i = 0; i < count; ++i) {
      const size_t row = selection ? selection[i] : i;
      uint8_t* target = targets[i] + segment.offset;
      if (!view.IsValid(row)) {
        target[0] = null_byte;
        std::memset(target + 1, 0, value_bytes);
        continue;
      }
      target[0] = kValueByte;
      EncodeValue(view.Get<T>(row), target + 1);
      if (segment.descending) {
        for (size_t at = 1; at <= value_bytes; ++at) target[at] = static_cast<uint8_t>(~target[at]);
      }
    }
  });
}

void SortKeyEncoder::Encode(const std::vector<Vector>& keys, const uint32_t* selection,
                            size_t count, BatchOrder order, uint8_t* const* targets) const {
  for (size_t i = 0; i < keys.size(); ++i) EncodeKey(keys[i], i, selection, count, targets);
  const size_t offset = segments_.back().offset;
  for (size_t i = 0; i < count; ++i) {
    const size_t row = selection ? selection[i] : i;
    StoreBigEndian(targets[i] + offset, order.morsel);
    StoreBigEndian(targets[i] + offset + 8, order.sequence * kVectorSize + row);
  }
}

// Of further keys only those would count that fit beside the first; that is left to the sort.
void SortKeyEncoder::KeyHeads(const std::vector<Vector>& keys, size_t first, size_t count,
                              uint64_t* heads) const {
  if (first >= keys.size()) {
    std::fill_n(heads, count, 0);
    return;
  }
  const VectorView view = keys[first].View();
  const uint64_t turned = keys_[first].descending ? ~uint64_t{0} : 0;
  const uint64_t null_head = keys_[first].nulls_first ? 0 : ~uint64_t{0};
  DispatchPhysical(keys[first].type().physical(), [&]<typename T>() {
    for (size_t row = 0; row < count; ++row) {
      heads[row] = view.IsValid(row) ? HeadOfValue(view.Get<T>(row)) ^ turned : null_head;
    }
  });
}

int SortKeyEncoder::CompareSegments(const RowLayout& layout, const uint8_t* left,
                                    const uint8_t* right, size_t segment_count) const {
  const uint8_t* left_key = left + layout.extra_offset();
  const uint8_t* right_key = right + layout.extra_offset();
  const size_t bytewise = std::min(bytewise_, segment_count);
  if (bytewise > 0) {
    const Segment& last = segments_[bytewise - 1];
    const int order = std::memcmp(left_key, right_key, last.offset + last.bytes);
    if (order != 0) return order;
  }
  for (size_t i = bytewise; i < segment_count; ++i) {
    const Segment& segment = segments_[i];
    int order = std::memcmp(left_key + segment.offset, right_key + segment.offset, segment.bytes);
    if (order != 0) return order;
    if (!segment.is_string || left_key[segment.offset] != kValueByte) continue;
    order = Compare(layout.Get<StringView>(left, segment.column),
                    layout.Get<StringView>(right, segment.column));
    if (order != 0) return segment.descending ? -order : order;
  }
  return 0;
}

bool SortKeyEncoder::Less(const RowLayout& layout, const uint8_t* left,
                          const uint8_t* right) const {
  return CompareSegments(layout, left, right, segments_.size()) < 0;
}

}  // namespace trivet
