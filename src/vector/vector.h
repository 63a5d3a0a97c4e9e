#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "types/value.h"
#include "vector/buffer.h"
#include "vector/string_view.h"

namespace trivet {

// Rows of a full vector; a batch never has more.
inline constexpr size_t kVectorSize = 2048;

enum class VectorEncoding : uint8_t {
  kFlat,        // row i is data[i]
  kConstant,    // every row is data[0]
  kDictionary,  // row i is dictionary.data[codes[i]]
};

// Row numbers or dictionary codes, shared between the columns that one filter has cut.
using Indices = std::shared_ptr<const uint32_t[]>;
inline std::shared_ptr<uint32_t[]> MakeIndices(size_t count = kVectorSize) {
  return std::make_shared_for_overwrite<uint32_t[]>(count);
}

inline bool BitIsSet(const uint64_t* bits, size_t i) { return (bits[i >> 6] >> (i & 63)) & 1; }
inline constexpr size_t BitWords(size_t bits) { return (bits + 63) / 64; }

// The one form in which kernels read a vector, whatever its encoding: row i lies at
// index = selection ? selection[i] : i of data and validity. Borrowed from the vector.
struct VectorView {
  const uint8_t* data = nullptr;
  const uint32_t* selection = nullptr;  // null: row i is at i
  const uint64_t* validity = nullptr;   // bit set: valid; null: all valid

  size_t Index(size_t row) const { return selection ? selection[row] : row; }
  bool IsValid(size_t row) const { return !validity || BitIsSet(validity, Index(row)); }
  template <typename T>
  const T& Get(size_t row) const {
    return reinterpret_cast<const T*>(data)[Index(row)];
  }
};

// A column of up to kVectorSize rows (a dictionary may have more entries). Copying shares the
// memory; memory is written only by whoever made the vector flat and has not shared it yet. The
// number of rows is the batch's business, except for dictionaries' entries.
class Vector {
 public:
  Vector() = default;

  // Uninitialised rows, all valid. Strings are initialised to empty.
  static Vector MakeFlat(LogicalType type, size_t capacity = kVectorSize);
  static Vector MakeConstant(const Value& value);
  static Vector MakeNull(LogicalType type);  // constant NULL
  // `dictionary` is flat with `size` entries; every code is below it. `id` is a process-wide unique
  // number of the dictionary's content, by which results per entry are cached; 0 where the codes
  // are a mere selection.
  static Vector MakeDictionary(std::shared_ptr<const Vector> dictionary, Indices codes, size_t size,
                               uint64_t id);
  static uint64_t NextDictionaryId();
  // Makes this a flat vector as MakeFlat does, over its present memory where that is large enough
  // and nobody shares it.
  void Reset(LogicalType type, size_t capacity = kVectorSize);
  // Lets go of everything that is shared with others; keeps memory of its own for Reset.
  void Recycle();
  // Every row becomes row 0 of this flat vector.
  void SetConstant();
  // Flat view of foreign memory of `capacity` rows that `owner` keeps alive (validity may be null).
  static Vector Wrap(LogicalType type, const void* data, const uint64_t* validity, Owner owner,
                     size_t capacity = 0);

  const LogicalType& type() const { return type_; }
  VectorEncoding encoding() const { return encoding_; }
  bool is_flat() const { return encoding_ == VectorEncoding::kFlat; }
  bool is_constant() const { return encoding_ == VectorEncoding::kConstant; }
  bool is_dictionary() const { return encoding_ == VectorEncoding::kDictionary; }
  bool IsConstantNull() const { return is_constant() && validity_ && !BitIsSet(validity_, 0); }

  // Flat and constant vectors.
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_);
  }
  template <typename T>
  T* mutable_data() {
    return reinterpret_cast<T*>(data_);
  }
  const uint64_t* validity() const { return validity_; }  // null: all valid
  // The validity bits for writing, made all valid on first use.
  uint64_t* MutableValidity();
  void SetNull(size_t row);
  // Adopts foreign validity bits.
  void SetValidity(const uint64_t* bits, Owner owner);
  size_t capacity() const { return capacity_; }

  // Dictionary vectors.
  const std::shared_ptr<const Vector>& dictionary() const { return dictionary_; }
  const Indices& codes() const { return codes_; }
  size_t dictionary_size() const { return dictionary_size_; }
  uint64_t dictionary_id() const { return dictionary_id_; }

  // Nested: a list's elements, or a struct's fields.
  const std::vector<Vector>& children() const { return children_; }
  std::vector<Vector>& mutable_children() { return children_; }

  VectorView View() const;
  bool IsValid(size_t row) const { return View().IsValid(row); }

  // Keeps only the named rows, in that order: a flat vector becomes a dictionary over itself, codes
  // of a dictionary are composed, a constant stays. O(1) for flat vectors.
  void Slice(const Indices& rows, size_t count);
  // Rows [0, count) as a flat vector of its own memory; strings still share their bytes.
  void Flatten(size_t count);

  // Stores a string in row `row` of a flat vector, copying bytes that do not fit inline. Where
  // these are refused, the row is empty and string_status() says so.
  void SetString(size_t row, std::string_view text);
  // Room for a string of `size` bytes in this vector's heap, or null where it is refused; fill it,
  // then store a StringView on it.
  char* AllocateString(size_t size);
  // Strings of this flat vector are reserved against the budget from now on, as StringHeap says.
  // Asks for string_status() are the caller's: a vector that has lost strings is no result.
  void ReserveStrings(MemoryManager& memory, const CancellationToken& cancellation);
  bool has_lost_strings() const { return heap_ != nullptr && !heap_->status().ok(); }
  // Of this vector and of its children.
  Status string_status() const;
  // Keeps `owner` alive as long as this vector's strings.
  void AddOwner(Owner owner);
  const std::vector<Owner>& owners() const { return owners_; }
  // Shares all owners of `source`, whose string views this vector has copied.
  void ShareOwners(const Vector& source);

  // Slow paths for constants, tests and results.
  Value GetValue(size_t row) const;
  void SetValue(size_t row, const Value& value);
  // Reinterprets the column as another logical type of the same physical layout.
  void SetType(LogicalType type) { type_ = std::move(type); }

  // Bytes that this vector's own buffers take, shared ones included; those of strings left out. Of
  // a dictionary, which serves many vectors, no more entries count than a vector has rows.
  size_t MemoryBytes() const;
  // Bytes of the strings in rows [0, count) that are not inline, each row counted by itself.
  size_t StringBytes(size_t count) const;

 private:
  LogicalType type_;
  VectorEncoding encoding_ = VectorEncoding::kFlat;
  uint8_t* data_ = nullptr;
  uint64_t* validity_ = nullptr;
  size_t capacity_ = 0;
  bool is_writable_ = false;  // data_ was allocated for this vector, not wrapped
  Owner data_owner_;
  Owner validity_owner_;
  std::shared_ptr<const Vector> dictionary_;
  Indices codes_;
  size_t dictionary_size_ = 0;
  uint64_t dictionary_id_ = 0;
  std::shared_ptr<StringHeap> heap_;
  std::vector<Owner> owners_;
  std::vector<Vector> children_;
};

// Copies rows of `source` (row i of the copy is source row rows[i], or row i where rows is null)
// into rows [target_offset, target_offset + count) of the flat vector `target` of the same type.
void CopyRows(const Vector& source, const uint32_t* rows, size_t count, Vector& target,
              size_t target_offset);
// Copies row i of `source` to row positions[i] of the flat vector `target`.
void ScatterRows(const Vector& source, size_t count, const uint32_t* positions, Vector& target);

}  // namespace trivet
