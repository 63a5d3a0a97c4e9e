#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "execution/operators/group_finder.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

// Keys over the same codes make one slot an entry, not one a combination; codes that are no longer
// shared make others.
TEST(DirectGroups, KeysOfSharedCodesCountAsOne) {
  constexpr size_t kEntries = 1000;
  auto entries = std::make_shared<const Vector>(Vector::MakeFlat(TypeId::kInt64, kEntries));
  const uint64_t ids[2] = {Vector::NextDictionaryId(), Vector::NextDictionaryId()};
  const auto keys = [&](const Indices& first, const Indices& second) {
    return std::vector<Vector>{Vector::MakeDictionary(entries, first, kEntries, ids[0]),
                               Vector::MakeDictionary(entries, second, kEntries, ids[1])};
  };
  auto codes = MakeIndices(4);
  for (uint32_t i = 0; i < 4; ++i) codes[i] = 7 * i;
  auto others = MakeIndices(4);
  for (uint32_t i = 0; i < 4; ++i) others[i] = 3;
  QueryContext context = TestContext();
  DirectGroups groups(context.memory(), "test");
  ASSERT_TRUE(groups.SlotByCodes(keys(codes, codes), 4));
  EXPECT_EQ(groups.slot_count(), kEntries);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(groups.slot(i), 7 * i);
    groups.row(groups.slot(i)) = reinterpret_cast<uint8_t*>(8);
  }
  // The same dictionaries, but a million combinations.
  EXPECT_FALSE(groups.SlotByCodes(keys(codes, others), 4));
  ASSERT_TRUE(groups.SlotByCodes(keys(others, others), 4));
  EXPECT_EQ(groups.slot(0), 3u);

  // Few enough for combinations: slots of shared codes must not be taken for them.
  const uint64_t few_ids[2] = {Vector::NextDictionaryId(), Vector::NextDictionaryId()};
  const auto few = [&](const Indices& first, const Indices& second) {
    return std::vector<Vector>{Vector::MakeDictionary(entries, first, 30, few_ids[0]),
                               Vector::MakeDictionary(entries, second, 30, few_ids[1])};
  };
  ASSERT_TRUE(groups.SlotByCodes(few(codes, codes), 4));
  EXPECT_EQ(groups.slot_count(), 30u);
  groups.row(groups.slot(1)) = reinterpret_cast<uint8_t*>(8);
  ASSERT_TRUE(groups.SlotByCodes(few(codes, others), 4));
  EXPECT_EQ(groups.slot_count(), 900u);
  EXPECT_EQ(groups.slot(1), 7 * 30 + 3u);
  for (size_t i = 0; i < groups.slot_count(); ++i) EXPECT_EQ(groups.row(i), nullptr);
}

}  // namespace
}  // namespace trivet
