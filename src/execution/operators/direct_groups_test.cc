#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <set>
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

// Text of three entries beside integers; a null where there is none.
struct MixedKeys {
  std::shared_ptr<const Vector> entries =
      std::make_shared<const Vector>(Vector::MakeFlat(TypeId::kInt64, 3));
  uint64_t id = Vector::NextDictionaryId();

  std::vector<Vector> Of(const std::vector<uint32_t>& codes,
                         const std::vector<std::optional<int64_t>>& integers) const {
    auto indices = MakeIndices(codes.size());
    std::copy(codes.begin(), codes.end(), indices.get());
    Vector numbers = Vector::MakeFlat(TypeId::kInt64, integers.size());
    for (size_t i = 0; i < integers.size(); ++i) {
      numbers.mutable_data<int64_t>()[i] = integers[i].value_or(0);
      if (!integers[i]) numbers.SetNull(i);
    }
    return {Vector::MakeDictionary(entries, indices, 3, id), std::move(numbers)};
  }
};

TEST(DirectGroups, IntegersAmongCodesHaveAPlaceEach) {
  QueryContext context = TestContext();
  DirectGroups groups(context.memory(), "test");
  const MixedKeys mixed;
  // Every combination of three entries and -2, -1, 0, 1 and NULL, each twice.
  std::vector<uint32_t> codes;
  std::vector<std::optional<int64_t>> integers;
  for (int row = 0; row < 30; ++row) {
    codes.push_back(static_cast<uint32_t>(row % 3));
    integers.push_back(row / 3 % 5 == 4 ? std::nullopt : std::optional<int64_t>(row / 3 % 5 - 2));
  }
  ASSERT_TRUE(groups.SlotByCodes(mixed.Of(codes, integers), 30));
  EXPECT_EQ(groups.slot_count(), 15u);
  std::set<uint32_t> slots;
  for (size_t i = 0; i < 30; ++i) {
    EXPECT_LT(groups.slot(i), 15u);
    EXPECT_EQ(groups.slot(i), groups.slot((i + 15) % 30));
    slots.insert(groups.slot(i));
  }
  EXPECT_EQ(slots.size(), 15u);

  // What is within bounds finds the rows that were put there.
  uint8_t* rows[30];
  EXPECT_FALSE(groups.GatherRows(30, rows));
  for (uint32_t slot : slots) groups.row(slot) = reinterpret_cast<uint8_t*>(8);
  ASSERT_TRUE(groups.SlotByCodes(mixed.Of({2, 0}, {std::nullopt, 1}), 2));
  EXPECT_TRUE(groups.GatherRows(2, rows));
  // What lies beyond them, if only by one, makes the array anew, free, with the former places too.
  ASSERT_TRUE(groups.SlotByCodes(mixed.Of({1, 0}, {2, std::nullopt}), 2));
  EXPECT_EQ(groups.slot_count(), 3 * 6u);
  ASSERT_TRUE(groups.SlotByCodes(mixed.Of({1, 0}, {-3, std::nullopt}), 2));
  EXPECT_EQ(groups.slot_count(), 3 * 7u);
  ASSERT_TRUE(groups.SlotByCodes(mixed.Of({1, 1}, {7, -2}), 2));
  EXPECT_EQ(groups.slot_count(), 3 * 12u);
  for (size_t i = 0; i < groups.slot_count(); ++i) EXPECT_EQ(groups.row(i), nullptr);
  // Another dictionary does, too.
  ASSERT_TRUE(groups.SlotByCodes(MixedKeys().Of({0}, {7}), 1));
  EXPECT_FALSE(groups.GatherRows(1, rows));
}

// However often dictionaries change, clearing the array costs each row a few slots at most, and
// pays off again once they stay.
TEST(DirectGroups, ChangingDictionariesClearNoMoreThanAFewSlotsARow) {
  QueryContext context = TestContext();
  DirectGroups groups(context.memory(), "test");
  const std::vector<uint32_t> codes = {0, 1};
  size_t addressed = 0;
  for (int change = 0; change < 1000; ++change) {
    addressed += groups.SlotByCodes(MixedKeys().Of(codes, {{0}, {330}}), 2) ? 1 : 0;
  }
  // A thousand slots each: four times for nothing, then one for each 250 rows.
  EXPECT_GE(addressed, 4u);
  EXPECT_LT(addressed, 20u);
  const MixedKeys lasting;
  int attempts = 0;
  while (!groups.SlotByCodes(lasting.Of(codes, {{0}, {330}}), 2)) ++attempts;
  EXPECT_LT(attempts, 300);
  for (int batch = 0; batch < 1000; ++batch) {
    ASSERT_TRUE(groups.SlotByCodes(lasting.Of(codes, {{batch % 330}, {7}}), 2));
  }
}

TEST(DirectGroups, IntegersAmongCodesAreRefusedWhereTheyAreTooMany) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  QueryContext context = TestContext();
  const MixedKeys mixed;
  {
    DirectGroups groups(context.memory(), "test");
    EXPECT_FALSE(groups.SlotByCodes(mixed.Of({0, 1}, {kMin, kMax}), 2));
    EXPECT_FALSE(groups.SlotByCodes(mixed.Of({0, 1}, {0, 1}), 2));
  }
  {
    // Both ends of the type are like any other place.
    DirectGroups groups(context.memory(), "test");
    ASSERT_TRUE(groups.SlotByCodes(mixed.Of({0, 0}, {kMax, kMax - 1}), 2));
    EXPECT_EQ(groups.slot_count(), 9u);
    EXPECT_NE(groups.slot(0), groups.slot(1));
  }
  {
    // Sixty thousand slots are too many for two rows, and not for twenty thousand.
    DirectGroups groups(context.memory(), "test");
    EXPECT_FALSE(groups.SlotByCodes(mixed.Of({0, 1}, {0, 20'000}), 2));
    std::vector<uint32_t> codes(kVectorSize, 1);
    std::vector<std::optional<int64_t>> integers(kVectorSize, 5);
    int batches = 0;
    while (batches < 20 && !groups.SlotByCodes(mixed.Of(codes, integers), kVectorSize)) ++batches;
    EXPECT_GT(batches, 2);
    EXPECT_LT(batches, 10);
    // A text without codes is no key of this kind, nor are integers alone.
    std::vector<Vector> keys = mixed.Of(codes, integers);
    EXPECT_FALSE(groups.SlotByCodes({&keys[1], 1}, kVectorSize));
    keys[1] = Vector::MakeFlat(TypeId::kVarchar, kVectorSize);
    EXPECT_FALSE(groups.SlotByCodes(keys, kVectorSize));
  }
}

}  // namespace
}  // namespace trivet
