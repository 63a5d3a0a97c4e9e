#include "storage/key_list.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace trivet {

KeyList::KeyList(std::vector<Value> keys, const std::vector<uint64_t>& hashes)
    : keys_(std::move(keys)), places_(kPlaces, kEmpty) {
  TRIVET_ASSERT(keys_.size() <= kMost && keys_.size() == hashes.size());
  for (const uint64_t hash : hashes) {
    if (hash == kEmpty) continue;  // it finds itself in every empty place
    size_t place = hash >> kShift;
    while (places_[place] != kEmpty) place = (place + 1) % kPlaces;
    places_[place] = hash;
  }
  std::ranges::sort(keys_, [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
}

bool KeyList::MeetsRange(const std::optional<Value>& min, const std::optional<Value>& max) const {
  const auto first =
      !min ? keys_.begin() : std::ranges::partition_point(keys_, [&](const Value& key) {
        return CompareValues(key, *min) < 0;
      });
  return first != keys_.end() && (!max || CompareValues(*first, *max) <= 0);
}

}  // namespace trivet
