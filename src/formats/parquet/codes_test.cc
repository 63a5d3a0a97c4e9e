#include "formats/parquet/codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "base/testing/simd_levels.h"
#include "formats/parquet/magnitude_bits.h"

namespace trivet::parquet {
namespace {

class CodesTest : public trivet::testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(CodesTest);

TEST_P(CodesTest, TheLargestIsFoundWhereverItStands) {
  std::mt19937_64 random(1);
  for (size_t count = 0; count < 300; ++count) {
    std::vector<uint32_t> codes(count);
    for (uint32_t& code : codes) code = static_cast<uint32_t>(random() % 1000);
    if (count == 0) {
      EXPECT_EQ(LargestCode(codes.data(), 0), 0u);
      continue;
    }
    EXPECT_EQ(LargestCode(codes.data(), count), *std::max_element(codes.begin(), codes.end()));
    // Beyond what a signed number holds, at any place.
    const size_t place = random() % count;
    codes[place] = 0x80000001;
    EXPECT_EQ(LargestCode(codes.data(), count), 0x80000001) << place << " of " << count;
  }
}

template <typename T>
void CheckMagnitudes() {
  std::mt19937_64 random(2);
  for (size_t count = 0; count < 300; ++count) {
    std::vector<T> values(count);
    std::make_unsigned_t<T> expected = 0;
    for (T& value : values) {
      value = static_cast<T>(static_cast<int64_t>(random()) >> (random() % 64));
      if (random() % 50 == 0) value = std::numeric_limits<T>::min();
      expected |= static_cast<std::make_unsigned_t<T>>(value < 0 ? ~value : value);
    }
    ASSERT_EQ(MagnitudeBits(values.data(), count), expected) << count;
  }
}

TEST_P(CodesTest, MagnitudesHaveTheBitsOfAllValues) {
  CheckMagnitudes<int32_t>();
  CheckMagnitudes<int64_t>();
}

}  // namespace
}  // namespace trivet::parquet
