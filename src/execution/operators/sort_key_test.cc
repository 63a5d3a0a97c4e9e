#include "execution/operators/sort_key.h"

#include <gtest/gtest.h>

#include "types/testing/random_values.h"
#include "vector/row_store.h"

namespace trivet {
namespace {

using testing::RandomValue;
using testing::ScalarTypes;

// What ORDER BY means.
int CompareByKey(const Value& left, const Value& right, const SortKey& key) {
  if (left.is_null() || right.is_null()) {
    if (left.is_null() && right.is_null()) return 0;
    return left.is_null() == key.nulls_first ? -1 : 1;
  }
  const int order = CompareValues(left, right);
  return key.descending ? -order : order;
}

int Sign(int number) { return (number > 0) - (number < 0); }

// Rows of several keys, encoded behind their columns.
class EncodedRows {
 public:
  EncodedRows(const std::vector<SortKey>& keys, const std::vector<std::vector<Value>>& rows)
      : encoder_(keys, StringColumns(keys)) {
    std::vector<LogicalType> types;
    for (const SortKey& key : keys) types.push_back(key.expression->type());
    layout_ = *RowLayout::Make(types, {.extra_bytes = encoder_.key_bytes()});
    store_ = std::make_unique<RowStore>(layout_, std::make_shared<RowMemory>(Reservation()));
    std::vector<Vector> columns;
    for (size_t k = 0; k < keys.size(); ++k) {
      columns.push_back(Vector::MakeFlat(types[k], rows.size()));
      for (size_t i = 0; i < rows.size(); ++i) columns[k].SetValue(i, rows[i][k]);
    }
    rows_.resize(rows.size());
    EXPECT_TRUE(store_->Append(columns, nullptr, nullptr, rows.size(), rows_.data()).ok());
    std::vector<uint8_t*> targets;
    for (uint8_t* row : rows_) targets.push_back(row + layout_->extra_offset());
    encoder_.Encode(columns, nullptr, rows.size(), {3, 0}, targets.data());
  }

  bool Less(size_t a, size_t b) const { return encoder_.Less(*layout_, rows_[a], rows_[b]); }
  bool SameKeys(size_t a, size_t b, size_t count) const {
    return encoder_.SameKeys(*layout_, rows_[a], rows_[b], count);
  }
  uint64_t Head(size_t row) const {
    return SortKeyEncoder::Head(rows_[row] + layout_->extra_offset());
  }

 private:
  static std::vector<size_t> StringColumns(const std::vector<SortKey>& keys) {
    std::vector<size_t> columns;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].expression->type().physical() == PhysicalType::kString) columns.push_back(i);
    }
    return columns;
  }

  SortKeyEncoder encoder_;
  RowLayoutPtr layout_;
  std::unique_ptr<RowStore> store_;
  std::vector<uint8_t*> rows_;
};

// The order of encoded keys is the order of the values; equal ones follow the input.
void CheckOrder(const std::vector<SortKey>& keys, const std::vector<std::vector<Value>>& rows) {
  const EncodedRows encoded(keys, rows);
  for (size_t a = 0; a < rows.size(); ++a) {
    for (size_t b = 0; b < rows.size(); ++b) {
      int expected = 0;
      size_t equal_keys = 0;
      for (size_t k = 0; k < keys.size() && expected == 0; ++k) {
        expected = CompareByKey(rows[a][k], rows[b][k], keys[k]);
        equal_keys += expected == 0;
      }
      for (size_t k = 1; k <= keys.size(); ++k) {
        ASSERT_EQ(encoded.SameKeys(a, b, k), k <= equal_keys);
      }
      if (expected == 0) expected = Sign(static_cast<int>(a) - static_cast<int>(b));
      ASSERT_EQ(encoded.Less(a, b), expected < 0)
          << keys[0].expression->type().ToString() << (keys[0].descending ? " DESC" : "") << ": "
          << rows[a][0].ToString() << " and " << rows[b][0].ToString();
      // The head may tie, but not contradict.
      if (encoded.Head(a) < encoded.Head(b)) {
        ASSERT_LT(expected, 0);
      }
    }
  }
}

SortKey Key(size_t column, const LogicalType& type, bool descending, bool nulls_first) {
  return {Expression::Input(static_cast<uint32_t>(column), type, "k"), descending, nulls_first};
}

TEST(SortKeyTest, EncodedOrderIsTheOrderOfValuesForEveryType) {
  testing::Random random(1);
  for (const LogicalType& type : ScalarTypes()) {
    for (const bool descending : {false, true}) {
      for (const bool nulls_first : {false, true}) {
        std::vector<std::vector<Value>> rows;
        for (int i = 0; i < 120; ++i) rows.push_back({RandomValue(type, random)});
        CheckOrder({Key(0, type, descending, nulls_first)}, rows);
      }
    }
  }
}

TEST(SortKeyTest, SeveralKeysCompareOneAfterTheOther) {
  testing::Random random(2);
  for (int round = 0; round < 100; ++round) {
    std::vector<SortKey> keys;
    for (size_t k = 0; k < 2 + random() % 3; ++k) {
      keys.push_back(Key(k, ScalarTypes()[random() % ScalarTypes().size()], random() % 2 == 0,
                         random() % 2 == 0));
    }
    // Few values a column, so that later keys decide.
    std::vector<std::vector<Value>> pools(keys.size());
    for (size_t k = 0; k < keys.size(); ++k) {
      for (int i = 0; i < 4; ++i) {
        pools[k].push_back(RandomValue(keys[k].expression->type(), random));
      }
    }
    std::vector<std::vector<Value>> rows;
    for (int i = 0; i < 60; ++i) {
      std::vector<Value> row;
      for (const auto& pool : pools) row.push_back(pool[random() % pool.size()]);
      rows.push_back(std::move(row));
    }
    CheckOrder(keys, rows);
  }
}

TEST(SortKeyTest, StringsThatAgreeInThePrefixAreComparedInFull) {
  const std::string prefix(SortKeyEncoder::kStringPrefix, 'p');
  std::vector<std::vector<Value>> rows;
  for (const std::string& tail : {std::string(), std::string("a"), std::string("\0", 1),
                                  std::string("b"), std::string(100, 'a'), std::string("\xff")}) {
    rows.push_back({Value::Varchar(prefix + tail)});
  }
  rows.push_back({Value::Varchar(prefix.substr(1))});
  rows.push_back({Value::Varchar("")});
  rows.push_back({Value::Null(TypeId::kVarchar)});
  for (const bool descending : {false, true}) {
    CheckOrder({Key(0, TypeId::kVarchar, descending, false)}, rows);
  }
}

}  // namespace
}  // namespace trivet
