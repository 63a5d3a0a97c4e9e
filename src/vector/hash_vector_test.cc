#include "vector/hash_vector.h"

#include <gtest/gtest.h>

#include <limits>

namespace trivet {
namespace {

Vector VectorOf(LogicalType type, const std::vector<Value>& values) {
  Vector vector = Vector::MakeFlat(std::move(type), values.size());
  for (size_t i = 0; i < values.size(); ++i) vector.SetValue(i, values[i]);
  return vector;
}

uint64_t HashOne(const Value& value) {
  uint64_t hash = 0;
  HashVector(VectorOf(value.type(), {value}), 1, &hash);
  return hash;
}

TEST(HashVectorTest, IntegersOfAllTypesHashByNumber) {
  const std::vector<LogicalType> types = {TypeId::kInt8,
                                          TypeId::kInt16,
                                          TypeId::kInt32,
                                          TypeId::kInt64,
                                          TypeId::kUInt8,
                                          TypeId::kUInt16,
                                          TypeId::kUInt32,
                                          TypeId::kUInt64,
                                          TypeId::kInt128,
                                          TypeId::kDate,
                                          LogicalType::Decimal(4, 0),
                                          LogicalType::Decimal(38, 0)};
  for (const LogicalType& type : types) {
    EXPECT_EQ(HashOne(Value::Integer(type, 77)), HashInt64(77)) << type.ToString();
    if (!type.IsSigned() && type.IsInteger()) continue;
    EXPECT_EQ(HashOne(Value::Integer(type, -5)), HashInt64(static_cast<uint64_t>(-5)));
  }
  const int128_t large = int128_t{1} << 63;
  EXPECT_EQ(HashOne(Value::Integer(TypeId::kUInt64, large)),
            HashOne(Value::Integer(TypeId::kInt128, large)));
  EXPECT_NE(HashOne(Value::Integer(TypeId::kInt128, large)),
            HashOne(Value::Int64(std::numeric_limits<int64_t>::min())));
}

// The hash is part of file and wire formats: these numbers may never change.
TEST(HashVectorTest, IsFixed) {
  EXPECT_EQ(HashOne(Value::Int64(0)), 0u);
  EXPECT_EQ(HashOne(Value::Int64(1)), 0x5692161d100b05e5ULL);
  EXPECT_EQ(HashOne(Value::Varchar("abc")), HashBytes("abc", 3));
  EXPECT_EQ(HashOne(Value::Null(TypeId::kVarchar)), kNullHash);
  EXPECT_EQ(HashOne(Value::Null(TypeId::kInt32)), kNullHash);
}

TEST(HashVectorTest, EqualTwinsHashAlike) {
  EXPECT_EQ(HashOne(Value::Double(-0.0)), HashOne(Value::Double(0.0)));
  EXPECT_EQ(HashOne(Value::Double(std::numeric_limits<double>::quiet_NaN())),
            HashOne(Value::Double(-std::numeric_limits<double>::quiet_NaN())));
  EXPECT_EQ(HashOne(Value::Float(1.5f)), HashOne(Value::Double(1.5)));
  EXPECT_EQ(HashOne(Value::FromInterval({1, 0, 0})), HashOne(Value::FromInterval({0, 30, 0})));
  EXPECT_EQ(HashOne(Value::FromInterval({0, 1, 0})),
            HashOne(Value::FromInterval({0, 0, 86'400'000'000})));
  EXPECT_NE(HashOne(Value::FromInterval({0, 1, 0})), HashOne(Value::FromInterval({0, 2, 0})));
}

TEST(HashVectorTest, StringsHashByContentWhereverTheyLie) {
  std::string text;
  for (size_t size = 0; size < 70; ++size) {
    EXPECT_EQ(HashOne(Value::Varchar(text)), HashBytes(text.data(), text.size())) << size;
    text.push_back(static_cast<char>('a' + size % 26));
  }
  // Sizes count: padding zeros are not content.
  EXPECT_NE(HashOne(Value::Blob(std::string("a\0", 2))), HashOne(Value::Blob("a")));
}

TEST(HashVectorTest, EncodingsAgree) {
  std::vector<Value> values;
  for (int i = 0; i < 50; ++i) {
    values.push_back(i % 7 == 3 ? Value::Null(TypeId::kVarchar)
                                : Value::Varchar("value number " + std::to_string(i)));
  }
  auto dictionary = std::make_shared<const Vector>(VectorOf(TypeId::kVarchar, values));
  auto codes = MakeIndices(200);
  for (size_t i = 0; i < 200; ++i) codes[i] = static_cast<uint32_t>(i * 13 % 50);
  for (uint64_t id : {uint64_t{0}, Vector::NextDictionaryId()}) {
    Vector coded = Vector::MakeDictionary(dictionary, codes, 50, id);
    Vector flat = coded;
    flat.Flatten(200);
    for (size_t count : {1, 49, 200}) {
      std::vector<uint64_t> expected(count, 17);
      std::vector<uint64_t> actual(count, 17);
      HashVector(flat, count, expected.data());
      HashVector(coded, count, actual.data());
      EXPECT_EQ(actual, expected);
      CombineHashVector(flat, count, expected.data());
      CombineHashVector(coded, count, actual.data());
      EXPECT_EQ(actual, expected);
    }
  }
  const Vector constant = Vector::MakeConstant(values[5]);
  std::vector<uint64_t> hashes(9);
  HashVector(constant, 9, hashes.data());
  for (uint64_t hash : hashes) EXPECT_EQ(hash, HashOne(values[5]));
}

TEST(HashVectorTest, ColumnsFoldFromLeftToRight) {
  const std::vector<Vector> columns = {
      VectorOf(TypeId::kInt32, {Value::Int32(1), Value::Int32(2)}),
      VectorOf(TypeId::kInt32, {Value::Int32(2), Value::Int32(1)})};
  uint64_t hashes[2];
  HashColumns(columns, 2, hashes);
  EXPECT_EQ(hashes[0], CombineHash(HashInt64(1), HashInt64(2)));
  EXPECT_NE(hashes[0], hashes[1]);
  HashColumns({}, 2, hashes);
  EXPECT_EQ(hashes[0], 0u);
  EXPECT_EQ(hashes[1], 0u);
}

TEST(HashVectorTest, NestedValuesHashByContent) {
  const LogicalType list = LogicalType::List(TypeId::kInt32);
  const Value one = Value::List(list, {Value::Int32(1), Value::Null(TypeId::kInt32)});
  Vector vector =
      VectorOf(list, {Value::List(list, {Value::Int32(9)}), one, Value::Null(list), one});
  uint64_t hashes[4];
  HashVector(vector, 4, hashes);
  EXPECT_EQ(hashes[1], hashes[3]);
  EXPECT_EQ(hashes[1], HashOne(one));
  EXPECT_NE(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[2], kNullHash);
}

}  // namespace
}  // namespace trivet
