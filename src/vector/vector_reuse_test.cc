#include <gtest/gtest.h>

#include "vector/vector.h"

namespace trivet {
namespace {

TEST(VectorReuse, ResetKeepsUnsharedMemory) {
  Vector vector = Vector::MakeFlat(TypeId::kInt64, 100);
  const auto* memory = vector.data<uint8_t>();
  vector.SetNull(3);
  vector.Reset(TypeId::kInt32, 200);
  EXPECT_EQ(vector.data<uint8_t>(), memory);
  EXPECT_TRUE(vector.IsValid(3));
  EXPECT_EQ(vector.capacity(), 200u);
  vector.Reset(TypeId::kInt64, 101);  // too small by now
  EXPECT_EQ(vector.capacity(), 101u);
}

TEST(VectorReuse, ResetLeavesSharedAndForeignMemoryAlone) {
  Vector vector = Vector::MakeFlat(TypeId::kInt64, 4);
  vector.mutable_data<int64_t>()[0] = 7;
  const Vector copy = vector;
  vector.Reset(TypeId::kInt64, 4);
  vector.mutable_data<int64_t>()[0] = 8;
  EXPECT_EQ(copy.data<int64_t>()[0], 7);

  auto owner = std::make_shared<std::vector<int64_t>>(4, 5);
  const std::vector<int64_t>& foreign = *owner;
  Vector wrapped = Vector::Wrap(TypeId::kInt64, foreign.data(), nullptr, std::move(owner), 4);
  const int64_t* memory = wrapped.data<int64_t>();
  wrapped.Reset(TypeId::kInt64, 4);
  EXPECT_NE(wrapped.data<int64_t>(), memory);
}

TEST(VectorReuse, ResetStringsAreEmptyAndForgetTheirOwners) {
  Vector vector = Vector::MakeFlat(TypeId::kVarchar, 4);
  vector.SetString(2, "a string that is too long to be inline");
  vector.Reset(TypeId::kVarchar, 4);
  EXPECT_EQ(vector.data<StringView>()[2].size(), 0u);
  EXPECT_TRUE(vector.owners().empty());
}

TEST(VectorReuse, ConstantsAndSlicesBecomeFlatAgain) {
  Vector vector = Vector::MakeFlat(TypeId::kInt32, 8);
  vector.mutable_data<int32_t>()[0] = 1;
  vector.SetConstant();
  EXPECT_EQ(vector.GetValue(5), Value::Int32(1));
  vector.Reset(TypeId::kInt32, 8);
  EXPECT_TRUE(vector.is_flat());
  auto rows = MakeIndices(1);
  rows[0] = 3;
  vector.Slice(rows, 1);
  vector.Reset(TypeId::kInt32, 8);
  EXPECT_TRUE(vector.is_flat());
}

// Queues that hold many batches of one large dictionary would seem full of it.
TEST(VectorReuse, BatchesCountALargeDictionaryByTheirRows) {
  const auto entries =
      std::make_shared<const Vector>(Vector::MakeFlat(TypeId::kInt64, size_t{1} << 16));
  const Vector coded = Vector::MakeDictionary(entries, MakeIndices(), size_t{1} << 16, 1);
  EXPECT_EQ(coded.MemoryBytes(), kVectorSize * (sizeof(int64_t) + sizeof(uint32_t)));
  const auto few = std::make_shared<const Vector>(Vector::MakeFlat(TypeId::kInt64, 10));
  EXPECT_EQ(Vector::MakeDictionary(few, MakeIndices(), 10, 2).MemoryBytes(),
            10 * sizeof(int64_t) + kVectorSize * sizeof(uint32_t));
}

}  // namespace
}  // namespace trivet
