// Columns into rows and back.
#include <algorithm>

#include "vector/physical_dispatch.h"
#include "vector/row_store.h"

namespace trivet {

namespace {

template <typename T>
void ScatterFixed(size_t offset, const VectorView& view, const uint32_t* selection, size_t count,
                  uint8_t* const* rows) {
  const auto* values = reinterpret_cast<const T*>(view.data);
  if (!selection && !view.selection) {
    for (size_t i = 0; i < count; ++i) StoreAs(rows[i] + offset, values[i]);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    StoreAs(rows[i] + offset, values[view.Index(selection ? selection[i] : i)]);
  }
}

void ScatterStrings(size_t offset, const VectorView& view, const uint32_t* selection, size_t count,
                    uint8_t* const* rows, uint8_t** heaps) {
  const auto* values = reinterpret_cast<const StringView*>(view.data);
  for (size_t i = 0; i < count; ++i) {
    const size_t index = view.Index(selection ? selection[i] : i);
    StringView value = values[index];
    if (view.validity && !BitIsSet(view.validity, index)) {
      value = StringView();
    } else if (!value.is_inline()) {
      std::memcpy(heaps[i], value.data(), value.size());
      value = StringView(reinterpret_cast<const char*>(heaps[i]), value.size());
      heaps[i] += value.size();
    }
    StoreAs(rows[i] + offset, value);
  }
}

template <typename T>
void GatherFixed(size_t offset, const uint8_t* const* rows, size_t count, T* out) {
  for (size_t i = 0; i < count; ++i) out[i] = LoadAs<T>(rows[i] + offset);
}

}  // namespace

void ScatterColumn(const RowLayout& layout, size_t column, const Vector& source,
                   const uint32_t* selection, size_t count, uint8_t* const* rows, uint8_t** heaps) {
  const VectorView view = source.View();
  const size_t offset = layout.offset(column);
  const PhysicalType physical = layout.types()[column].physical();
  if (physical == PhysicalType::kString) {
    ScatterStrings(offset, view, selection, count, rows, heaps);
  } else {
    DispatchPhysical(physical,
                     [&]<typename T>() { ScatterFixed<T>(offset, view, selection, count, rows); });
  }
  if (view.validity == nullptr) return;
  for (size_t i = 0; i < count; ++i) {
    if (view.IsValid(selection ? selection[i] : i)) continue;
    layout.SetNull(rows[i], column);
    std::memset(rows[i] + offset, 0, PhysicalTypeSize(physical));
  }
}

void GatherColumn(const RowLayout& layout, size_t column, const uint8_t* const* rows, size_t count,
                  Vector& result, size_t offset) {
  const size_t column_offset = layout.offset(column);
  DispatchPhysical(layout.types()[column].physical(), [&]<typename T>() {
    GatherFixed<T>(column_offset, rows, count, result.mutable_data<T>() + offset);
  });
  const size_t byte = layout.validity_offset() + column / 8;
  const uint8_t bit = static_cast<uint8_t>(1u << (column % 8));
  // All bits of a vector without NULLs and-ed together stay set: no validity is made then.
  uint8_t all = bit;
  for (size_t i = 0; i < count; ++i) all &= rows[i][byte];
  if (all & bit) return;
  uint64_t* validity = result.MutableValidity();
  for (size_t i = 0; i < count; ++i) {
    if (rows[i][byte] & bit) continue;
    validity[(offset + i) >> 6] &= ~(uint64_t{1} << ((offset + i) & 63));
  }
}

void OwnRows(const RowStore& store, Vector& vector) {
  for (const RowMemoryPtr& memory : store.memories()) vector.AddOwner(memory);
}

void MoveStrings(const RowLayout& layout, uint8_t* rows, size_t count, const uint8_t* from,
                 const uint8_t* to) {
  for (size_t i = 0; i < count; ++i, rows += layout.row_bytes()) {
    for (size_t column : layout.string_columns()) {
      const StringView value = layout.Get<StringView>(rows, column);
      if (value.is_inline()) continue;
      const auto distance = reinterpret_cast<const uint8_t*>(value.data()) - from;
      const StringView moved(reinterpret_cast<const char*>(to + distance), value.size());
      StoreAs(rows + layout.offset(column), moved);
    }
  }
}

void ComputeHeapBytes(const RowLayout& layout, std::span<const Vector> columns,
                      const uint32_t* selection, size_t count, uint64_t* heap_bytes) {
  std::fill_n(heap_bytes, count, uint64_t{0});
  for (size_t column : layout.string_columns()) {
    const VectorView view = columns[column].View();
    for (size_t i = 0; i < count; ++i) {
      const size_t row = selection ? selection[i] : i;
      const StringView& value = view.Get<StringView>(row);
      const bool is_long = !value.is_inline() && view.IsValid(row);
      heap_bytes[i] += is_long ? value.size() : 0;
    }
  }
}

}  // namespace trivet
