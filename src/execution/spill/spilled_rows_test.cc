#include "execution/spill/spilled_rows.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "execution/spill/spilled_pieces.h"
#include "execution/testing/run_plan.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

// Rows of an integer and a string that is short, long or missing, with their hash.
class SpilledRowsTest : public testing::Test {
 protected:
  SpilledRowsTest() : context_(SpillingContext()) {
    layout_ = *RowLayout::Make({TypeId::kInt64, TypeId::kVarchar}, {.hash = true});
  }

  std::unique_ptr<RowStore> MakeStore() {
    return std::make_unique<RowStore>(
        layout_, std::make_shared<RowMemory>(Reservation(&context_.memory(), "TEST")));
  }
  static std::string TextOf(int64_t i) {
    return i % 7 == 0 ? "" : std::string(static_cast<size_t>(i) % 40, 'x') + std::to_string(i);
  }
  std::vector<Vector> Columns(int64_t from, size_t count) {
    std::vector<Vector> columns = {Vector::MakeFlat(TypeId::kInt64, count),
                                   Vector::MakeFlat(TypeId::kVarchar, count)};
    for (size_t i = 0; i < count; ++i) {
      const int64_t value = from + static_cast<int64_t>(i);
      columns[0].mutable_data<int64_t>()[i] = value;
      columns[1].SetString(i, TextOf(value));
      if (value % 11 == 0) columns[1].SetNull(i);
    }
    HashColumns(std::span<const Vector>(columns.data(), 1), count, hashes_);
    return columns;
  }
  std::unique_ptr<RowStore> Filled(int64_t from, size_t count) {
    auto store = MakeStore();
    uint8_t* rows[kVectorSize];
    for (size_t done = 0; done < count; done += kVectorSize) {
      const size_t now = std::min(kVectorSize, count - done);
      const std::vector<Vector> columns = Columns(from + static_cast<int64_t>(done), now);
      EXPECT_TRUE(store->Append(columns, hashes_, nullptr, now, rows).ok());
    }
    return store;
  }
  // Adds the values of all rows, which must have the texts that belong to them.
  void Collect(const RowStore& store, std::multiset<int64_t>& values) {
    uint8_t* rows[kVectorSize];
    RowStore::Cursor cursor(store);
    while (const size_t count = cursor.Next(rows)) {
      for (size_t i = 0; i < count; ++i) {
        const auto value = layout_->Get<int64_t>(rows[i], 0);
        values.insert(value);
        ASSERT_EQ(layout_->IsValid(rows[i], 1), value % 11 != 0);
        if (value % 11 == 0) continue;
        const auto text = layout_->Get<StringView>(rows[i], 1);
        ASSERT_EQ(text.view(), TextOf(value));
      }
    }
  }
  static std::multiset<int64_t> Range(int64_t from, int64_t to) {
    std::multiset<int64_t> values;
    for (int64_t i = from; i < to; ++i) values.insert(i);
    return values;
  }

  QueryContext context_;
  RowLayoutPtr layout_;
  uint64_t hashes_[kVectorSize];
};

TEST_F(SpilledRowsTest, RowsComeBackWithTheirStrings) {
  OperatorMetrics metrics;
  SpilledRows spilled(context_, layout_, 2, &metrics);
  {
    auto store = Filled(0, 30'000);
    ASSERT_TRUE(spilled.Write(0, *store).ok());
    store = Filled(30'000, 5'000);
    // Rows beyond the wanted ones are not to be seen.
    ASSERT_TRUE(spilled.Write(1, *store, 1'234).ok());
  }
  EXPECT_EQ(context_.memory().reserved_bytes(), 0u);
  EXPECT_EQ(spilled.row_count(0), 30'000u);
  EXPECT_EQ(spilled.row_count(1), 1'234u);
  EXPECT_GT(metrics.bytes_spilled.load(), 30'000u * layout_->row_bytes());
  std::multiset<int64_t> values;
  auto store = Filled(-100, 100);  // what comes back joins rows that are there
  ASSERT_TRUE(spilled.ReadAll(0, *store).ok());
  ASSERT_TRUE(spilled.ReadAll(1, *store).ok());
  Collect(*store, values);
  EXPECT_EQ(values, Range(-100, 31'234));
  // A row may be added behind pages that came back.
  uint8_t* row = nullptr;
  const std::vector<Vector> columns = Columns(31'234, 1);
  ASSERT_TRUE(store->Append(columns, hashes_, nullptr, 1, &row).ok());
  values.clear();
  Collect(*store, values);
  EXPECT_EQ(values, Range(-100, 31'235));
}

TEST_F(SpilledRowsTest, APartitionHoldsAllRowsOfItsHashBits) {
  constexpr int kShift = 20;
  SpilledRows spilled(context_, layout_, 8, nullptr);
  {
    SpillPartitioner partitioner(context_, spilled, kShift, "TEST");
    ASSERT_TRUE(partitioner.AppendAll(*Filled(0, 20'000), 19'000).ok());
    const std::vector<Vector> columns = Columns(19'000, 1'000);
    ASSERT_TRUE(partitioner.Append(columns, hashes_, nullptr, 1'000).ok());
    ASSERT_TRUE(partitioner.Flush().ok());
  }
  EXPECT_EQ(context_.memory().reserved_bytes(), 0u);
  std::multiset<int64_t> values;
  for (size_t p = 0; p < 8; ++p) {
    auto store = MakeStore();
    ASSERT_TRUE(spilled.ReadAll(p, *store).ok());
    uint8_t* rows[kVectorSize];
    RowStore::Cursor cursor(*store);
    while (const size_t count = cursor.Next(rows)) {
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ((RowLayout::Hash(rows[i]) >> kShift) % 8, p);
      }
    }
    Collect(*store, values);
  }
  EXPECT_EQ(values, Range(0, 20'000));
}

TEST_F(SpilledRowsTest, PiecesThatAreTooLargeAreCut) {
  auto spilled = std::make_shared<SpilledRows>(context_, layout_, 2, nullptr);
  {
    SpillPartitioner partitioner(context_, *spilled, 63, "TEST");
    ASSERT_TRUE(partitioner.AppendAll(*Filled(0, 20'000)).ok());
    ASSERT_TRUE(partitioner.Flush().ok());
  }
  constexpr size_t kMost = 20'000;
  SpilledPieces pieces(context_, spilled, 63, "TEST", nullptr);
  std::multiset<int64_t> values;
  size_t loaded_pieces = 0;
  while (const std::optional<size_t> number = pieces.Take()) {
    const auto rows = *pieces.Load(*number, kMost, 8);
    if (rows == nullptr) continue;
    ++loaded_pieces;
    EXPECT_LE(rows->row_count() * layout_->row_bytes(), kMost);
    Collect(*rows, values);
  }
  EXPECT_GT(loaded_pieces, 50u);
  EXPECT_EQ(values, Range(0, 20'000));
}

TEST_F(SpilledRowsTest, WithoutTemporaryFilesNothingIsWritten) {
  QueryContext context = TestContext();
  SpilledRows spilled(context, layout_, 1, nullptr);
  EXPECT_EQ(spilled.Write(0, *Filled(0, 10)).code(), StatusCode::kOutOfMemory);
}

}  // namespace
}  // namespace trivet
