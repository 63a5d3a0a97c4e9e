#include "expression/in_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "expression/testing.h"
#include "types/testing/random_values.h"

namespace trivet {
namespace {

// Short lists are run through, long ones looked up by hash, where members meet in the same slots.
TEST(InSetTest, AgreesWithARunOverTheListForEveryTypeAndLength) {
  testing::Random random(5);
  for (const LogicalType& type : testing::ScalarTypes()) {
    for (const size_t length : {size_t{1}, size_t{8}, size_t{9}, size_t{100}}) {
      std::vector<Value> members;
      for (size_t i = 0; i < length; ++i) members.push_back(testing::RandomValue(type, random, 0));
      std::vector<Value> values = members;
      for (int i = 0; i < 100; ++i) values.push_back(testing::RandomValue(type, random, 0));
      const auto set = InSet::Make(type, members);
      std::vector<uint8_t> found(values.size());
      set->Test(testing::FlatOf(type, values), values.size(), found.data());
      for (size_t row = 0; row < values.size(); ++row) {
        const bool expected = std::ranges::any_of(
            members, [&](const Value& member) { return CompareValues(member, values[row]) == 0; });
        ASSERT_EQ(found[row], expected)
            << values[row].ToString() << " of " << type.ToString() << " among " << length;
      }
    }
  }
}

}  // namespace
}  // namespace trivet
