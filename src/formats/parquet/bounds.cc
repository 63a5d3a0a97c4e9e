#include "formats/parquet/bounds.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "vector/vector.h"

namespace trivet::parquet {

namespace {

// Whether the deprecated min and max, compared as signed bytes or numbers, are in the type's order.
bool SignedOrderHolds(const Leaf& leaf) {
  const TypeId id = leaf.type.id();
  const bool is_unsigned = id >= TypeId::kUInt8 && id <= TypeId::kUInt64;
  switch (leaf.physical) {
    case PhysicalKind::kInt32:
    case PhysicalKind::kInt64: return !is_unsigned;
    case PhysicalKind::kBoolean:
    case PhysicalKind::kFloat:
    case PhysicalKind::kDouble: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Value> DecodeBound(const Leaf& leaf, const std::string& bytes) {
  if (leaf.physical == PhysicalKind::kInt96 || leaf.type.id() == TypeId::kInterval) {
    return std::nullopt;
  }
  if (leaf.type.id() == TypeId::kVarchar) return Value::Varchar(bytes);
  if (leaf.type.id() == TypeId::kBlob) return Value::Blob(bytes);
  if (leaf.conversion.raw_is_string) {  // a decimal of any length
    const StringView view(bytes.data(), static_cast<uint32_t>(bytes.size()));
    alignas(16) uint8_t out[16];
    if (!leaf.conversion.convert(leaf.conversion, reinterpret_cast<const uint8_t*>(&view), 1,
                                 out)) {
      return std::nullopt;
    }
    return Vector::Wrap(leaf.type, out, nullptr, nullptr, 1).GetValue(0);
  }
  if (bytes.size() != leaf.conversion.raw_width) return std::nullopt;
  alignas(16) uint8_t out[16];
  const auto* raw = reinterpret_cast<const uint8_t*>(bytes.data());
  if (leaf.conversion.convert == nullptr) {
    std::memcpy(out, raw, bytes.size());
    if (leaf.physical == PhysicalKind::kBoolean) out[0] = out[0] != 0;
    if (!leaf.conversion.InRange(out, 1)) return std::nullopt;
  } else if (!leaf.conversion.convert(leaf.conversion, raw, 1, out)) {
    return std::nullopt;
  }
  Value value = Vector::Wrap(leaf.type, out, nullptr, nullptr, 1).GetValue(0);
  if (leaf.type.IsFloating() && std::isnan(value.floating())) return std::nullopt;
  return value;
}

ColumnBounds MakeBounds(const Leaf& leaf, const std::optional<std::string>& min,
                        const std::optional<std::string>& max, std::optional<int64_t> null_count,
                        uint64_t row_count) {
  ColumnBounds bounds;
  bounds.row_count = row_count;
  bounds.nan_above = leaf.type.IsFloating();
  // Counts are of leaf values, which are rows only where nothing repeats.
  if (null_count && leaf.max_repetition == 0) bounds.null_count = *null_count;
  if (leaf.max_definition == 0) bounds.null_count = 0;
  if (min) bounds.min = DecodeBound(leaf, *min);
  if (max) bounds.max = DecodeBound(leaf, *max);
  if (bounds.min && bounds.max && CompareValues(*bounds.min, *bounds.max) > 0) {
    bounds.min.reset();
    bounds.max.reset();
  }
  return bounds;
}

ColumnBounds BoundsOfChunk(const FileMetadata& metadata, const Leaf& leaf, const ColumnChunk& chunk,
                           uint64_t row_count) {
  const Statistics& statistics = chunk.statistics;
  const bool order_known =
      metadata.order_known.empty() ||
      (leaf.chunk < metadata.order_known.size() && metadata.order_known[leaf.chunk]);
  const bool current = statistics.min || statistics.max;
  if (current && order_known) {
    return MakeBounds(leaf, statistics.min, statistics.max, statistics.null_count, row_count);
  }
  if (!current && SignedOrderHolds(leaf)) {
    return MakeBounds(leaf, statistics.signed_min, statistics.signed_max, statistics.null_count,
                      row_count);
  }
  return MakeBounds(leaf, std::nullopt, std::nullopt, statistics.null_count, row_count);
}

}  // namespace trivet::parquet
