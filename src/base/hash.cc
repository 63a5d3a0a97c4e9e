#include "base/hash.h"

namespace trivet {

uint64_t HashBytes(const void* data, size_t size) {
  // Multiply-fold over 16-byte blocks, in the manner of wyhash (Wang Yi, 2019); little-endian loads.
  constexpr uint64_t kFirst = 0xa0761d6478bd642fULL;
  constexpr uint64_t kSecond = 0xe7037ed1a0b428dbULL;
  const auto fold = [](uint64_t a, uint64_t b) {
    const uint128_t product = static_cast<uint128_t>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const auto* bytes = static_cast<const uint8_t*>(data);
  uint64_t state = kFirst ^ size;
  size_t left = size;
  while (left > 16) {
    uint64_t low;
    uint64_t high;
    std::memcpy(&low, bytes, 8);
    std::memcpy(&high, bytes + 8, 8);
    state = fold(low ^ kSecond, high ^ state);
    bytes += 16;
    left -= 16;
  }
  uint64_t tail[2] = {0, 0};
  if (left != 0) std::memcpy(tail, bytes, left);
  state = fold(tail[0] ^ kSecond, tail[1] ^ state);
  return HashInt64(state ^ size);
}

}  // namespace trivet
