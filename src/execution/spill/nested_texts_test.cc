#include "execution/spill/nested_texts.h"

#include <gtest/gtest.h>

#include <numeric>

#include "context/query_context.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

std::vector<LogicalType> NestedTypes() {
  std::vector<LogicalType> types;
  for (const LogicalType& type : testing::AllTypes()) {
    types.push_back(type.IsNested() ? type : LogicalType::List(type));
  }
  return types;
}

TEST(NestedTextsTest, EveryTypeComesBackFromEveryEncoding) {
  QueryContext context({}, FileSystem::Local(), nullptr);
  testing::Random random(11);
  std::vector<uint32_t> rows(300);
  std::iota(rows.begin(), rows.end(), 0);
  for (const LogicalType& type : NestedTypes()) {
    for (int time = 0; time < 12; ++time) {
      const Vector column = testing::RandomColumn(type, rows.size(), random);
      const auto texts = WriteNested(column, rows.data(), rows.size(), context);
      ASSERT_TRUE(texts.ok()) << texts.status().ToString();
      EXPECT_TRUE(texts->type() == LogicalType(TypeId::kBlob));
      const auto back = ReadNested(*texts, rows.size(), type, context);
      ASSERT_TRUE(back.ok()) << back.status().ToString();
      for (size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(back->IsValid(i), column.IsValid(i));
        ASSERT_EQ(back->GetValue(i).ToString(), column.GetValue(i).ToString()) << type.ToString();
      }
    }
  }
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);
}

TEST(NestedTextsTest, OnlySelectedRowsAreWritten) {
  QueryContext context({}, FileSystem::Local(), nullptr);
  testing::Random random(5);
  const LogicalType type = LogicalType::List(TypeId::kVarchar);
  const Vector column = testing::RandomFlat(type, 50, random, 0.1);
  const std::vector<uint32_t> rows = {3, 4, 40};
  const auto texts = WriteNested(column, rows.data(), rows.size(), context);
  ASSERT_TRUE(texts.ok());
  Vector selected = *texts;
  auto indices = MakeIndices();
  std::copy(rows.begin(), rows.end(), indices.get());
  selected.Slice(indices, rows.size());
  const auto back = ReadNested(selected, rows.size(), type, context);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(back->GetValue(i).ToString(), column.GetValue(rows[i]).ToString());
  }
}

TEST(NestedTextsTest, BytesThatAreNoValueAreCorruption) {
  QueryContext context({}, FileSystem::Local(), nullptr);
  const LogicalType type = LogicalType::List(TypeId::kInt64);
  const std::string good = std::string("\1", 1) + std::string("\1\0\0\0\0\0\0\0", 8) +
                           std::string("\1", 1) + std::string(8, 'x');
  const auto read = [&](const std::string& bytes) {
    Vector texts = Vector::MakeFlat(TypeId::kBlob, 1);
    texts.SetString(0, bytes);
    return ReadNested(texts, 1, type, context).status().code();
  };
  EXPECT_EQ(read(good), StatusCode::kOk);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(read(good.substr(0, size)), StatusCode::kCorruption) << size;
  }
  EXPECT_EQ(read(good + "x"), StatusCode::kCorruption);
}

TEST(NestedTextsTest, TheirMemoryIsReserved) {
  const Vector column = Vector::MakeConstant(Value::List(
      LogicalType::List(TypeId::kVarchar), {Value::Varchar(std::string(100'000, 'x'))}));
  std::vector<uint32_t> rows(100);
  std::iota(rows.begin(), rows.end(), 0);
  QueryContext small({.memory_limit_bytes = 1 << 20}, FileSystem::Local(), nullptr);
  EXPECT_EQ(WriteNested(column, rows.data(), rows.size(), small).status().code(),
            StatusCode::kOutOfMemory);
  EXPECT_EQ(small.memory().reserved_bytes(), 0u);
}

}  // namespace
}  // namespace trivet
