#include "shuffle/column_builder.h"

#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <limits>

#include "base/string_concat.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

// Memory of a builder in Arrow's hands.
class OwnedBuffer final : public arrow::Buffer {
 public:
  explicit OwnedBuffer(GrowingBytes bytes) : arrow::Buffer(nullptr, 0), bytes_(std::move(bytes)) {
    // Arrow wants an address even where there are no bytes.
    static const uint8_t kNothing[64] = {};
    data_ = bytes_.data() ? bytes_.data() : kNothing;
    size_ = capacity_ = static_cast<int64_t>(bytes_.size());
  }

 private:
  GrowingBytes bytes_;
};

std::shared_ptr<arrow::Buffer> TakeBuffer(GrowingBytes& bytes) {
  return std::make_shared<OwnedBuffer>(std::exchange(bytes, GrowingBytes()));
}

// Calls body(i, index) for each row in turn, where index is the row's place in the view's data.
template <typename Body>
void ForEachIndex(const VectorView& view, const uint32_t* rows, size_t count, const Body& body) {
  if (rows == nullptr) {
    for (size_t i = 0; i < count; ++i) body(i, view.Index(i));
  } else {
    for (size_t i = 0; i < count; ++i) body(i, view.Index(rows[i]));
  }
}

bool IndexIsValid(const VectorView& view, size_t index) {
  return view.validity == nullptr || BitIsSet(view.validity, index);
}

// The vector that holds a nested column's children, as long as the column lives.
const Vector& Flat(const Vector& column) {
  return column.is_dictionary() ? *column.dictionary() : column;
}

}  // namespace

std::shared_ptr<arrow::DataType> WireType(const LogicalType& type) {
  if (type.IsNull()) return arrow::null();
  switch (type.physical()) {
    case PhysicalType::kBool: return arrow::uint8();
    case PhysicalType::kInt8: return arrow::int8();
    case PhysicalType::kInt16: return arrow::int16();
    case PhysicalType::kInt32: return arrow::int32();
    case PhysicalType::kInt64: return arrow::int64();
    case PhysicalType::kUInt8: return arrow::uint8();
    case PhysicalType::kUInt16: return arrow::uint16();
    case PhysicalType::kUInt32: return arrow::uint32();
    case PhysicalType::kUInt64: return arrow::uint64();
    case PhysicalType::kFloat: return arrow::float32();
    case PhysicalType::kDouble: return arrow::float64();
    case PhysicalType::kInt128:
    case PhysicalType::kInterval: return arrow::fixed_size_binary(16);
    case PhysicalType::kString: return arrow::binary();
    case PhysicalType::kList: return arrow::list(WireType(type.element()));
    case PhysicalType::kStruct: {
      arrow::FieldVector fields;
      for (const StructField& field : type.fields()) {
        fields.push_back(arrow::field("", WireType(field.type)));
      }
      return arrow::struct_(fields);
    }
  }
  return arrow::null();
}

ColumnBuilder::ColumnBuilder(LogicalType type) : type_(std::move(type)) {
  if (type_.id() == TypeId::kList) children_.emplace_back(type_.element());
  if (type_.id() == TypeId::kStruct) {
    for (const StructField& field : type_.fields()) children_.emplace_back(field.type);
  }
}

size_t ColumnBuilder::memory_bytes() const {
  size_t bytes = validity_.capacity() + values_.capacity() + heap_.capacity();
  for (const ColumnBuilder& child : children_) bytes += child.memory_bytes();
  return bytes;
}

void ColumnBuilder::AppendValidity(const VectorView& view, const uint32_t* rows, size_t count) {
  if (view.validity == nullptr && null_count_ == 0) return;
  // All rows before the first NULL are valid: their bits are made up for here.
  const size_t bytes = (size_ + count + 7) / 8;
  if (bytes > validity_.size()) {
    const size_t more = bytes - validity_.size();
    std::memset(validity_.Extend(more), 0xFF, more);
  }
  ForEachIndex(view, rows, count, [&](size_t i, size_t index) {
    if (IndexIsValid(view, index)) return;
    const size_t row = size_ + i;
    validity_.data()[row / 8] &= static_cast<uint8_t>(~(1u << (row % 8)));
    ++null_count_;
  });
}

template <typename T>
void ColumnBuilder::AppendFixed(const VectorView& view, const uint32_t* rows, size_t count) {
  uint8_t* out = values_.Extend(count * sizeof(T));
  const auto* in = reinterpret_cast<const T*>(view.data);
  ForEachIndex(view, rows, count, [&](size_t i, size_t index) {
    std::memcpy(out + i * sizeof(T), in + index, sizeof(T));
  });
  if (view.validity == nullptr) return;
  ForEachIndex(view, rows, count, [&](size_t i, size_t index) {
    if (!BitIsSet(view.validity, index)) std::memset(out + i * sizeof(T), 0, sizeof(T));
  });
}

void ColumnBuilder::StartOffsets() {
  if (values_.size() == 0) std::memset(values_.Extend(sizeof(int32_t)), 0, sizeof(int32_t));
}

void ColumnBuilder::AppendStrings(const VectorView& view, const uint32_t* rows, size_t count) {
  StartOffsets();
  uint8_t* offsets = values_.Extend(count * sizeof(int32_t));
  ForEachIndex(view, rows, count, [&](size_t i, size_t index) {
    if (IndexIsValid(view, index)) {
      const auto& text = reinterpret_cast<const StringView*>(view.data)[index];
      heap_.Append(text.data(), text.size());
      end_ += text.size();
    }
    const auto end = static_cast<int32_t>(end_);  // Finish refuses what does not fit
    std::memcpy(offsets + i * sizeof(end), &end, sizeof(end));
  });
}

void ColumnBuilder::AppendLists(const Vector& column, const VectorView& view, const uint32_t* rows,
                                size_t count) {
  StartOffsets();
  uint8_t* offsets = values_.Extend(count * sizeof(int32_t));
  std::vector<uint32_t> elements;
  ForEachIndex(view, rows, count, [&](size_t i, size_t index) {
    if (IndexIsValid(view, index)) {
      const auto& entry = reinterpret_cast<const ListEntry*>(view.data)[index];
      for (uint64_t j = 0; j < entry.length; ++j) {
        elements.push_back(static_cast<uint32_t>(entry.offset + j));
      }
      end_ += entry.length;
    }
    const auto end = static_cast<int32_t>(end_);
    std::memcpy(offsets + i * sizeof(end), &end, sizeof(end));
  });
  children_.front().Append(Flat(column).children().front(), elements.data(), elements.size());
}

void ColumnBuilder::AppendStructs(const Vector& column, const VectorView& view,
                                  const uint32_t* rows, size_t count) {
  std::vector<uint32_t> indices(count);
  ForEachIndex(view, rows, count,
               [&](size_t i, size_t index) { indices[i] = static_cast<uint32_t>(index); });
  const Vector& flat = Flat(column);
  for (size_t field = 0; field < children_.size(); ++field) {
    children_[field].Append(flat.children()[field], indices.data(), count);
  }
}

void ColumnBuilder::Append(const Vector& column, const uint32_t* rows, size_t count) {
  if (type_.IsNull()) {
    size_ += count;
    return;
  }
  if (count == 0) return;
  const VectorView view = column.View();
  AppendValidity(view, rows, count);
  switch (type_.physical()) {
    case PhysicalType::kString: AppendStrings(view, rows, count); break;
    case PhysicalType::kList: AppendLists(column, view, rows, count); break;
    case PhysicalType::kStruct: AppendStructs(column, view, rows, count); break;
    default:
      DispatchPhysical(type_.physical(), [&]<typename T>() { AppendFixed<T>(view, rows, count); });
  }
  size_ += count;
}

Result<std::shared_ptr<arrow::ArrayData>> ColumnBuilder::Finish() {
  const auto length = static_cast<int64_t>(size_);
  if (end_ > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return Status::NotImplemented(StrCat("rows between stages whose column of type ",
                                         type_.ToString(), " takes more than 2 GiB in one chunk"));
  }
  auto array = std::make_shared<arrow::ArrayData>(WireType(type_), length, int64_t{0});
  array->null_count = static_cast<int64_t>(type_.IsNull() ? size_ : null_count_);
  array->buffers.push_back(null_count_ == 0 ? nullptr : TakeBuffer(validity_));
  const PhysicalType physical = type_.physical();
  if (!type_.IsNull() && physical != PhysicalType::kStruct) {
    if (physical == PhysicalType::kString || physical == PhysicalType::kList) StartOffsets();
    array->buffers.push_back(TakeBuffer(values_));
  }
  if (physical == PhysicalType::kString) array->buffers.push_back(TakeBuffer(heap_));
  for (ColumnBuilder& child : children_) {
    TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<arrow::ArrayData> data, child.Finish());
    array->child_data.push_back(std::move(data));
  }
  size_ = null_count_ = 0;
  end_ = 0;
  return array;
}

}  // namespace trivet
