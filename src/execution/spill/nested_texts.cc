#include "execution/spill/nested_texts.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace trivet {

namespace {

// The children of a dictionary's rows are its entries' ones.
const Vector& Parent(const Vector& vector) {
  return vector.is_dictionary() ? *vector.dictionary() : vector;
}

void AppendBytes(const void* bytes, size_t size, std::string& out) {
  out.append(static_cast<const char*>(bytes), size);
}

// Appends values of one column: whether it is valid, then its bytes; a list's length and elements,
// a struct's fields.
class NestedWriter {
 public:
  explicit NestedWriter(const Vector& vector)
      : view_(vector.View()),
        is_constant_(vector.is_constant()),
        physical_(vector.type().physical()),
        width_(TypeSize(vector.type())) {
    for (const Vector& child : Parent(vector).children()) children_.emplace_back(child);
  }

  bool IsValid(size_t row) const {
    return view_.validity == nullptr || BitIsSet(view_.validity, IndexOf(row));
  }
  void Write(size_t row, std::string& out) const {
    const bool is_valid = IsValid(row);
    out.push_back(is_valid ? 1 : 0);
    if (!is_valid) return;
    const size_t index = IndexOf(row);
    switch (physical_) {
      case PhysicalType::kString: {
        const StringView text = reinterpret_cast<const StringView*>(view_.data)[index];
        const uint64_t size = text.size();
        AppendBytes(&size, sizeof(size), out);
        AppendBytes(text.data(), size, out);
        break;
      }
      case PhysicalType::kList: {
        const ListEntry entry = reinterpret_cast<const ListEntry*>(view_.data)[index];
        AppendBytes(&entry.length, sizeof(entry.length), out);
        for (uint64_t i = 0; i < entry.length; ++i) children_[0].Write(entry.offset + i, out);
        break;
      }
      case PhysicalType::kStruct:
        for (const NestedWriter& child : children_) child.Write(index, out);
        break;
      default: AppendBytes(view_.data + index * width_, width_, out);
    }
  }

 private:
  // A constant's view knows no more rows than a batch has.
  size_t IndexOf(size_t row) const { return is_constant_ ? 0 : view_.Index(row); }

  VectorView view_;
  bool is_constant_;
  PhysicalType physical_;
  size_t width_;
  std::vector<NestedWriter> children_;
};

// The bytes of one value that are still to be read.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  Result<std::string_view> Take(uint64_t size) {
    if (size > bytes_.size()) return Status::Corruption("a nested value on disk ends too early");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  Result<uint64_t> TakeLength() {
    TRIVET_ASSIGN_OR_RETURN(const std::string_view bytes, Take(sizeof(uint64_t)));
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    return length;
  }
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

// Gathers values of one column, whose number is known at the end only. Strings are views of the
// bytes that are read.
class NestedReader {
 public:
  explicit NestedReader(const LogicalType& type) : type_(type), width_(TypeSize(type)) {
    if (type.id() == TypeId::kList) children_.emplace_back(type.element());
    if (type.id() == TypeId::kStruct) {
      for (const StructField& field : type.fields()) children_.emplace_back(field.type);
    }
  }

  void AddNull() {
    nulls_.push_back(count_);
    values_.append(width_, '\0');
    texts_.resize(texts_.size() + (type_.physical() == PhysicalType::kString));
    if (type_.physical() == PhysicalType::kStruct) {
      for (NestedReader& child : children_) child.AddNull();
    }
    ++count_;
  }
  Status Add(ByteReader& bytes) {
    TRIVET_ASSIGN_OR_RETURN(const std::string_view is_valid, bytes.Take(1));
    if (is_valid[0] == 0) {
      AddNull();
      return Status::OK();
    }
    switch (type_.physical()) {
      case PhysicalType::kString: {
        TRIVET_ASSIGN_OR_RETURN(const uint64_t size, bytes.TakeLength());
        TRIVET_ASSIGN_OR_RETURN(const std::string_view text, bytes.Take(size));
        texts_.push_back(text);
        break;
      }
      case PhysicalType::kList: {
        TRIVET_ASSIGN_OR_RETURN(const uint64_t length, bytes.TakeLength());
        const ListEntry entry{children_[0].count_, length};
        AppendBytes(&entry, sizeof(entry), values_);
        for (uint64_t i = 0; i < length; ++i) TRIVET_RETURN_IF_ERROR(children_[0].Add(bytes));
        break;
      }
      case PhysicalType::kStruct:
        for (NestedReader& child : children_) TRIVET_RETURN_IF_ERROR(child.Add(bytes));
        break;
      default: {
        TRIVET_ASSIGN_OR_RETURN(const std::string_view value, bytes.Take(width_));
        values_.append(value);
      }
    }
    ++count_;
    return Status::OK();
  }

  Result<Vector> Finish(const EvaluationContext& context) const {
    Vector vector = Vector::MakeFlat(type_, std::max<size_t>(count_, 1));
    if (type_.physical() == PhysicalType::kString) {
      vector.ReserveStrings(context.memory(), context.cancellation());
      for (size_t i = 0; i < texts_.size(); ++i) vector.SetString(i, texts_[i]);
      TRIVET_RETURN_IF_ERROR(vector.string_status());
    } else if (type_.physical() != PhysicalType::kStruct && count_ > 0) {
      std::memcpy(vector.mutable_data<uint8_t>(), values_.data(), count_ * width_);
    }
    for (const size_t row : nulls_) vector.SetNull(row);
    for (size_t i = 0; i < children_.size(); ++i) {
      TRIVET_ASSIGN_OR_RETURN(vector.mutable_children()[i], children_[i].Finish(context));
    }
    return vector;
  }

 private:
  LogicalType type_;
  size_t width_;
  size_t count_ = 0;
  std::vector<size_t> nulls_;
  std::string values_;                   // of fixed width
  std::vector<std::string_view> texts_;  // strings
  std::vector<NestedReader> children_;
};

}  // namespace

std::vector<LogicalType> TypesOnDisk(std::span<const LogicalType> types) {
  std::vector<LogicalType> on_disk(types.begin(), types.end());
  for (LogicalType& type : on_disk) {
    if (type.IsNested()) type = TypeId::kBlob;
  }
  return on_disk;
}

Result<Vector> WriteNested(const Vector& column, const uint32_t* selection, size_t count,
                           const EvaluationContext& context) {
  const NestedWriter writer(column);
  Vector texts = Vector::MakeFlat(TypeId::kBlob);
  texts.ReserveStrings(context.memory(), context.cancellation());
  std::string bytes;
  for (size_t i = 0; i < count; ++i) {
    if (!writer.IsValid(selection[i])) {
      texts.SetNull(selection[i]);
      continue;
    }
    bytes.clear();
    writer.Write(selection[i], bytes);
    texts.SetString(selection[i], bytes);
    if (texts.has_lost_strings()) break;
  }
  TRIVET_RETURN_IF_ERROR(texts.string_status());
  return texts;
}

Result<Vector> ReadNested(const Vector& texts, size_t count, const LogicalType& type,
                          const EvaluationContext& context) {
  NestedReader reader(type);
  const VectorView view = texts.View();
  for (size_t row = 0; row < count; ++row) {
    if (!view.IsValid(row)) {
      reader.AddNull();
      continue;
    }
    const StringView& text = view.Get<StringView>(row);  // in place: short ones hold their bytes
    ByteReader bytes(std::string_view(text.data(), text.size()));
    TRIVET_RETURN_IF_ERROR(reader.Add(bytes));
    if (!bytes.at_end()) return Status::Corruption("a nested value on disk is too long");
  }
  return reader.Finish(context);
}

}  // namespace trivet
