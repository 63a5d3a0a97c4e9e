#include "vector/vector.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace trivet {

namespace {

struct ZeroIndices {
  uint32_t zeros[kVectorSize] = {};
};
const ZeroIndices kZeroIndices;

// Calls `body` with a null pointer of the C++ type that holds the physical type.
template <typename Body>
void DispatchWidth(size_t width, const Body& body) {
  switch (width) {
    case 1: return body(static_cast<uint8_t*>(nullptr));
    case 2: return body(static_cast<uint16_t*>(nullptr));
    case 4: return body(static_cast<uint32_t*>(nullptr));
    case 8: return body(static_cast<uint64_t*>(nullptr));
    case 16: return body(static_cast<uint128_t*>(nullptr));
    default: return;
  }
}

// Copies list rows by appending the referenced elements to the target's child.
void CopyListRow(const Vector& source, const VectorView& view, size_t row, Vector& target,
                 size_t target_row);

void CopyNestedRow(const Vector& source, const VectorView& view, size_t row, Vector& target,
                   size_t target_row) {
  if (!view.IsValid(row)) {
    target.SetNull(target_row);
    return;
  }
  if (source.type().id() == TypeId::kList) {
    CopyListRow(source, view, row, target, target_row);
    return;
  }
  const Vector& flat = source.is_dictionary() ? *source.dictionary() : source;
  const uint32_t index = static_cast<uint32_t>(view.Index(row));
  for (size_t field = 0; field < flat.children().size(); ++field) {
    CopyRows(flat.children()[field], &index, 1, target.mutable_children()[field], target_row);
  }
}

void CopyListRow(const Vector& source, const VectorView& view, size_t row, Vector& target,
                 size_t target_row) {
  const Vector& flat = source.is_dictionary() ? *source.dictionary() : source;
  const ListEntry entry = view.Get<ListEntry>(row);
  Vector& elements = target.mutable_children().front();
  // The next free element is where the furthest list written so far ends.
  auto* entries = target.mutable_data<ListEntry>();
  uint64_t next = 0;
  for (size_t i = 0; i < target.capacity(); ++i) {
    next = std::max(next, entries[i].offset + entries[i].length);
  }
  if (next + entry.length > elements.capacity()) {
    Vector larger = Vector::MakeFlat(
        elements.type(), std::max<size_t>(2 * elements.capacity(), next + entry.length));
    CopyRows(elements, nullptr, next, larger, 0);
    elements = std::move(larger);
  }
  auto rows = MakeIndices(std::max<size_t>(entry.length, 1));
  for (size_t i = 0; i < entry.length; ++i) rows[i] = static_cast<uint32_t>(entry.offset + i);
  CopyRows(flat.children().front(), rows.get(), entry.length, elements, next);
  entries[target_row] = {next, entry.length};
}

// Copies row row_of(i) of source to target row target_of(i) for every i below count.
template <typename RowOf, typename TargetOf>
void CopyWith(const Vector& source, size_t count, Vector& target, const RowOf& row_of,
              const TargetOf& target_of) {
  TRIVET_ASSERT(target.is_flat());
  const VectorView view = source.View();
  if (source.type().IsNested()) {
    for (size_t i = 0; i < count; ++i) CopyNestedRow(source, view, row_of(i), target, target_of(i));
    return;
  }
  DispatchWidth(TypeSize(source.type()), [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    auto* out = target.mutable_data<T>();
    const auto* in = reinterpret_cast<const T*>(view.data);
    if (view.selection == nullptr) {
      for (size_t i = 0; i < count; ++i) out[target_of(i)] = in[row_of(i)];
    } else {
      for (size_t i = 0; i < count; ++i) out[target_of(i)] = in[view.selection[row_of(i)]];
    }
  });
  if (view.validity) {
    uint64_t* bits = nullptr;
    for (size_t i = 0; i < count; ++i) {
      if (view.IsValid(row_of(i))) continue;
      if (!bits) bits = target.MutableValidity();
      bits[target_of(i) >> 6] &= ~(uint64_t{1} << (target_of(i) & 63));
    }
  }
  if (source.type().physical() == PhysicalType::kString) target.ShareOwners(source);
}

}  // namespace

Vector Vector::MakeFlat(LogicalType type, size_t capacity) {
  Vector vector;
  const size_t width = TypeSize(type);
  const PhysicalType physical = type.physical();
  vector.type_ = std::move(type);
  vector.capacity_ = capacity;
  if (width != 0) {
    auto buffer = std::make_shared<Buffer>(width * capacity);
    vector.data_ = buffer->data();
    vector.data_owner_ = std::move(buffer);
    vector.is_writable_ = true;
  }
  // Views and list entries of rows that nobody writes (NULLs) must still be safe to read.
  if (physical == PhysicalType::kString || physical == PhysicalType::kList) {
    std::memset(vector.data_, 0, width * capacity);
  }
  if (vector.type_.id() == TypeId::kList) {
    vector.children_.push_back(MakeFlat(vector.type_.element(), capacity));
  } else if (vector.type_.id() == TypeId::kStruct) {
    for (const StructField& field : vector.type_.fields()) {
      vector.children_.push_back(MakeFlat(field.type, capacity));
    }
  }
  return vector;
}

Vector Vector::MakeConstant(const Value& value) {
  Vector vector = MakeFlat(value.type(), 1);
  vector.SetValue(0, value);
  vector.encoding_ = VectorEncoding::kConstant;
  return vector;
}

Vector Vector::MakeNull(LogicalType type) { return MakeConstant(Value::Null(std::move(type))); }

Vector Vector::MakeDictionary(std::shared_ptr<const Vector> dictionary, Indices codes, size_t size,
                              uint64_t id) {
  TRIVET_ASSERT(dictionary->is_flat());
  Vector vector;
  vector.type_ = dictionary->type();
  vector.encoding_ = VectorEncoding::kDictionary;
  vector.dictionary_ = std::move(dictionary);
  vector.codes_ = std::move(codes);
  vector.dictionary_size_ = size;
  vector.dictionary_id_ = id;
  return vector;
}

uint64_t Vector::NextDictionaryId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

void Vector::Recycle() {
  const bool reusable =
      is_writable_ && data_owner_.use_count() == 1 && capacity_ > 0 && !type_.IsNested();
  if (!reusable) {
    *this = Vector();
    return;
  }
  encoding_ = VectorEncoding::kFlat;
  validity_ = nullptr;
  validity_owner_.reset();
  dictionary_.reset();
  codes_.reset();
  heap_.reset();
  owners_.clear();
}

void Vector::Reset(LogicalType type, size_t capacity) {
  const size_t bytes = TypeSize(type) * capacity;
  const bool large_enough = TypeSize(type_) * capacity_ >= bytes && bytes > 0;
  if (large_enough && !type.IsNested()) Recycle();
  if (!large_enough || type.IsNested() || data_owner_ == nullptr) {
    *this = MakeFlat(std::move(type), capacity);
    return;
  }
  // The bytes stay known through type and capacity, so the capacity must not shrink.
  const size_t held = TypeSize(type_) * capacity_;
  capacity_ = held / TypeSize(type);
  type_ = std::move(type);
  if (type_.physical() == PhysicalType::kString) std::memset(data_, 0, bytes);
}

void Vector::SetConstant() {
  TRIVET_ASSERT(is_flat());
  encoding_ = VectorEncoding::kConstant;
}

Vector Vector::Wrap(LogicalType type, const void* data, const uint64_t* validity, Owner owner,
                    size_t capacity) {
  Vector vector;
  vector.capacity_ = capacity;
  vector.type_ = std::move(type);
  // Never written through: a wrapped vector is shared from the start.
  vector.data_ = static_cast<uint8_t*>(const_cast<void*>(data));
  vector.validity_ = const_cast<uint64_t*>(validity);
  vector.data_owner_ = std::move(owner);
  return vector;
}

uint64_t* Vector::MutableValidity() {
  if (validity_ == nullptr) {
    const size_t words = BitWords(std::max<size_t>(capacity_, 1));
    auto buffer = std::make_shared<Buffer>(words * sizeof(uint64_t));
    validity_ = reinterpret_cast<uint64_t*>(buffer->data());
    std::memset(validity_, 0xFF, words * sizeof(uint64_t));
    validity_owner_ = std::move(buffer);
  }
  return validity_;
}

void Vector::SetNull(size_t row) {
  MutableValidity()[row >> 6] &= ~(uint64_t{1} << (row & 63));
  if (type_.id() == TypeId::kStruct) {
    for (Vector& child : children_) child.SetNull(row);
  }
}

void Vector::SetValidity(const uint64_t* bits, Owner owner) {
  validity_ = const_cast<uint64_t*>(bits);
  validity_owner_ = std::move(owner);
}

VectorView Vector::View() const {
  switch (encoding_) {
    case VectorEncoding::kFlat: return {data_, nullptr, validity_};
    case VectorEncoding::kConstant: return {data_, kZeroIndices.zeros, validity_};
    case VectorEncoding::kDictionary:
      return {dictionary_->data_, codes_.get(), dictionary_->validity_};
  }
  return {};
}

void Vector::Slice(const Indices& rows, size_t count) {
  switch (encoding_) {
    case VectorEncoding::kConstant: return;
    case VectorEncoding::kFlat: {
      const size_t size = capacity_;
      auto flat = std::make_shared<const Vector>(std::move(*this));
      *this = MakeDictionary(std::move(flat), rows, size, 0);
      return;
    }
    case VectorEncoding::kDictionary: {
      auto composed = MakeIndices(std::max<size_t>(count, 1));
      for (size_t i = 0; i < count; ++i) composed[i] = codes_[rows[i]];
      codes_ = std::move(composed);
      return;
    }
  }
}

void Vector::Flatten(size_t count) {
  if (is_flat()) return;
  Vector flat = MakeFlat(type_, std::max(count, size_t{1}));
  CopyRows(*this, nullptr, count, flat, 0);
  *this = std::move(flat);
}

char* Vector::AllocateString(size_t size) {
  if (heap_ == nullptr) {
    heap_ = std::make_shared<StringHeap>();
    owners_.push_back(heap_);
  }
  return heap_->Allocate(size);
}

void Vector::ReserveStrings(MemoryManager& memory, const CancellationToken& cancellation) {
  TRIVET_ASSERT(is_flat() && heap_ == nullptr);
  if (type_.physical() != PhysicalType::kString) return;
  heap_ = std::make_shared<StringHeap>(memory, cancellation);
  owners_.push_back(heap_);
}

Status Vector::string_status() const {
  if (has_lost_strings()) return heap_->status();
  for (const Vector& child : children_) TRIVET_RETURN_IF_ERROR(child.string_status());
  return Status::OK();
}

void Vector::SetString(size_t row, std::string_view text) {
  if (text.size() > StringView::kInlineSize) {
    char* bytes = AllocateString(text.size());
    if (bytes != nullptr) std::memcpy(bytes, text.data(), text.size());
    text = {bytes, bytes != nullptr ? text.size() : 0};
  }
  mutable_data<StringView>()[row] = StringView(text);
}

void Vector::AddOwner(Owner owner) {
  if (owner == nullptr) return;
  for (const Owner& known : owners_) {
    if (known == owner) return;
  }
  owners_.push_back(std::move(owner));
}

void Vector::ShareOwners(const Vector& source) {
  if (source.is_dictionary()) {
    ShareOwners(*source.dictionary_);
    return;
  }
  for (const Owner& owner : source.owners_) AddOwner(owner);
  // Wrapped memory has no owner list of its own: its one owner stands for the strings as well.
  if (source.owners_.empty()) AddOwner(source.data_owner_);
}

size_t Vector::MemoryBytes() const {
  size_t bytes = TypeSize(type_) * capacity_;
  if (validity_) bytes += BitWords(capacity_) * sizeof(uint64_t);
  if (is_dictionary()) {
    // A dictionary serves many batches, and is reserved by whoever made it where it is large: no
    // more of its entries count than a vector has rows.
    const size_t entries = std::max<size_t>(dictionary_->capacity(), 1);
    const size_t counted = std::min(entries, kVectorSize);
    bytes += dictionary_->MemoryBytes() * counted / entries + sizeof(uint32_t) * kVectorSize;
  }
  for (const Vector& child : children_) bytes += child.MemoryBytes();
  return bytes;
}

size_t Vector::StringBytes(size_t count) const {
  if (type_.physical() != PhysicalType::kString) return 0;
  const VectorView view = View();
  size_t bytes = 0;
  for (size_t row = 0; row < (is_constant() ? 1 : count); ++row) {
    const StringView& text = view.Get<StringView>(row);
    if (!text.is_inline() && view.IsValid(row)) bytes += text.size();
  }
  return bytes;
}

void CopyRows(const Vector& source, const uint32_t* rows, size_t count, Vector& target,
              size_t target_offset) {
  const auto target_of = [&](size_t i) { return target_offset + i; };
  if (rows == nullptr) {
    CopyWith(source, count, target, [](size_t i) { return i; }, target_of);
  } else {
    CopyWith(source, count, target, [&](size_t i) { return rows[i]; }, target_of);
  }
}

void ScatterRows(const Vector& source, size_t count, const uint32_t* positions, Vector& target) {
  CopyWith(
      source, count, target, [](size_t i) { return i; }, [&](size_t i) { return positions[i]; });
}

}  // namespace trivet
