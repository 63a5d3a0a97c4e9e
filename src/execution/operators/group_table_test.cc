#include "execution/operators/group_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "execution/testing/run_plan.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

enum class Form { kFlat, kWithNulls, kSelected };
enum class Hashes { kOfKeys, kFew, kOne };

struct Case {
  const char* name;
  std::vector<LogicalType> types;
};

class GroupTableTest : public ::testing::TestWithParam<Case> {
 protected:
  Value RandomValue(const LogicalType& type) {
    const auto number = static_cast<int64_t>(random_() % 40) - 20;
    switch (type.id()) {
      case TypeId::kVarchar: {
        // Equal beginnings and ends, short ones and long ones, and the empty text.
        const std::string digits = std::to_string(number);
        if (number == 0) return Value::Varchar("");
        if (number % 2 == 0) return Value::Varchar("k" + digits);
        return Value::Varchar("a text that is long " + digits + " and ends like all others");
      }
      case TypeId::kDouble: return Value::Double(static_cast<double>(number) / 4);
      default: return Value::Integer(type, number % 5 == 0 ? number << 20 : number);
    }
  }
  Vector RandomColumn(const LogicalType& type, size_t count, Form form) {
    Vector column = Vector::MakeFlat(type);
    for (size_t row = 0; row < count; ++row) {
      column.SetValue(row, RandomValue(type));
      if (form != Form::kFlat && random_() % 6 == 0) column.SetNull(row);
    }
    if (form == Form::kSelected) {
      auto rows = MakeIndices(count);
      for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(random_() % count);
      column.Slice(rows, count);
    }
    return column;
  }

  std::mt19937_64 random_{31};
  QueryContext context_ = TestContext();
};

// Rows of equal keys have one row of the table and others others, whatever their hashes are.
TEST_P(GroupTableTest, FindsWhatAMapDoes) {
  for (const Hashes kind : {Hashes::kOfKeys, Hashes::kFew, Hashes::kOne}) {
    SCOPED_TRACE(static_cast<int>(kind));
    const GroupLayoutPtr layout =
        *GroupLayout::Make(GetParam().types, std::vector<uint8_t>(16, 0xAB));
    GroupTable table(layout, context_, 2, "test", false);
    std::map<std::vector<std::string>, uint8_t*> groups;
    for (int batch = 0; batch < 12; ++batch) {
      const size_t count = batch == 3 ? 1 : 100 + random_() % 300;
      std::vector<Vector> keys;
      for (const LogicalType& type : GetParam().types) {
        keys.push_back(RandomColumn(type, count, static_cast<Form>(batch % 3)));
      }
      uint64_t hashes[kVectorSize];
      HashColumns(keys, count, hashes);
      for (size_t row = 0; row < count; ++row) {
        if (kind == Hashes::kFew) hashes[row] = (hashes[row] % 3) << 62 | 5;
        if (kind == Hashes::kOne) hashes[row] = 77;
      }
      // Every row, or some of them.
      uint8_t* rows[kVectorSize] = {};
      std::vector<uint32_t> selected;
      for (uint32_t row = 0; row < count; ++row) {
        if (batch % 4 != 1 || random_() % 3 != 0) selected.push_back(row);
      }
      if (batch % 4 == 1) {
        ASSERT_TRUE(
            table.FindOrAddSelected(keys, hashes, selected.data(), selected.size(), rows).ok());
      } else {
        ASSERT_TRUE(table.FindOrAdd(keys, hashes, count, rows).ok());
      }
      for (const uint32_t row : selected) {
        std::vector<std::string> key;
        for (const Vector& column : keys) key.push_back(column.GetValue(row).ToString());
        const auto [known, added] = groups.emplace(key, rows[row]);
        ASSERT_EQ(known->second, rows[row]) << key[0];
      }
    }
    // As many rows as keys, each with its keys, its hash and untouched states.
    std::set<uint8_t*> distinct;
    for (const auto& [key, row] : groups) {
      distinct.insert(row);
      EXPECT_EQ(*layout->States(row), 0xAB);
      EXPECT_FALSE(layout->IsMerged(row));
      for (size_t column = 0; column < key.size(); ++column) {
        Vector value = Vector::MakeFlat(GetParam().types[column], 1);
        GatherColumn(*layout->rows, column, &row, 1, value);
        EXPECT_EQ(value.GetValue(0).ToString(), key[column]);
      }
    }
    EXPECT_EQ(distinct.size(), groups.size());
    EXPECT_EQ(table.store().row_count(), groups.size());
    EXPECT_EQ(table.index().size(), groups.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Keys, GroupTableTest,
    ::testing::Values(Case{"Int32", {TypeId::kInt32}}, Case{"Int64", {TypeId::kInt64}},
                      Case{"Text", {TypeId::kVarchar}},
                      Case{"TwoInt32", {TypeId::kInt32, TypeId::kInt32}},
                      Case{"Int32AndInt64", {TypeId::kInt32, TypeId::kInt64}},
                      Case{"Int64AndInt32", {TypeId::kInt64, TypeId::kInt32}},
                      Case{"TwoInt64", {TypeId::kInt64, TypeId::kInt64}},
                      Case{"Double", {TypeId::kDouble}},
                      Case{"TextAndInt32", {TypeId::kVarchar, TypeId::kInt32}},
                      Case{"Three", {TypeId::kInt64, TypeId::kVarchar, TypeId::kInt32}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace trivet
