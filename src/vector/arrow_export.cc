#include "vector/arrow_export.h"

#include <cstring>
#include <deque>
#include <limits>

#include "base/string_concat.h"

namespace trivet {

namespace {

// Behind a schema's private_data: all that its pointers point to.
struct SchemaOwner {
  std::string format;
  std::string name;
  std::string metadata;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

void ReleaseSchema(ArrowSchema* schema) {
  auto* owner = static_cast<SchemaOwner*>(schema->private_data);
  for (ArrowSchema& child : owner->children) {
    if (child.release) child.release(&child);
  }
  schema->release = nullptr;
  delete owner;
}

const char* UnitLetter(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSecond: return "s";
    case TimeUnit::kMilli: return "m";
    case TimeUnit::kMicro: return "u";
    case TimeUnit::kNano: return "n";
  }
  return "u";
}

std::string FormatOf(const LogicalType& type, ArrowForm form) {
  const bool views = form.strings == ArrowStrings::kViews;
  switch (type.id()) {
    case TypeId::kNull: return "n";
    case TypeId::kBoolean: return "b";
    case TypeId::kInt8: return "c";
    case TypeId::kInt16: return "s";
    case TypeId::kInt32: return "i";
    case TypeId::kInt64: return "l";
    case TypeId::kUInt8: return "C";
    case TypeId::kUInt16: return "S";
    case TypeId::kUInt32: return "I";
    case TypeId::kUInt64: return "L";
    case TypeId::kInt128: return "d:38,0";
    case TypeId::kFloat: return "f";
    case TypeId::kDouble: return "g";
    case TypeId::kDecimal:
      return StrCat("d:", static_cast<int>(type.precision()), ",", static_cast<int>(type.scale()));
    case TypeId::kVarchar: return views ? "vu" : "u";
    case TypeId::kUuid:
      if (form.uuid == ArrowUuid::kExtension) return "w:16";
      return views ? "vu" : "u";
    case TypeId::kBlob: return views ? "vz" : "z";
    case TypeId::kDate: return "tdD";
    case TypeId::kTime: return "ttu";
    case TypeId::kTimestamp:
      return StrCat("ts", UnitLetter(type.unit()), ":", type.with_time_zone() ? "UTC" : "");
    case TypeId::kInterval: return "tin";
    case TypeId::kList: return "+l";
    case TypeId::kStruct: return "+s";
  }
  return "n";
}

// The pairs as a schema's metadata: their number, then each text behind its length.
std::string EncodeMetadata(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string encoded;
  const auto add_number = [&](size_t number) {
    const auto narrow = static_cast<int32_t>(number);
    encoded.append(reinterpret_cast<const char*>(&narrow), sizeof(narrow));
  };
  add_number(pairs.size());
  for (const auto& [key, value] : pairs) {
    add_number(key.size());
    encoded += key;
    add_number(value.size());
    encoded += value;
  }
  return encoded;
}

void FillSchema(const std::string& name, const LogicalType& type, ArrowForm form, ArrowSchema* out);

void FillSchemaNode(std::string format, const std::string& name,
                    const std::vector<StructField>& children, ArrowForm form, ArrowSchema* out) {
  auto* owner = new SchemaOwner{std::move(format), name, {}, {}, {}};
  owner->children.resize(children.size());
  for (size_t i = 0; i < children.size(); ++i) {
    FillSchema(children[i].name, children[i].type, form, &owner->children[i]);
    owner->pointers.push_back(&owner->children[i]);
  }
  *out = ArrowSchema{};
  out->format = owner->format.c_str();
  out->name = owner->name.c_str();
  out->flags = ARROW_FLAG_NULLABLE;
  out->n_children = static_cast<int64_t>(children.size());
  out->children = owner->pointers.empty() ? nullptr : owner->pointers.data();
  out->release = ReleaseSchema;
  out->private_data = owner;
}

void FillSchema(const std::string& name, const LogicalType& type, ArrowForm form,
                ArrowSchema* out) {
  std::vector<StructField> children;
  if (type.id() == TypeId::kList) children = {{"item", type.element()}};
  if (type.id() == TypeId::kStruct) children = type.fields();
  FillSchemaNode(FormatOf(type, form), name, children, form, out);
  if (type.id() != TypeId::kUuid || form.uuid == ArrowUuid::kText) return;
  auto* owner = static_cast<SchemaOwner*>(out->private_data);
  owner->metadata =
      EncodeMetadata({{"ARROW:extension:name", "arrow.uuid"}, {"ARROW:extension:metadata", ""}});
  out->metadata = owner->metadata.data();
}

// Behind an array's private_data.
struct ArrayOwner {
  Owner keep_alive;  // goes last: the vector's memory may be reserved against what it keeps
  ArrowForm form;
  Vector vector;  // shares memory that buffers point to
  std::deque<std::vector<uint8_t>> memory;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
};

void ReleaseArray(ArrowArray* array) {
  auto* owner = static_cast<ArrayOwner*>(array->private_data);
  for (ArrowArray& child : owner->children) {
    if (child.release) child.release(&child);
  }
  array->release = nullptr;
  delete owner;
}

template <typename T>
T* NewBuffer(ArrayOwner& owner, size_t count) {
  owner.memory.emplace_back(std::max<size_t>(count, 1) * sizeof(T));
  owner.buffers.push_back(owner.memory.back().data());
  return reinterpret_cast<T*>(owner.memory.back().data());
}

// Offsets and bytes of the column's strings; text(i) gives the i-th.
template <typename Text>
Status FillOffsets(ArrayOwner& owner, const VectorView& view, size_t count, const Text& text) {
  auto* offsets = NewBuffer<int32_t>(owner, count + 1);
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (view.IsValid(i)) total += text(i).size();
  }
  if (total > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return Status::NotImplemented("an Arrow batch with more than 2 GiB of strings");
  }
  auto* bytes = NewBuffer<char>(owner, total);
  int32_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    offsets[i] = at;
    if (!view.IsValid(i)) continue;
    const auto piece = text(i);
    std::memcpy(bytes + at, piece.data(), piece.size());
    at += static_cast<int32_t>(piece.size());
  }
  offsets[count] = at;
  return Status::OK();
}

// Views of the column's strings, a buffer of those too long to lie in them, and that one's size.
template <typename Text>
Status FillViews(ArrayOwner& owner, const VectorView& view, size_t count, const Text& text) {
  auto* views = NewBuffer<ArrowStringView>(owner, count);
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = view.IsValid(i) ? text(i).size() : 0;
    if (size > StringView::kInlineSize) total += size;
  }
  if (total > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return Status::NotImplemented("an Arrow batch with more than 2 GiB of strings");
  }
  auto* bytes = NewBuffer<char>(owner, total);
  int32_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!view.IsValid(i)) continue;
    const auto piece = text(i);
    const StringView value{std::string_view(piece)};
    if (value.is_inline()) {
      views[i] = ArrowStringView::Inline(value);
      continue;
    }
    views[i] = ArrowStringView::Reference(value, 0, at);
    std::memcpy(bytes + at, value.data(), value.size());
    at += static_cast<int32_t>(value.size());
  }
  *NewBuffer<int64_t>(owner, 1) = at;
  return Status::OK();
}

template <typename Text>
Status FillStrings(ArrayOwner& owner, const VectorView& view, size_t count, const Text& text) {
  if (owner.form.strings == ArrowStrings::kViews) return FillViews(owner, view, count, text);
  return FillOffsets(owner, view, count, text);
}

template <typename T>
void FillDecimals(ArrayOwner& owner, const VectorView& view, size_t count) {
  auto* out = NewBuffer<int128_t>(owner, count);
  for (size_t i = 0; i < count; ++i) {
    const int128_t value = view.IsValid(i) ? static_cast<int128_t>(view.Get<T>(i)) : 0;
    std::memcpy(out + i, &value, sizeof(value));
  }
}

// Vectors hold UUIDs as numbers whose first bit is flipped, Arrow as bytes in their written order.
void FillUuids(ArrayOwner& owner, const VectorView& view, size_t count) {
  auto* out = NewBuffer<uint8_t>(owner, count * sizeof(int128_t));
  for (size_t i = 0; i < count; ++i) {
    if (!view.IsValid(i)) continue;
    const auto bits = static_cast<uint128_t>(view.Get<int128_t>(i) ^ kInt128Min);
    const uint64_t halves[2] = {__builtin_bswap64(static_cast<uint64_t>(bits >> 64)),
                                __builtin_bswap64(static_cast<uint64_t>(bits))};
    std::memcpy(out + i * sizeof(halves), halves, sizeof(halves));
  }
}

struct ArrowInterval {
  int32_t months;
  int32_t days;
  int64_t nanos;
};

Status FillArray(const Vector& column, size_t count, const Owner& keep_alive, ArrowForm form,
                 ArrowArray* out);

Status FillNested(ArrayOwner& owner, size_t count) {
  const Vector& column = owner.vector;
  size_t child_rows = count;
  if (column.type().id() == TypeId::kList) {
    // Lists may lie anywhere in the elements: these are gathered into one run.
    auto* offsets = NewBuffer<int32_t>(owner, count + 1);
    const VectorView view = column.View();
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < count; ++i) {
      offsets[i] = static_cast<int32_t>(rows.size());
      if (!view.IsValid(i)) continue;
      const ListEntry entry = view.Get<ListEntry>(i);
      for (uint64_t j = 0; j < entry.length; ++j)
        rows.push_back(static_cast<uint32_t>(entry.offset + j));
    }
    offsets[count] = static_cast<int32_t>(rows.size());
    child_rows = rows.size();
    Vector elements = Vector::MakeFlat(column.type().element(), std::max<size_t>(child_rows, 1));
    CopyRows(column.children().front(), rows.data(), child_rows, elements, 0);
    owner.children.resize(1);
    TRIVET_RETURN_IF_ERROR(
        FillArray(elements, child_rows, owner.keep_alive, owner.form, &owner.children[0]));
  } else {
    owner.children.resize(column.children().size());
    for (size_t i = 0; i < column.children().size(); ++i) {
      TRIVET_RETURN_IF_ERROR(FillArray(column.children()[i], child_rows, owner.keep_alive,
                                       owner.form, &owner.children[i]));
    }
  }
  for (ArrowArray& child : owner.children) owner.pointers.push_back(&child);
  return Status::OK();
}

Status FillValues(ArrayOwner& owner, size_t count) {
  const Vector& column = owner.vector;
  const VectorView view = column.View();
  const LogicalType& type = column.type();
  switch (type.id()) {
    case TypeId::kBoolean: {
      auto* bits = NewBuffer<uint8_t>(owner, (count + 7) / 8);
      for (size_t i = 0; i < count; ++i) {
        if (view.Get<uint8_t>(i)) bits[i / 8] |= static_cast<uint8_t>(1u << (i % 8));
      }
      return Status::OK();
    }
    case TypeId::kVarchar:
    case TypeId::kBlob:
      return FillStrings(owner, view, count,
                         [&](size_t i) { return view.Get<StringView>(i).view(); });
    case TypeId::kUuid:
      if (owner.form.uuid == ArrowUuid::kExtension) {
        FillUuids(owner, view, count);
        return Status::OK();
      }
      return FillStrings(owner, view, count,
                         [&](size_t i) { return column.GetValue(i).ToString(); });
    case TypeId::kInt128: FillDecimals<int128_t>(owner, view, count); return Status::OK();
    case TypeId::kDecimal:
      switch (type.physical()) {
        case PhysicalType::kInt16: FillDecimals<int16_t>(owner, view, count); break;
        case PhysicalType::kInt32: FillDecimals<int32_t>(owner, view, count); break;
        case PhysicalType::kInt64: FillDecimals<int64_t>(owner, view, count); break;
        default: FillDecimals<int128_t>(owner, view, count); break;
      }
      return Status::OK();
    case TypeId::kInterval: {
      auto* values = NewBuffer<ArrowInterval>(owner, count);
      for (size_t i = 0; i < count; ++i) {
        if (!view.IsValid(i)) continue;
        const Interval& interval = view.Get<Interval>(i);
        int64_t nanos;
        if (__builtin_mul_overflow(interval.micros, int64_t{1000}, &nanos)) {
          return Status::InvalidInput(
              "an interval is too long for Arrow's month-day-nano intervals");
        }
        values[i] = {interval.months, interval.days, nanos};
      }
      return Status::OK();
    }
    case TypeId::kList:
    case TypeId::kStruct: return FillNested(owner, count);
    default: owner.buffers.push_back(column.data<uint8_t>()); return Status::OK();
  }
}

Status FillArray(const Vector& column, size_t count, const Owner& keep_alive, ArrowForm form,
                 ArrowArray* out) {
  auto owner = std::make_unique<ArrayOwner>();
  owner->keep_alive = keep_alive;
  owner->form = form;
  owner->vector = column;
  owner->vector.Flatten(count);
  *out = ArrowArray{};
  out->length = static_cast<int64_t>(count);
  if (column.type().IsNull()) {
    out->null_count = out->length;
  } else {
    out->null_count = owner->vector.validity() ? -1 : 0;
    owner->buffers.push_back(owner->vector.validity());
    TRIVET_RETURN_IF_ERROR(FillValues(*owner, count));
  }
  out->n_buffers = static_cast<int64_t>(owner->buffers.size());
  out->buffers = owner->buffers.data();
  out->n_children = static_cast<int64_t>(owner->pointers.size());
  out->children = owner->pointers.empty() ? nullptr : owner->pointers.data();
  out->release = ReleaseArray;
  out->private_data = owner.release();
  return Status::OK();
}

}  // namespace

Status ExportArrowSchema(const std::vector<std::string>& names,
                         const std::vector<LogicalType>& types, ArrowSchema* out, ArrowForm form) {
  std::vector<StructField> fields;
  for (size_t i = 0; i < names.size(); ++i) fields.push_back({names[i], types[i]});
  FillSchemaNode("+s", "", fields, form, out);
  out->flags = 0;
  return Status::OK();
}

Status ExportArrowBatch(const Batch& batch, const std::vector<LogicalType>& types, ArrowArray* out,
                        const Owner& keep_alive, ArrowForm form) {
  auto owner = std::make_unique<ArrayOwner>();
  owner->keep_alive = keep_alive;
  owner->children.resize(types.size());
  Status status;
  for (size_t i = 0; i < types.size() && status.ok(); ++i) {
    status = FillArray(batch.column(i), batch.row_count(), keep_alive, form, &owner->children[i]);
  }
  if (!status.ok()) {
    for (ArrowArray& child : owner->children) {
      if (child.release) child.release(&child);
    }
    return status;
  }
  for (ArrowArray& child : owner->children) owner->pointers.push_back(&child);
  owner->buffers.push_back(nullptr);
  *out = ArrowArray{};
  out->length = static_cast<int64_t>(batch.row_count());
  out->n_buffers = 1;
  out->buffers = owner->buffers.data();
  out->n_children = static_cast<int64_t>(owner->pointers.size());
  out->children = owner->pointers.empty() ? nullptr : owner->pointers.data();
  out->release = ReleaseArray;
  out->private_data = owner.release();
  return Status::OK();
}

}  // namespace trivet
