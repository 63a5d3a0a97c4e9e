#include "execution/spill/packed_batch.h"

#include <gtest/gtest.h>

#include <cstring>

#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

void ExpectSame(const Vector& actual, const Vector& expected, size_t count) {
  ASSERT_TRUE(actual.type() == expected.type());
  for (size_t i = 0; i < count; ++i) {
    // Bits, not only equality: NaNs, the sign of zero, a month and thirty days.
    ASSERT_EQ(actual.IsValid(i), expected.IsValid(i)) << expected.type().ToString() << " " << i;
    ASSERT_EQ(actual.GetValue(i).ToString(), expected.GetValue(i).ToString())
        << expected.type().ToString() << " " << i;
  }
}

// What disk would give: the section's bytes elsewhere. The memory they came from is overwritten.
Batch ThroughBytes(const PackedBatch& packed) {
  std::vector<Vector> columns;
  std::vector<std::shared_ptr<Buffer>> copies;
  std::vector<uint64_t> addresses;
  std::vector<LogicalType> types;
  for (size_t i = 0; i < packed.sections().size(); ++i) {
    const PackedBatch::Section& section = packed.sections()[i];
    copies.push_back(std::make_shared<Buffer>(section.bytes));
    std::memcpy(copies.back()->data(), packed.data() + section.offset, section.bytes);
    addresses.push_back(reinterpret_cast<uint64_t>(packed.data() + section.offset));
    types.push_back(packed.batch().column(i).type());
  }
  const size_t row_count = packed.batch().row_count();
  std::memset(const_cast<uint8_t*>(packed.data()), 0xAB, packed.bytes());
  for (size_t i = 0; i < copies.size(); ++i) {
    columns.push_back(PackedBatch::Unpack(types[i], copies[i], addresses[i]));
  }
  return Batch(std::move(columns), row_count);
}

TEST(PackedBatchTest, KeepsColumnsOfAllTypesAndEncodingsBitForBit) {
  testing::Random random(5);
  const std::vector<LogicalType> types = testing::AllTypes();
  for (const size_t count : {0, 1, 7, 64, 65, 500, 2048}) {
    for (int repeat = 0; repeat < 4; ++repeat) {
      Batch batch = testing::RandomBatch(types, count, random);
      batch.set_order({count, 3});
      PackedBatch packed = PackedBatch::Pack(batch);
      EXPECT_EQ(packed.batch().order(), batch.order());
      for (size_t c = 0; c < types.size(); ++c) {
        ExpectSame(packed.batch().column(c), batch.column(c), count);
      }
      const Batch back = ThroughBytes(packed);
      ASSERT_EQ(back.row_count(), count);
      for (size_t c = 0; c < types.size(); ++c) ExpectSame(back.column(c), batch.column(c), count);
    }
  }
}

TEST(PackedBatchTest, OutlivesWhatItWasMadeOf) {
  PackedBatch packed;
  {
    Vector text = Vector::MakeFlat(TypeId::kVarchar, 2);
    text.SetString(0, "a string that is too long to lie inline");
    text.SetString(1, "short");
    packed = PackedBatch::Pack(Batch({text}, 2));
  }
  const Batch kept = packed.batch();
  packed = PackedBatch();
  EXPECT_EQ(kept.column(0).GetValue(0).string(), "a string that is too long to lie inline");
  EXPECT_EQ(kept.column(0).GetValue(1).string(), "short");
}

TEST(PackedBatchTest, KeepsAStringThatRowsShareOnce) {
  const std::string text(1000, 'x');
  const Batch constant({Vector::MakeConstant(Value::Varchar(text))}, 2000);
  const size_t bytes = PackedBatch::Pack(constant).bytes();
  EXPECT_GT(bytes, text.size() + 2000 * sizeof(StringView));
  EXPECT_LT(bytes, 2 * text.size() + 2000 * sizeof(StringView));
}

}  // namespace
}  // namespace trivet
