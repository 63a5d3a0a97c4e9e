#include "formats/parquet/dynamic_match.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>
#include <vector>

#include "expression/compare.h"
#include "vector/hash_vector.h"
#include "vector/physical_dispatch.h"

namespace trivet::parquet {

namespace {

// Bounds of the type's own range where the filter has none.
template <typename T>
void TestRange(const DynamicFilter::Content& filter, const VectorView& view, size_t count,
               uint8_t* passes) {
  const auto low =
      filter.min ? static_cast<T>(filter.min->integer()) : std::numeric_limits<T>::min();
  const auto high =
      filter.max ? static_cast<T>(filter.max->integer()) : std::numeric_limits<T>::max();
  for (size_t i = 0; i < count; ++i) {
    const T value = view.Get<T>(i);
    passes[i] = static_cast<uint8_t>((value >= low) & (value <= high));
  }
  if (filter.bitmap.empty() || !filter.min) return;
  const uint64_t bits = filter.bitmap.size() * 64;
  for (size_t i = 0; i < count; ++i) {
    const auto distance = static_cast<uint64_t>(view.Get<T>(i)) - static_cast<uint64_t>(low);
    // Of a row outside the range any bit may be read, as its answer is no already.
    const uint64_t bit = distance < bits ? distance : 0;
    passes[i] &= static_cast<uint8_t>((distance < bits) & BitIsSet(filter.bitmap.data(), bit));
  }
}

void TestBounds(const DynamicFilter::Content& filter, const Vector& column, size_t count,
                uint8_t* passes) {
  std::fill_n(passes, count, uint8_t{1});
  std::vector<uint32_t> kept(count);
  const auto intersect = [&](Comparison comparison, const Value& bound) {
    const size_t found = SelectComparison(comparison, column, Vector::MakeConstant(bound), nullptr,
                                          count, kept.data());
    std::vector<uint8_t> hit(count, 0);
    for (size_t i = 0; i < found; ++i) hit[kept[i]] = 1;
    for (size_t i = 0; i < count; ++i) passes[i] &= hit[i];
  };
  if (filter.min) intersect(Comparison::kGreaterOrEqual, *filter.min);
  if (filter.max) intersect(Comparison::kLessOrEqual, *filter.max);
}

void TestBloom(const std::vector<uint64_t>& bloom, const Vector& column, size_t count,
               uint8_t* passes) {
  uint64_t hashes[kVectorSize];
  HashVector(column, count, hashes);
  const int bits = std::countr_zero(bloom.size());
  for (size_t i = 0; i < count; ++i) {
    const uint64_t hash = hashes[i];
    const uint64_t slot = bits == 0 ? 0 : hash >> (64 - bits);
    const uint64_t wanted = (uint64_t{1} << (hash & 63)) | (uint64_t{1} << ((hash >> 6) & 63)) |
                            (uint64_t{1} << ((hash >> 12) & 63)) |
                            (uint64_t{1} << ((hash >> 18) & 63));
    passes[i] &= static_cast<uint8_t>((bloom[slot] & wanted) == wanted);
  }
}

}  // namespace

void MatchDynamicFilter(const DynamicFilter::Content& filter, const Vector& column, size_t count,
                        uint8_t* passes) {
  if (filter.empty) {
    std::fill_n(passes, count, uint8_t{0});
    return;
  }
  const VectorView view = column.View();
  switch (column.type().physical()) {
    case PhysicalType::kInt8: TestRange<int8_t>(filter, view, count, passes); break;
    case PhysicalType::kInt16: TestRange<int16_t>(filter, view, count, passes); break;
    case PhysicalType::kInt32: TestRange<int32_t>(filter, view, count, passes); break;
    case PhysicalType::kInt64: TestRange<int64_t>(filter, view, count, passes); break;
    case PhysicalType::kUInt8: TestRange<uint8_t>(filter, view, count, passes); break;
    case PhysicalType::kUInt16: TestRange<uint16_t>(filter, view, count, passes); break;
    case PhysicalType::kUInt32: TestRange<uint32_t>(filter, view, count, passes); break;
    case PhysicalType::kUInt64: TestRange<uint64_t>(filter, view, count, passes); break;
    default: TestBounds(filter, column, count, passes); break;
  }
  if (!filter.bloom.empty() && std::has_single_bit(filter.bloom.size())) {
    TestBloom(filter.bloom, column, count, passes);
  }
  if (view.validity == nullptr) return;
  for (size_t i = 0; i < count; ++i) passes[i] &= static_cast<uint8_t>(view.IsValid(i));
}

}  // namespace trivet::parquet
