#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/key_list.h"
#include "vector/vector.h"

namespace trivet {

// Collects the distinct values of a key as long as there are few, and none is long. For one thread.
class FewKeys {
 public:
  // Of a key in bytes.
  static constexpr size_t kLongest = 1024;

  explicit FewKeys(const LogicalType& type);

  // Rows [0, count) of a flat vector without NULLs, and their hashes by HashVector. False once
  // there is too much: then no more need be added.
  bool Add(const Vector& values, const uint64_t* hashes, size_t count);

  // Not once there is too much, both.
  size_t bytes() const { return bytes_; }  // that the list will take
  KeyList List() const;

 private:
  bool AddRow(const Vector& values, uint64_t hash, size_t row);
  bool IsKey(size_t key, const Vector& values, size_t row) const;

  static constexpr size_t kPlaces = 256;
  Vector keys_;
  std::vector<uint64_t> hashes_;           // theirs
  std::array<uint8_t, kPlaces> places_{};  // a key's number plus one, at its hash's uppermost bits
  size_t bytes_ = 0;
};

}  // namespace trivet
