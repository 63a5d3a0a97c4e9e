#include "storage/dynamic_match.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "expression/compare.h"
#include "vector/hash_vector.h"
#include "vector/select_range.h"

namespace trivet {

namespace {

// Keeps the rows for which keep(row) is true; `rows` null: all below count.
template <typename Keep>
size_t SelectWhere(const uint32_t* rows, size_t count, uint32_t* out, const Keep& keep) {
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = rows != nullptr ? rows[i] : static_cast<uint32_t>(i);
    out[found] = row;
    found += keep(row) ? 1 : 0;
  }
  return found;
}

// What an integer filter asks: a value within the range and, where there is a bitmap, in it. Bounds
// are those of the type's own range where the filter has none.
template <typename T>
struct IntegerTest {
  explicit IntegerTest(const DynamicFilter::Content& filter)
      : range{filter.min ? static_cast<T>(filter.min->integer()) : std::numeric_limits<T>::min(),
              filter.max ? static_cast<T>(filter.max->integer()) : std::numeric_limits<T>::max()} {
    if (filter.bitmap.empty() || !filter.min || range.high < range.low) return;
    const uint64_t span = static_cast<uint64_t>(range.high) - static_cast<uint64_t>(range.low);
    bitmap = filter.bitmap.data();
    bits = std::min<uint64_t>(span, filter.bitmap.size() * 64 - 1) + 1;
  }

  bool Passes(T value) const {
    if (bitmap == nullptr) return (value >= range.low) & (value <= range.high);
    const uint64_t place = static_cast<uint64_t>(value) - static_cast<uint64_t>(range.low);
    const bool inside = place < bits;
    // Of a value outside any bit may be read, as its answer is no already.
    return inside & BitIsSet(bitmap, inside ? place : 0);
  }

  ValueRange<T> range;
  const uint64_t* bitmap = nullptr;
  uint64_t bits = 0;
};

template <typename T>
size_t SelectIntegers(const DynamicFilter::Content& filter, const VectorView& view,
                      const uint32_t* rows, size_t count, uint32_t* out) {
  const IntegerTest<T> test(filter);
  const auto* values = reinterpret_cast<const T*>(view.data);
  if constexpr (std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>) {
    const bool dense = rows == nullptr && view.selection == nullptr;
    if (dense && test.bitmap == nullptr) {
      return SelectRange(values, view.validity, test.range, count, out);
    }
    if (dense && view.validity == nullptr) {
      return SelectInBitmap(values, test.range.low, test.bits, test.bitmap, count, out);
    }
  }
  if (view.validity == nullptr) {
    return SelectWhere(rows, count, out,
                       [&](uint32_t row) { return test.Passes(values[view.Index(row)]); });
  }
  return SelectWhere(rows, count, out, [&](uint32_t row) {
    const size_t index = view.Index(row);
    return BitIsSet(view.validity, index) & test.Passes(values[index]);
  });
}

size_t SelectValid(const Vector& column, const uint32_t* rows, size_t count, uint32_t* out) {
  const VectorView view = column.View();
  return SelectWhere(rows, count, out, [&](uint32_t row) { return view.IsValid(row); });
}

size_t SelectBounds(const DynamicFilter::Content& filter, const Vector& column,
                    const uint32_t* rows, size_t count, uint32_t* out) {
  size_t found = SelectValid(column, rows, count, out);
  const auto intersect = [&](Comparison comparison, const Value& bound) {
    found = SelectComparison(comparison, column, Vector::MakeConstant(bound), out, found, out);
  };
  if (filter.min) intersect(Comparison::kGreaterOrEqual, *filter.min);
  if (filter.max) intersect(Comparison::kLessOrEqual, *filter.max);
  return found;
}

// Keeps the rows whose hash the set (a Bloom filter, a list) may hold. Hashes all rows up to the
// last one asked for, as whole vectors are hashed fast, unless few of them are asked for.
template <typename Set>
size_t SelectHashes(const Set& set, std::span<const Vector> columns, const uint32_t* rows,
                    size_t count, uint32_t* out) {
  if (count == 0) return 0;
  uint64_t hashes[kVectorSize];
  const size_t last = rows != nullptr ? rows[count - 1] : count - 1;
  constexpr size_t kFew = 4;  // one row in so many
  if (rows == nullptr || last + 1 <= count * kFew) {
    HashColumns(columns, last + 1, hashes);
    return SelectWhere(rows, count, out, [&](uint32_t row) { return set.MayHold(hashes[row]); });
  }
  std::vector<Vector> asked(columns.begin(), columns.end());
  const std::shared_ptr<const uint32_t[]> unowned(std::shared_ptr<void>(), rows);
  for (Vector& column : asked) column.Slice(unowned, count);
  HashColumns(asked, count, hashes);
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    out[found] = rows[i];
    found += set.MayHold(hashes[i]) ? 1 : 0;
  }
  return found;
}

// Of integers, whose range and bitmap cost next to nothing, the test of these; of other types no
// more than the bounds where nothing tells more.
size_t SelectByBounds(const DynamicFilter::Content& filter, const Vector& column,
                      const uint32_t* rows, size_t count, uint32_t* out) {
  const VectorView view = column.View();
  switch (column.type().physical()) {
    case PhysicalType::kInt8: return SelectIntegers<int8_t>(filter, view, rows, count, out);
    case PhysicalType::kInt16: return SelectIntegers<int16_t>(filter, view, rows, count, out);
    case PhysicalType::kInt32: return SelectIntegers<int32_t>(filter, view, rows, count, out);
    case PhysicalType::kInt64: return SelectIntegers<int64_t>(filter, view, rows, count, out);
    case PhysicalType::kUInt8: return SelectIntegers<uint8_t>(filter, view, rows, count, out);
    case PhysicalType::kUInt16: return SelectIntegers<uint16_t>(filter, view, rows, count, out);
    case PhysicalType::kUInt32: return SelectIntegers<uint32_t>(filter, view, rows, count, out);
    case PhysicalType::kUInt64: return SelectIntegers<uint64_t>(filter, view, rows, count, out);
    default: break;
  }
  const size_t listed = filter.list.keys().size();
  if (listed == 1) {
    return SelectComparison(Comparison::kEqual, column,
                            Vector::MakeConstant(filter.list.keys().front()), rows, count, out);
  }
  const bool tells_more = listed > 0 || !filter.bloom.is_none();
  return tells_more ? SelectValid(column, rows, count, out)
                    : SelectBounds(filter, column, rows, count, out);
}

}  // namespace

bool LetsNearlyAllPass(uint64_t tested, uint64_t passed) {
  constexpr double kNearlyAll = 0.9;
  return tested > kDynamicFilterTrial &&
         static_cast<double>(passed) > kNearlyAll * static_cast<double>(tested);
}

size_t SelectDynamicFilter(const DynamicFilter::Content& filter, std::span<const Vector> columns,
                           const uint32_t* rows, size_t count, uint32_t* out) {
  if (filter.empty) return 0;
  if (columns.size() == 1) {
    count = SelectByBounds(filter, columns.front(), rows, count, out);
    // A list of one key is its bounds, a bitmap has all of them.
    if (filter.list.keys().size() > 1 && filter.bitmap.empty()) {
      return SelectHashes(filter.list, columns, out, count, out);
    }
    if (filter.bloom.is_none()) return count;
    rows = out;
  }
  if (!filter.bloom.is_none()) return SelectHashes(filter.bloom, columns, rows, count, out);
  return SelectWhere(rows, count, out, [](uint32_t) { return true; });
}

}  // namespace trivet
