#include "execution/operators/row_sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "execution/testing/sort_rows.h"
#include "types/testing/random_values.h"

namespace trivet {
namespace {

using testing::CompareByKey;
using testing::RandomValue;
using testing::Row;
using testing::Rows;
using testing::ScalarTypes;

// Rows of keys alone, stored as a sort stores them.
class StoredRows {
 public:
  StoredRows(const std::vector<SortKey>& keys, const Rows& rows) {
    std::vector<LogicalType> types;
    for (const SortKey& key : keys) types.push_back(key.expression->type());
    shape_ = *SortShape::Make(types, keys);
    store_ = std::make_unique<RowStore>(shape_.layout, std::make_shared<RowMemory>(Reservation()));
    for (size_t begin = 0; begin < rows.size(); begin += kBatch) {
      const size_t count = std::min(kBatch, rows.size() - begin);
      std::vector<Vector> columns;
      for (size_t k = 0; k < keys.size(); ++k) {
        columns.push_back(Vector::MakeFlat(types[k], count));
        for (size_t i = 0; i < count; ++i) columns[k].SetValue(i, rows[begin + i][k]);
      }
      // Places of one batch after the other, several to a morsel.
      const size_t batch = begin / kBatch;
      Append(columns, count, {7 + batch / 3, batch % 3});
    }
  }

  // The rows' numbers in the order that sorting gives, from the entries' order as it is, or from
  // any.
  std::vector<size_t> Sort(bool places_ascend) {
    std::vector<SortEntry> entries = entries_;
    if (!places_ascend) std::shuffle(entries.begin(), entries.end(), random_);
    std::vector<SortEntry> scratch(entries.size());
    const CancellationToken never;
    RowSorter sorter(shape_, places_ascend, never);
    EXPECT_TRUE(sorter.Sort(entries, scratch).ok());
    sorter.RestoreHeads(entries);
    std::vector<size_t> numbers;
    for (const SortEntry& entry : entries) {
      EXPECT_EQ(entry.head, EntryOf(shape_, entry.row).head);
      numbers.push_back(numbers_.at(entry.row));
    }
    return numbers;
  }
  StatusCode SortCancelled() {
    std::vector<SortEntry> entries = entries_;
    std::vector<SortEntry> scratch(entries.size());
    CancellationToken cancelled;
    cancelled.Cancel();
    return RowSorter(shape_, true, cancelled).Sort(entries, scratch).code();
  }

 private:
  static constexpr size_t kBatch = 500;

  void Append(const std::vector<Vector>& columns, size_t count, BatchOrder order) {
    uint8_t* rows[kBatch];
    uint8_t* encoded[kBatch];
    ASSERT_TRUE(store_->Append(columns, nullptr, nullptr, count, rows).ok());
    for (size_t i = 0; i < count; ++i) {
      encoded[i] = rows[i] + shape_.layout->extra_offset();
      numbers_[rows[i]] = numbers_.size();
    }
    shape_.encoder->Encode(columns, nullptr, count, order, encoded);
    for (size_t i = 0; i < count; ++i) entries_.push_back(EntryOf(shape_, rows[i]));
  }

  SortShape shape_;
  std::unique_ptr<RowStore> store_;
  std::vector<SortEntry> entries_;
  std::map<const uint8_t*, size_t> numbers_;
  std::mt19937_64 random_{11};
};

bool IsBefore(const Row& a, const Row& b, const std::vector<SortKey>& keys) {
  for (const SortKey& key : keys) {
    const int order = CompareByKey(a, b, key);
    if (order != 0) return order < 0;
  }
  return false;
}

void CheckSort(const std::vector<SortKey>& keys, const Rows& rows) {
  std::vector<size_t> expected(rows.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(),
                   [&](size_t a, size_t b) { return IsBefore(rows[a], rows[b], keys); });
  StoredRows stored(keys, rows);
  std::string text;
  for (const SortKey& key : keys) {
    text += key.expression->type().ToString() + (key.descending ? " DESC" : "") +
            (key.nulls_first ? " NULLS FIRST, " : ", ");
  }
  ASSERT_EQ(stored.Sort(true), expected) << text << rows.size() << " rows";
  ASSERT_EQ(stored.Sort(false), expected) << text << rows.size() << " rows";
}

SortKey KeyOf(size_t column, const LogicalType& type, bool descending, bool nulls_first) {
  return {Expression::Input(static_cast<uint32_t>(column), type, "k"), descending, nulls_first};
}

// The rows as they are, sorted, and in the opposite order.
void CheckArrangements(const std::vector<SortKey>& keys, Rows rows) {
  CheckSort(keys, rows);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Row& a, const Row& b) { return IsBefore(a, b, keys); });
  CheckSort(keys, rows);
  std::reverse(rows.begin(), rows.end());
  CheckSort(keys, rows);
}

TEST(RowSorterTest, SortsKeysOfEveryType) {
  testing::Random random(1);
  for (const LogicalType& type : ScalarTypes()) {
    for (const bool descending : {false, true}) {
      for (const bool nulls_first : {false, true}) {
        for (const double null_share : {0.0, 0.2}) {
          Rows rows;
          for (int i = 0; i < 700; ++i) rows.push_back({RandomValue(type, random, null_share)});
          CheckArrangements({KeyOf(0, type, descending, nulls_first)}, rows);
        }
      }
    }
  }
}

TEST(RowSorterTest, SortsByManyKeysOfFewValuesOrMany) {
  testing::Random random(2);
  for (int round = 0; round < 150; ++round) {
    std::vector<SortKey> keys;
    std::vector<std::vector<Value>> pools;
    const size_t key_count = 1 + random() % 4;
    for (size_t k = 0; k < key_count; ++k) {
      const LogicalType& type = ScalarTypes()[random() % ScalarTypes().size()];
      keys.push_back(KeyOf(k, type, random() % 2 == 0, random() % 2 == 0));
      std::vector<Value>& pool = pools.emplace_back();
      const size_t values = size_t{1} << (3 * (random() % 4));
      const double null_share = random() % 2 == 0 ? 0 : 0.15;
      for (size_t i = 0; i < values; ++i) pool.push_back(RandomValue(type, random, null_share));
    }
    for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{16}, size_t{17}, size_t{192},
                               size_t{193}, random() % 2000}) {
      Rows rows(count);
      for (Row& row : rows) {
        for (const auto& pool : pools) row.push_back(pool[random() % pool.size()]);
      }
      CheckSort(keys, rows);
    }
  }
}

TEST(RowSorterTest, SortsLongTextsOfCommonPrefixes) {
  testing::Random random(3);
  for (const size_t prefix : {0u, 5u, 11u, 12u, 13u, 100u}) {
    for (const std::string& letters :
         {std::string("ab"), std::string("\0a", 2), std::string("a")}) {
      Rows rows;
      for (int i = 0; i < 1500; ++i) {
        std::string text(prefix, 'p');
        const size_t size = random() % (i % 2 == 0 ? 8 : 60);
        while (text.size() < prefix + size) text += letters[random() % letters.size()];
        rows.push_back({random() % 20 == 0 ? Value::Null(TypeId::kVarchar) : Value::Varchar(text),
                        Value::Int32(static_cast<int32_t>(random() % 3))});
      }
      for (const bool descending : {false, true}) {
        for (const bool nulls_first : {false, true}) {
          CheckSort({KeyOf(0, TypeId::kVarchar, descending, nulls_first),
                     KeyOf(1, TypeId::kInt32, descending, false)},
                    rows);
        }
      }
    }
  }
}

// Each is the beginning of the next one, so that every level tells only few of them apart.
TEST(RowSorterTest, SortsTextsThatGrowByALetterEach) {
  testing::Random random(4);
  Rows rows;
  for (size_t i = 0; i < 3000; ++i) rows.push_back({Value::Varchar(std::string(i, 'a'))});
  std::shuffle(rows.begin(), rows.end(), random);
  CheckArrangements({KeyOf(0, TypeId::kVarchar, false, false)}, rows);
  CheckArrangements({KeyOf(0, TypeId::kVarchar, true, false)}, rows);
}

// More bits than a number has, the later of which decide: packed anew, level by level.
TEST(RowSorterTest, SortsByBitsBeyondTheFirst64) {
  testing::Random random(5);
  for (const uint64_t groups : {uint64_t{1}, uint64_t{2}, uint64_t{7}}) {
    Rows rows;
    for (int i = 0; i < 4000; ++i) {
      Row row;
      for (int k = 0; k < 3; ++k) {
        // Far apart, but few.
        row.push_back(Value::Int64(static_cast<int64_t>(random() % groups * 0x3FFF'FFFF'FFFF'FFFF /
                                                        std::max<uint64_t>(groups - 1, 1))));
      }
      row.push_back(Value::Int64(static_cast<int64_t>(random())));
      rows.push_back(std::move(row));
    }
    std::vector<SortKey> keys;
    for (size_t k = 0; k < 4; ++k) keys.push_back(KeyOf(k, TypeId::kInt64, k % 2 == 1, false));
    CheckSort(keys, rows);
  }
}

TEST(RowSorterTest, LooksAfterCancellation) {
  testing::Random random(6);
  Rows numbers;
  Rows texts;
  for (size_t i = 0; i < 1000; ++i) {
    numbers.push_back({Value::Int64(static_cast<int64_t>(random()))});
    texts.push_back({Value::Varchar(std::string(random() % 3000, 'a'))});
  }
  EXPECT_EQ(StoredRows({KeyOf(0, TypeId::kInt64, false, false)}, numbers).SortCancelled(),
            StatusCode::kCancelled);
  EXPECT_EQ(StoredRows({KeyOf(0, TypeId::kVarchar, false, false)}, texts).SortCancelled(),
            StatusCode::kCancelled);
}

}  // namespace
}  // namespace trivet
