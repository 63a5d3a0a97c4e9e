#include "vector/select_range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <random>
#include <vector>

#include "base/testing/simd_levels.h"
#include "vector/hash_integers.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

class SelectRangeTest : public testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(SelectRangeTest);

using Random = std::mt19937_64;

template <typename T>
T Extreme(Random& random) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_floating_point_v<T>) {
    const T values[] = {0.0,
                        -0.0,
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::quiet_NaN(),
                        -Limits::quiet_NaN(),
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        Limits::max(),
                        Limits::lowest()};
    return values[random() % std::size(values)];
  } else {
    const T values[] = {
        0, 1, -1, Limits::min(), Limits::max(), Limits::min() + 1, Limits::max() - 1};
    return values[random() % std::size(values)];
  }
}

// Small numbers, so that bounds are met, among any and among extreme ones.
template <typename T>
T RandomValue(Random& random) {
  switch (random() % 4) {
    case 0: return Extreme<T>(random);
    case 1: return static_cast<T>(static_cast<int64_t>(random()));
    default: return static_cast<T>(static_cast<int64_t>(random() % 20) - 10);
  }
}

template <typename T>
bool IsInRange(T value, const ValueRange<T>& range) {
  return (range.low <= value && value <= range.high) != range.outside;
}

// Values at any alignment with nothing behind them that may be read, for a sanitizer to watch.
template <typename T>
std::vector<T> RandomColumn(Random& random, size_t count) {
  std::vector<T> values(count);
  for (T& value : values) value = RandomValue<T>(random);
  return values;
}

constexpr uint32_t kUntouched = 0xABCDABCD;

template <typename T>
void CheckRanges() {
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const size_t count = random() % (round % 8 == 0 ? 2000 : 70);
    const std::vector<T> values = RandomColumn<T>(random, count);
    ValueRange<T> range{RandomValue<T>(random), RandomValue<T>(random), random() % 2 == 0};
    if (range.low != range.low || range.high != range.high) continue;  // no bounds
    std::vector<uint64_t> validity((count + 63) / 64 + 1);
    for (uint64_t& word : validity) word = round % 3 == 0 ? ~uint64_t{0} : random();
    const uint64_t* bits = round % 2 == 0 ? validity.data() : nullptr;
    std::vector<uint32_t> expected;
    for (size_t row = 0; row < count; ++row) {
      const bool valid = bits == nullptr || (bits[row / 64] >> (row % 64) & 1) != 0;
      if (valid && IsInRange(values[row], range)) expected.push_back(static_cast<uint32_t>(row));
    }
    std::vector<uint32_t> out(count + 1, kUntouched);
    const size_t found = SelectRange(values.data(), bits, range, count, out.data());
    ASSERT_EQ(out[count], kUntouched);
    out.resize(found);
    ASSERT_EQ(out, expected) << "rows " << count << " from " << range.low << " to " << range.high
                             << (range.outside ? " outside" : "");
  }
}

TEST_P(SelectRangeTest, FindsWhatIsInTheRange) {
  CheckRanges<int32_t>();
  CheckRanges<int64_t>();
  CheckRanges<double>();
}

template <typename T>
void CheckBitmaps() {
  Random random(2);
  for (int round = 0; round < 2000; ++round) {
    const size_t count = random() % (round % 8 == 0 ? 2000 : 70);
    const std::vector<T> values = RandomColumn<T>(random, count);
    const uint64_t bits = round % 5 == 0 ? random() % 3 : random() % 300;
    // A few bits short of the type's largest number, or anywhere: places never wrap round.
    T low = RandomValue<T>(random);
    const auto most = static_cast<uint64_t>(std::numeric_limits<T>::max());
    if (bits > 0 && most - static_cast<uint64_t>(low) < bits - 1) {
      low = static_cast<T>(most - (bits - 1));
    }
    std::vector<uint64_t> bitmap(bits / 64 + 1);
    for (uint64_t& word : bitmap) word = random();
    std::vector<uint32_t> expected;
    for (size_t row = 0; row < count; ++row) {
      const auto place = static_cast<int128_t>(values[row]) - low;
      if (place < 0 || place >= static_cast<int128_t>(bits)) continue;
      const auto bit = static_cast<uint64_t>(place);
      if ((bitmap[bit / 64] >> (bit % 64) & 1) != 0) expected.push_back(static_cast<uint32_t>(row));
    }
    std::vector<uint32_t> out(count + 1, kUntouched);
    const size_t found = SelectInBitmap(values.data(), low, bits, bitmap.data(), count, out.data());
    ASSERT_EQ(out[count], kUntouched);
    out.resize(found);
    ASSERT_EQ(out, expected) << bits << " bits from " << low << ", rows " << count;
  }
}

TEST_P(SelectRangeTest, FindsWhatIsInTheBitmap) {
  CheckBitmaps<int32_t>();
  CheckBitmaps<int64_t>();
}

// Places beyond 32 bits must not be taken for those that their low halves are.
TEST_P(SelectRangeTest, FarValuesAreNotInTheBitmap) {
  std::vector<int64_t> values;
  for (int64_t i = -20; i < 20; ++i) {
    for (const int64_t place : {0, 5, 31, 32, 63}) values.push_back((i << 32) + place);
  }
  const uint64_t bitmap[] = {~uint64_t{0}};
  std::vector<uint32_t> out(values.size());
  const size_t found =
      SelectInBitmap(values.data(), int64_t{0}, 64, bitmap, values.size(), out.data());
  ASSERT_EQ(found, 5u);
  EXPECT_EQ(values[out[0]], 0);
  EXPECT_EQ(values[out[4]], 63);
}

template <typename T>
void CheckHashes() {
  Random random(3);
  for (size_t count = 0; count < 100; ++count) {
    const std::vector<T> values = RandomColumn<T>(random, count);
    std::vector<uint64_t> hashes(count + 1, kUntouched);
    HashIntegers(values.data(), count, hashes.data());
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(hashes[i], HashOf(values[i])) << values[i];
    ASSERT_EQ(hashes[count], kUntouched);
  }
}

TEST_P(SelectRangeTest, HashesAreThoseOfSingleValues) {
  CheckHashes<int32_t>();
  CheckHashes<int64_t>();
}

}  // namespace
}  // namespace trivet
