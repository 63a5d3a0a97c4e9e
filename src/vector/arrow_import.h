#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "types/type.h"
#include "vector/arrow_abi.h"
#include "vector/vector.h"

namespace trivet {

// The logical type of an Arrow field. NotImplemented names formats that have no counterpart.
Result<LogicalType> ImportArrowType(const ArrowSchema& schema);

// Dictionaries of one array, imported once for all of its pieces. One thread at a time; not longer
// than the array.
class ArrowDictionaryCache {
 public:
  struct Entry {
    const ArrowArray* source = nullptr;
    std::shared_ptr<const Vector> values;  // the last entry is NULL
    uint64_t id = 0;
  };
  // The entry of a dictionary; its values are null where it is new.
  Entry& Find(const ArrowArray* source) {
    for (Entry& entry : entries_) {
      if (entry.source == source) return entry;
    }
    entries_.push_back({source, nullptr, 0});
    return entries_.back();
  }

 private:
  std::vector<Entry> entries_;
};

// Rows [begin, begin + count) of an array as a vector of the field's type. Fixed-width values and
// long strings stay where they are; `owner` keeps the array alive. InvalidInput for malformed
// arrays.
Result<Vector> ImportArrowColumn(const ArrowSchema& schema, const ArrowArray& array,
                                 const LogicalType& type, size_t begin, size_t count, Owner owner,
                                 ArrowDictionaryCache* dictionaries = nullptr);

// Owns a struct received through the interface and releases it in the end.
template <typename T>
class ArrowHolder {
 public:
  ArrowHolder() : value_{} {}
  ~ArrowHolder() {
    if (value_.release) value_.release(&value_);
  }
  ArrowHolder(const ArrowHolder&) = delete;
  ArrowHolder& operator=(const ArrowHolder&) = delete;
  T* get() { return &value_; }
  const T* get() const { return &value_; }

 private:
  T value_;
};

}  // namespace trivet
