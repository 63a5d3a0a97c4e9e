#include "vector/hash_vector.h"

#include <algorithm>
#include <memory>
#include <type_traits>

#include "vector/hash_integers.h"

namespace trivet {

namespace {

struct Replace {
  static void Apply(uint64_t& target, uint64_t hash) { target = hash; }
};
struct Fold {
  static void Apply(uint64_t& target, uint64_t hash) { target = CombineHash(target, hash); }
};

template <typename T, typename Store>
void HashFixed(const VectorView& view, size_t count, uint64_t* hashes) {
  const auto* values = reinterpret_cast<const T*>(view.data);
  if constexpr (std::is_same_v<Store, Replace> &&
                (std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>)) {
    if (!view.selection && !view.validity) return HashIntegers(values, count, hashes);
  }
  if (!view.selection && !view.validity) {
    for (size_t i = 0; i < count; ++i) Store::Apply(hashes[i], HashOf(values[i]));
    return;
  }
  if (!view.validity) {
    for (size_t i = 0; i < count; ++i) Store::Apply(hashes[i], HashOf(values[view.selection[i]]));
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t index = view.Index(i);
    const bool valid = BitIsSet(view.validity, index);
    Store::Apply(hashes[i], valid ? HashOf(values[index]) : kNullHash);
  }
}

// Hash of value `index` of a flat vector of any type, for elements of nested values.
uint64_t HashElement(const Vector& flat, size_t index) {
  if (flat.validity() && !BitIsSet(flat.validity(), index)) return kNullHash;
  if (flat.type().physical() == PhysicalType::kStruct) {
    uint64_t hash = 0;
    for (const Vector& child : flat.children()) hash = CombineHash(hash, HashElement(child, index));
    return hash;
  }
  if (flat.type().physical() == PhysicalType::kList) {
    const ListEntry entry = flat.data<ListEntry>()[index];
    uint64_t hash = HashOf(static_cast<int64_t>(entry.length));
    for (uint64_t i = 0; i < entry.length; ++i) {
      hash = CombineHash(hash, HashElement(flat.children().front(), entry.offset + i));
    }
    return hash;
  }
  uint64_t hash = 0;
  const uint32_t position = static_cast<uint32_t>(index);
  Vector single = flat;
  single.Slice(std::shared_ptr<const uint32_t[]>(std::shared_ptr<void>(), &position), 1);
  HashVector(single, 1, &hash);
  return hash;
}

template <typename Store>
void HashNested(const Vector& column, size_t count, uint64_t* hashes) {
  const Vector& flat = column.is_dictionary() ? *column.dictionary() : column;
  const VectorView view = column.View();
  for (size_t i = 0; i < count; ++i) Store::Apply(hashes[i], HashElement(flat, view.Index(i)));
}

template <typename Store>
void HashRows(const Vector& column, size_t count, uint64_t* hashes) {
  const VectorView view = column.View();
  switch (column.type().physical()) {
    case PhysicalType::kBool: return HashFixed<uint8_t, Store>(view, count, hashes);
    case PhysicalType::kInt8: return HashFixed<int8_t, Store>(view, count, hashes);
    case PhysicalType::kInt16: return HashFixed<int16_t, Store>(view, count, hashes);
    case PhysicalType::kInt32: return HashFixed<int32_t, Store>(view, count, hashes);
    case PhysicalType::kInt64: return HashFixed<int64_t, Store>(view, count, hashes);
    case PhysicalType::kUInt8: return HashFixed<uint8_t, Store>(view, count, hashes);
    case PhysicalType::kUInt16: return HashFixed<uint16_t, Store>(view, count, hashes);
    case PhysicalType::kUInt32: return HashFixed<uint32_t, Store>(view, count, hashes);
    case PhysicalType::kUInt64: return HashFixed<uint64_t, Store>(view, count, hashes);
    case PhysicalType::kInt128: return HashFixed<int128_t, Store>(view, count, hashes);
    case PhysicalType::kFloat: return HashFixed<float, Store>(view, count, hashes);
    case PhysicalType::kDouble: return HashFixed<double, Store>(view, count, hashes);
    case PhysicalType::kString: return HashFixed<StringView, Store>(view, count, hashes);
    case PhysicalType::kInterval: return HashFixed<Interval, Store>(view, count, hashes);
    case PhysicalType::kList:
    case PhysicalType::kStruct: return HashNested<Store>(column, count, hashes);
  }
}

template <typename Store>
void HashAny(const Vector& column, size_t count, uint64_t* hashes) {
  if (count == 0) return;
  if (column.is_constant()) {
    uint64_t hash;
    HashRows<Replace>(column, 1, &hash);
    for (size_t i = 0; i < count; ++i) Store::Apply(hashes[i], hash);
    return;
  }
  const size_t entries = column.is_dictionary() ? column.dictionary_size() : 0;
  // Hashing an entry costs more than looking up its hash, unless most entries go unused.
  if (entries != 0 && column.dictionary_id() != 0 && entries <= std::min(count, kVectorSize)) {
    uint64_t entry_hashes[kVectorSize];
    HashRows<Replace>(*column.dictionary(), entries, entry_hashes);
    const uint32_t* codes = column.codes().get();
    for (size_t i = 0; i < count; ++i) Store::Apply(hashes[i], entry_hashes[codes[i]]);
    return;
  }
  HashRows<Store>(column, count, hashes);
}

}  // namespace

void HashVector(const Vector& column, size_t count, uint64_t* hashes) {
  HashAny<Replace>(column, count, hashes);
}

void CombineHashVector(const Vector& column, size_t count, uint64_t* hashes) {
  HashAny<Fold>(column, count, hashes);
}

void HashColumns(std::span<const Vector> columns, size_t count, uint64_t* hashes) {
  if (columns.empty()) {
    std::fill_n(hashes, count, 0);
    return;
  }
  HashVector(columns.front(), count, hashes);
  for (const Vector& column : columns.subspan(1)) CombineHashVector(column, count, hashes);
}

}  // namespace trivet
