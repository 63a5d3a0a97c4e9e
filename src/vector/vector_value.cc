// Vector's slow paths: one value in, one value out.
#include <cstring>

#include "vector/vector.h"

namespace trivet {

namespace {

template <typename T>
int128_t ReadInteger(const VectorView& view, size_t row) {
  return static_cast<int128_t>(view.Get<T>(row));
}

Value GetNestedValue(const Vector& flat, size_t index) {
  std::vector<Value> parts;
  if (flat.type().id() == TypeId::kStruct) {
    for (const Vector& child : flat.children()) parts.push_back(child.GetValue(index));
    return Value::Struct(flat.type(), std::move(parts));
  }
  const ListEntry entry = flat.data<ListEntry>()[index];
  for (uint64_t i = 0; i < entry.length; ++i) {
    parts.push_back(flat.children().front().GetValue(entry.offset + i));
  }
  return Value::List(flat.type(), std::move(parts));
}

}  // namespace

Value Vector::GetValue(size_t row) const {
  const VectorView view = View();
  if (!view.IsValid(row)) return Value::Null(type_);
  switch (type_.physical()) {
    case PhysicalType::kBool: return Value::Boolean(view.Get<uint8_t>(row) != 0);
    case PhysicalType::kInt8: return Value::Integer(type_, ReadInteger<int8_t>(view, row));
    case PhysicalType::kInt16: return Value::Integer(type_, ReadInteger<int16_t>(view, row));
    case PhysicalType::kInt32: return Value::Integer(type_, ReadInteger<int32_t>(view, row));
    case PhysicalType::kInt64: return Value::Integer(type_, ReadInteger<int64_t>(view, row));
    case PhysicalType::kUInt8: return Value::Integer(type_, ReadInteger<uint8_t>(view, row));
    case PhysicalType::kUInt16: return Value::Integer(type_, ReadInteger<uint16_t>(view, row));
    case PhysicalType::kUInt32: return Value::Integer(type_, ReadInteger<uint32_t>(view, row));
    case PhysicalType::kUInt64: return Value::Integer(type_, ReadInteger<uint64_t>(view, row));
    case PhysicalType::kInt128: return Value::Integer(type_, ReadInteger<int128_t>(view, row));
    case PhysicalType::kFloat: return Value::Float(view.Get<float>(row));
    case PhysicalType::kDouble: return Value::Double(view.Get<double>(row));
    case PhysicalType::kString: {
      std::string text = view.Get<StringView>(row).str();
      return type_.id() == TypeId::kBlob ? Value::Blob(std::move(text))
                                         : Value::Varchar(std::move(text));
    }
    case PhysicalType::kInterval: return Value::FromInterval(view.Get<Interval>(row));
    case PhysicalType::kList:
    case PhysicalType::kStruct:
      return GetNestedValue(is_dictionary() ? *dictionary_ : *this, view.Index(row));
  }
  return Value::Null(type_);
}

void Vector::SetValue(size_t row, const Value& value) {
  if (value.is_null()) {
    if (TypeSize(type_) != 0) std::memset(data_ + row * TypeSize(type_), 0, TypeSize(type_));
    SetNull(row);
    return;
  }
  const auto store = [&](auto typed) {
    std::memcpy(data_ + row * sizeof(typed), &typed, sizeof(typed));
  };
  switch (type_.physical()) {
    case PhysicalType::kBool: return store(static_cast<uint8_t>(value.boolean()));
    case PhysicalType::kInt8: return store(static_cast<int8_t>(value.integer()));
    case PhysicalType::kInt16: return store(static_cast<int16_t>(value.integer()));
    case PhysicalType::kInt32: return store(static_cast<int32_t>(value.integer()));
    case PhysicalType::kInt64: return store(static_cast<int64_t>(value.integer()));
    case PhysicalType::kUInt8: return store(static_cast<uint8_t>(value.integer()));
    case PhysicalType::kUInt16: return store(static_cast<uint16_t>(value.integer()));
    case PhysicalType::kUInt32: return store(static_cast<uint32_t>(value.integer()));
    case PhysicalType::kUInt64: return store(static_cast<uint64_t>(value.integer()));
    case PhysicalType::kInt128: return store(value.integer());
    case PhysicalType::kFloat: return store(static_cast<float>(value.floating()));
    case PhysicalType::kDouble: return store(value.floating());
    case PhysicalType::kString: return SetString(row, value.string());
    case PhysicalType::kInterval: return store(value.interval());
    case PhysicalType::kStruct:
      for (size_t i = 0; i < children_.size(); ++i) {
        children_[i].SetValue(row, value.children()[i]);
      }
      return;
    case PhysicalType::kList: {
      // The value's elements go through a one-row list, which CopyRows appends at the right place.
      Vector single = MakeFlat(type_, 1);
      single.children_.front() =
          MakeFlat(type_.element(), std::max<size_t>(1, value.children().size()));
      for (size_t i = 0; i < value.children().size(); ++i) {
        single.children_.front().SetValue(i, value.children()[i]);
      }
      single.mutable_data<ListEntry>()[0] = {0, value.children().size()};
      const uint32_t position = static_cast<uint32_t>(row);
      ScatterRows(single, 1, &position, *this);
      return;
    }
  }
}

}  // namespace trivet
