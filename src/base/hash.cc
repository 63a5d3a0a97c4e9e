#include "base/hash.h"

namespace trivet {

uint64_t HashBytes(const void* data, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  uint64_t state = internal::kHashFirst ^ size;
  size_t left = size;
  while (left > 16) {
    uint64_t low;
    uint64_t high;
    std::memcpy(&low, bytes, 8);
    std::memcpy(&high, bytes + 8, 8);
    state = internal::HashFold(low ^ internal::kHashSecond, high ^ state);
    bytes += 16;
    left -= 16;
  }
  uint64_t tail[2] = {0, 0};
  if (left != 0) std::memcpy(tail, bytes, left);
  state = internal::HashFold(tail[0] ^ internal::kHashSecond, tail[1] ^ state);
  return HashInt64(state ^ size);
}

}  // namespace trivet
