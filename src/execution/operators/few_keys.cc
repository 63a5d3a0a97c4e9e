#include "execution/operators/few_keys.h"

#include <cstring>
#include <utility>

namespace trivet {

FewKeys::FewKeys(const LogicalType& type) : keys_(Vector::MakeFlat(type, KeyList::kMost)) {}

bool FewKeys::IsKey(size_t key, const Vector& values, size_t row) const {
  if (keys_.type().physical() == PhysicalType::kString) {
    return keys_.data<StringView>()[key] == values.data<StringView>()[row];
  }
  const size_t width = TypeSize(keys_.type());
  if (std::memcmp(keys_.data<uint8_t>() + key * width, values.data<uint8_t>() + row * width,
                  width) == 0) {
    return true;
  }
  // Zeros, NaNs and intervals may be equal and not alike.
  return CompareValues(keys_.GetValue(key), values.GetValue(row)) == 0;
}

bool FewKeys::AddRow(const Vector& values, uint64_t hash, size_t row) {
  size_t place = hash >> 56;
  for (; places_[place] != 0; place = (place + 1) % kPlaces) {
    const size_t key = places_[place] - 1;
    if (hashes_[key] == hash && IsKey(key, values, row)) return true;
  }
  if (hashes_.size() == KeyList::kMost) return false;
  bytes_ += sizeof(Value);
  if (values.type().physical() == PhysicalType::kString) {
    const size_t bytes = values.data<StringView>()[row].size();
    if (bytes > kLongest) return false;
    bytes_ += bytes;
  }
  keys_.SetValue(hashes_.size(), values.GetValue(row));
  hashes_.push_back(hash);
  places_[place] = static_cast<uint8_t>(hashes_.size());
  return true;
}

bool FewKeys::Add(const Vector& values, const uint64_t* hashes, size_t count) {
  for (size_t row = 0; row < count; ++row) {
    if (!AddRow(values, hashes[row], row)) return false;
  }
  return true;
}

KeyList FewKeys::List() const {
  std::vector<Value> keys;
  for (size_t key = 0; key < hashes_.size(); ++key) keys.push_back(keys_.GetValue(key));
  return KeyList(std::move(keys), hashes_);
}

}  // namespace trivet
