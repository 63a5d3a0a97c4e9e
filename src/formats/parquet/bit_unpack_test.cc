#include "formats/parquet/bit_unpack.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/testing/simd_levels.h"
#include "formats/parquet/page_pool.h"

namespace trivet::parquet {
namespace {

class BitUnpackTest : public trivet::testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(BitUnpackTest);

// Value `index`, bit by bit.
uint64_t ValueAt(const std::vector<uint8_t>& packed, int width, size_t index) {
  uint64_t value = 0;
  for (int bit = 0; bit < width; ++bit) {
    const size_t at = index * static_cast<size_t>(width) + static_cast<size_t>(bit);
    value |= static_cast<uint64_t>(packed[at / 8] >> (at % 8) & 1) << bit;
  }
  return value;
}

// Random bits of `count` values, with the slack that readers need, at a random alignment.
struct Packed {
  Packed(std::mt19937_64& random, int width, size_t count) {
    const size_t bytes = (count * static_cast<size_t>(width) + 7) / 8;
    content.resize(bytes);
    const bool extreme = random() % 8 == 0;
    for (uint8_t& byte : content) byte = extreme ? 0xFF : static_cast<uint8_t>(random());
    const size_t offset = random() % 64;
    // Exactly the slack, so that a sanitizer sees whoever reads further.
    memory.assign(offset + bytes + kSlackBytes, 0xA5);
    std::copy(content.begin(), content.end(), memory.begin() + static_cast<ptrdiff_t>(offset));
    data = memory.data() + offset;
  }
  std::vector<uint8_t> content;
  std::vector<uint8_t> memory;
  const uint8_t* data;
};

TEST_P(BitUnpackTest, EveryWidthEqualsBitByBit) {
  std::mt19937_64 random(1);
  for (int width = 0; width <= 32; ++width) {
    for (int round = 0; round < 60; ++round) {
      const size_t total = round < 40 ? static_cast<size_t>(round) : random() % 3000;
      const Packed packed(random, width, total);
      const size_t first = total == 0 ? 0 : random() % total;
      const size_t count = round < 40 ? total - first : random() % (total - first + 1);
      std::vector<uint32_t> out(count + 1, 0xDEADBEEF);
      UnpackBits(packed.data, width, first, count, out.data());
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ(out[i], ValueAt(packed.content, width, first + i))
            << "width " << width << " value " << first << " + " << i << " of " << count;
      }
      ASSERT_EQ(out[count], 0xDEADBEEF) << "width " << width;
    }
  }
}

TEST_P(BitUnpackTest, EveryWideWidthEqualsBitByBit) {
  std::mt19937_64 random(2);
  for (int width = 0; width <= 64; ++width) {
    for (int round = 0; round < 10; ++round) {
      const size_t total = 1 + random() % 300;
      const Packed packed(random, width, total);
      const size_t first = random() % total;
      std::vector<uint64_t> out(total - first);
      UnpackBits64(packed.data, width, first, out.size(), out.data());
      for (size_t i = 0; i < out.size(); ++i) {
        ASSERT_EQ(out[i], ValueAt(packed.content, width, first + i)) << "width " << width;
      }
    }
  }
}

}  // namespace
}  // namespace trivet::parquet
