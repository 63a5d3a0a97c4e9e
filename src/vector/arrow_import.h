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

// Rows [begin, begin + count) of an array as a vector of the field's type. Fixed-width values and long
// strings stay where they are; `owner` keeps the array alive. InvalidInput for malformed arrays.
Result<Vector> ImportArrowColumn(const ArrowSchema& schema, const ArrowArray& array,
                                 const LogicalType& type, size_t begin, size_t count, Owner owner);

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
