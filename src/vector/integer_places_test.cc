#include "vector/integer_places.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "base/testing/simd_levels.h"

namespace trivet {
namespace {

class IntegerPlacesTest : public testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(IntegerPlacesTest);

template <typename T>
void ExpectPlaces(T low, uint64_t span, std::mt19937_64& random) {
  for (size_t count = 0; count < 40; ++count) {
    SCOPED_TRACE(::testing::Message() << low << " + " << span << ", " << count << " values");
    std::vector<T> values(count);
    std::vector<uint32_t> slots(count);
    std::vector<uint32_t> expected(count);
    const auto stride = static_cast<uint32_t>(random() % 1000 + 1);
    for (size_t i = 0; i < count; ++i) {
      const uint64_t place = random() % 4 == 0 ? span - 1 : random() % span;
      values[i] = static_cast<T>(static_cast<uint64_t>(low) + place);
      slots[i] = static_cast<uint32_t>(random() % 50);
      expected[i] = slots[i] + (static_cast<uint32_t>(place) + 1) * stride;
    }
    const std::vector<uint32_t> before = slots;
    ASSERT_TRUE(AddIntegerPlaces(values.data(), count, low, span, stride, slots.data()));
    ASSERT_EQ(slots, expected);
    // One value outside is seen wherever it lies.
    for (size_t i = 0; i < count; ++i) {
      const T kept = values[i];
      const uint64_t beyond[] = {static_cast<uint64_t>(low) - 1, static_cast<uint64_t>(low) + span,
                                 static_cast<uint64_t>(std::numeric_limits<T>::min()),
                                 static_cast<uint64_t>(std::numeric_limits<T>::max()),
                                 static_cast<uint64_t>(low) + (uint64_t{1} << 32)};
      for (const uint64_t other : beyond) {
        values[i] = static_cast<T>(other);
        const bool inside = static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(low) < span;
        slots = before;
        ASSERT_EQ(AddIntegerPlaces(values.data(), count, low, span, stride, slots.data()), inside)
            << values[i] << " at " << i;
      }
      values[i] = kept;
    }
  }
}

TEST_P(IntegerPlacesTest, CountsFromTheLowestValueAndSeesWhatLiesOutside) {
  std::mt19937_64 random(21);
  for (const uint64_t span : {uint64_t{1}, uint64_t{2}, uint64_t{100}, uint64_t{1} << 20}) {
    for (const int32_t low :
         {0, -1, -100, std::numeric_limits<int32_t>::min(),
          std::numeric_limits<int32_t>::max() - static_cast<int32_t>(span - 1)}) {
      ExpectPlaces<int32_t>(low, span, random);
    }
    for (const int64_t low :
         {int64_t{0}, int64_t{-100}, int64_t{1} << 40, std::numeric_limits<int64_t>::min(),
          std::numeric_limits<int64_t>::max() - static_cast<int64_t>(span - 1)}) {
      ExpectPlaces<int64_t>(low, span, random);
    }
  }
  ExpectPlaces<int64_t>(-(int64_t{1} << 33), (uint64_t{1} << 32) - 1, random);
}

}  // namespace
}  // namespace trivet
