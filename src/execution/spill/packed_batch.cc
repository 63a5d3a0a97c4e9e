#include "execution/spill/packed_batch.h"

#include <cstring>
#include <optional>
#include <utility>

#include "vector/row_layout.h"

namespace trivet {

namespace {

constexpr size_t kAlignment = 16;
constexpr size_t Align(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// A column: this; validity words where there are any; values; the strings' bytes; then the columns
// of a list's elements or a struct's fields, in the same form. Each at a multiple of 16.
struct ColumnHead {
  uint64_t row_count;
  uint32_t has_validity;
  uint32_t unused;
  uint64_t heap_bytes;
  uint64_t unused_too;
};
static_assert(sizeof(ColumnHead) % kAlignment == 0);

// Lays out one column; without memory it only finds out how much that takes.
class ColumnPacker {
 public:
  explicit ColumnPacker(uint8_t* memory) : memory_(memory) {}
  size_t used() const { return used_; }

  // Rows [0, count), or those that `rows` names.
  void Pack(const Vector& vector, const uint32_t* rows, size_t count) {
    const VectorView view = vector.View();
    std::vector<uint32_t> indices(count);  // into the memory that the view reads
    for (size_t i = 0; i < count; ++i) {
      // A constant's view knows no more rows than a batch has.
      const size_t row = rows == nullptr ? i : rows[i];
      indices[i] = vector.is_constant() ? 0 : static_cast<uint32_t>(view.Index(row));
    }
    uint8_t* const head = Take(sizeof(ColumnHead));
    const bool has_validity = PackValidity(view, indices);
    uint64_t heap_bytes = 0;
    switch (vector.type().physical()) {
      case PhysicalType::kString: heap_bytes = PackStrings(vector, view, indices); break;
      case PhysicalType::kList: PackLists(vector, view, indices); break;
      case PhysicalType::kStruct:
        for (const Vector& field : Parent(vector).children()) {
          Pack(field, indices.data(), count);
        }
        break;
      default: PackValues(TypeSize(vector.type()), view, indices);
    }
    if (head != nullptr) StoreAs(head, ColumnHead{count, has_validity, 0, heap_bytes, 0});
  }

 private:
  using Rows = std::vector<uint32_t>;

  // Zeroed up to the next multiple of 16; null where only sizes count.
  uint8_t* Take(size_t bytes) {
    uint8_t* const taken = memory_ == nullptr ? nullptr : memory_ + used_;
    if (taken != nullptr) std::memset(taken + bytes, 0, Align(bytes) - bytes);
    used_ += Align(bytes);
    return taken;
  }
  // The children of a dictionary's rows are its entries' ones.
  static const Vector& Parent(const Vector& vector) {
    return vector.is_dictionary() ? *vector.dictionary() : vector;
  }
  static bool IsValid(const VectorView& view, uint32_t index) {
    return view.validity == nullptr || BitIsSet(view.validity, index);
  }

  bool PackValidity(const VectorView& view, const Rows& indices) {
    if (view.validity == nullptr || indices.empty()) return false;
    const size_t bytes = BitWords(indices.size()) * sizeof(uint64_t);
    uint8_t* const target = Take(bytes);
    if (target == nullptr) return true;
    std::memset(target, 0, bytes);
    for (size_t i = 0; i < indices.size(); ++i) {
      if (IsValid(view, indices[i])) target[i / 8] |= static_cast<uint8_t>(1u << (i % 8));
    }
    return true;
  }

  template <size_t kWidth>
  static void CopyValues(const uint8_t* source, const Rows& indices, uint8_t* target) {
    for (size_t i = 0; i < indices.size(); ++i) {
      std::memcpy(target + i * kWidth, source + indices[i] * kWidth, kWidth);
    }
  }
  void PackValues(size_t width, const VectorView& view, const Rows& indices) {
    uint8_t* const target = Take(width * indices.size());
    if (target == nullptr) return;
    switch (width) {
      case 1: return CopyValues<1>(view.data, indices, target);
      case 2: return CopyValues<2>(view.data, indices, target);
      case 4: return CopyValues<4>(view.data, indices, target);
      case 8: return CopyValues<8>(view.data, indices, target);
      default: return CopyValues<16>(view.data, indices, target);
    }
  }

  // Rows of a dictionary or constant that is not much larger than they are share its strings.
  static std::optional<size_t> SharedEntries(const Vector& vector, size_t count) {
    if (vector.is_constant()) return 1;
    if (!vector.is_dictionary() || vector.dictionary_size() > 4 * count) return std::nullopt;
    return vector.dictionary_size();
  }
  uint64_t PackStrings(const Vector& vector, const VectorView& view, const Rows& indices) {
    constexpr uint64_t kNotYet = ~uint64_t{0};
    const auto* const source = reinterpret_cast<const StringView*>(view.data);
    std::vector<uint64_t> offsets(SharedEntries(vector, indices.size()).value_or(0), kNotYet);
    auto* const target = reinterpret_cast<StringView*>(Take(indices.size() * sizeof(StringView)));
    uint8_t* const heap = target == nullptr ? nullptr : memory_ + used_;
    uint64_t heap_bytes = 0;
    for (size_t i = 0; i < indices.size(); ++i) {
      StringView text = IsValid(view, indices[i]) ? source[indices[i]] : StringView();
      if (!text.is_inline()) {
        uint64_t* const shared = offsets.empty() ? nullptr : &offsets[indices[i]];
        const bool is_new = shared == nullptr || *shared == kNotYet;
        const uint64_t offset = is_new ? heap_bytes : *shared;
        if (is_new) heap_bytes += text.size();
        if (shared != nullptr) *shared = offset;
        if (heap != nullptr) {
          if (is_new) std::memcpy(heap + offset, text.data(), text.size());
          text = StringView(reinterpret_cast<const char*>(heap + offset), text.size());
        }
      }
      if (target != nullptr) target[i] = text;
    }
    Take(heap_bytes);
    return heap_bytes;
  }

  void PackLists(const Vector& vector, const VectorView& view, const Rows& indices) {
    const auto* const source = reinterpret_cast<const ListEntry*>(view.data);
    auto* const target = reinterpret_cast<ListEntry*>(Take(indices.size() * sizeof(ListEntry)));
    Rows elements;
    for (size_t i = 0; i < indices.size(); ++i) {
      const ListEntry entry = IsValid(view, indices[i]) ? source[indices[i]] : ListEntry();
      if (target != nullptr) target[i] = {elements.size(), entry.length};
      for (uint64_t k = 0; k < entry.length; ++k) {
        elements.push_back(static_cast<uint32_t>(entry.offset + k));
      }
    }
    Pack(Parent(vector).children().front(), elements.data(), elements.size());
  }

  uint8_t* const memory_;
  size_t used_ = 0;
};

// Makes vectors over a packed column.
class ColumnReader {
 public:
  ColumnReader(std::shared_ptr<Buffer> buffer, uint8_t* memory, uint64_t address)
      : buffer_(std::move(buffer)), start_(memory), next_(memory), address_(address) {}

  Vector Read(const LogicalType& type) {
    const auto head = LoadAs<ColumnHead>(Take(sizeof(ColumnHead)));
    const size_t count = head.row_count;
    const uint64_t* validity = nullptr;
    if (head.has_validity != 0) {
      validity = reinterpret_cast<const uint64_t*>(Take(BitWords(count) * sizeof(uint64_t)));
    }
    uint8_t* const values = Take(count * TypeSize(type));
    if (type.physical() == PhysicalType::kString) {
      MendStrings(reinterpret_cast<StringView*>(values), count);
      Take(head.heap_bytes);
    }
    Vector vector = Vector::Wrap(type, values, validity, buffer_, count);
    if (type.id() == TypeId::kList) {
      vector.mutable_children().push_back(Read(type.element()));
    } else if (type.id() == TypeId::kStruct) {
      for (const StructField& field : type.fields()) {
        vector.mutable_children().push_back(Read(field.type));
      }
    }
    return vector;
  }
  uint8_t* next() const { return next_; }

 private:
  uint8_t* Take(size_t bytes) { return std::exchange(next_, next_ + Align(bytes)); }
  void MendStrings(StringView* texts, size_t count) const {
    if (reinterpret_cast<uint64_t>(start_) == address_) return;
    for (size_t i = 0; i < count; ++i) {
      if (texts[i].is_inline()) continue;
      const uint64_t distance = reinterpret_cast<uint64_t>(texts[i].data()) - address_;
      texts[i] = StringView(reinterpret_cast<const char*>(start_ + distance), texts[i].size());
    }
  }

  std::shared_ptr<Buffer> buffer_;
  uint8_t* const start_;
  uint8_t* next_;
  const uint64_t address_;
};

}  // namespace

PackedBatch PackedBatch::Pack(const Batch& batch) {
  PackedBatch packed;
  size_t bytes = 0;
  for (const Vector& column : batch.columns()) {
    ColumnPacker size(nullptr);
    size.Pack(column, nullptr, batch.row_count());
    packed.sections_.push_back({bytes, size.used()});
    bytes += size.used();
  }
  packed.buffer_ = std::make_shared<Buffer>(bytes);
  std::vector<Vector> columns;
  for (size_t i = 0; i < batch.column_count(); ++i) {
    uint8_t* const memory = packed.buffer_->data() + packed.sections_[i].offset;
    ColumnPacker(memory).Pack(batch.column(i), nullptr, batch.row_count());
    ColumnReader reader(packed.buffer_, memory, reinterpret_cast<uint64_t>(memory));
    columns.push_back(reader.Read(batch.column(i).type()));
  }
  packed.batch_ = Batch(std::move(columns), batch.row_count());
  packed.batch_.set_order(batch.order());
  return packed;
}

Vector PackedBatch::Unpack(const LogicalType& type, std::shared_ptr<Buffer> buffer,
                           uint64_t address) {
  uint8_t* const memory = buffer->data();
  return ColumnReader(std::move(buffer), memory, address).Read(type);
}

}  // namespace trivet
