#include "execution/operators/distinct_on.h"

#include <gtest/gtest.h>

#include <set>

#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/spill_space.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using Rows = std::vector<CollectSink::Row>;

const std::vector<LogicalType> kValueTypes = {TypeId::kVarchar, TypeId::kInt16, TypeId::kInt128,
                                              TypeId::kBoolean, TypeId::kInterval};

std::vector<LogicalType> Types() {
  std::vector<LogicalType> types = {TypeId::kInt32, TypeId::kVarchar};
  types.insert(types.end(), kValueTypes.begin(), kValueTypes.end());
  return types;
}

std::vector<PhysicalColumn> Schema() {
  std::vector<PhysicalColumn> schema;
  for (const LogicalType& type : Types()) {
    schema.push_back({"c" + std::to_string(schema.size()), type});
  }
  return schema;
}

// Keys of a domain of `domain` integers and three texts, with NULLs.
RowsOperator::Morsels RandomMorsels(size_t morsels, size_t rows, size_t domain) {
  testing::Random random(29);
  RowsOperator::Morsels all(morsels);
  for (auto& morsel : all) {
    for (size_t batches = random() % 3 + 1; batches > 0; --batches) {
      const size_t count = 1 + random() % rows;
      std::vector<Vector> columns = {Vector::MakeFlat(TypeId::kInt32, count),
                                     Vector::MakeFlat(TypeId::kVarchar, count)};
      for (size_t i = 0; i < count; ++i) {
        columns[0].mutable_data<int32_t>()[i] = static_cast<int32_t>(random() % domain);
        if (random() % 50 == 0) columns[0].SetNull(i);
        columns[1].SetString(i, std::string(20, static_cast<char>('a' + random() % 3)));
        if (random() % 50 == 0) columns[1].SetNull(i);
      }
      const Batch values = testing::RandomBatch(kValueTypes, count, random);
      columns.insert(columns.end(), values.columns().begin(), values.columns().end());
      morsel.push_back(Batch(std::move(columns), count));
    }
  }
  return all;
}

PhysicalPlan DistinctOn(const RowsOperator::Morsels& morsels) {
  auto input = std::make_shared<RowsOperator>(Schema(), morsels);
  input->set_id(1);
  return std::make_shared<PhysicalDistinctOn>(
      std::vector<ExpressionPtr>{Expression::Input(0, TypeId::kInt32, "c0"),
                                 Expression::Input(1, TypeId::kVarchar, "c1")},
      input);
}

std::string TextOf(const CollectSink::Row& row) {
  std::string text;
  for (const Value& value : row) text += value.ToString() + "|";
  return text;
}

std::vector<std::string> Texts(const Rows& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(TextOf(row));
  return texts;
}

std::vector<std::string> Expected(const RowsOperator::Morsels& morsels) {
  std::set<std::string> known;
  std::vector<std::string> texts;
  for (const auto& morsel : morsels) {
    for (const Batch& batch : morsel) {
      for (size_t i = 0; i < batch.row_count(); ++i) {
        CollectSink::Row row;
        for (const Vector& column : batch.columns()) row.push_back(column.GetValue(i));
        if (known.insert(TextOf({row[0], row[1]})).second) texts.push_back(TextOf(row));
      }
    }
  }
  return texts;
}

uint64_t Spilled(QueryContext& context) { return context.metrics().ForOperator(0).bytes_spilled; }

TEST(DistinctOnTest, GivesFirstRowsInTheInputsOrderFromMemoryAndFromDisk) {
  SpillSpace space;
  for (const size_t domain : {1, 40, 100'000}) {
    const auto morsels = RandomMorsels(15, 100, domain);
    const auto plan = DistinctOn(morsels);
    const auto expected = Expected(morsels);
    for (const size_t threads : {1, 2, 4}) {
      for (const size_t batch_size : {size_t{3}, kVectorSize}) {
        for (const bool always : {false, true}) {
          QueryContext context(
              {.batch_size = batch_size, .thread_count = threads, .always_spill = always},
              FileSystem::Local(), nullptr, space.files());
          const auto rows = RunPlanInOrder(*plan, context);
          ASSERT_TRUE(rows.ok()) << rows.status().ToString();
          ASSERT_EQ(Texts(*rows), expected) << threads << " " << always << " " << domain;
          EXPECT_EQ(Spilled(context) > 0, always);
          EXPECT_EQ(context.memory().reserved_bytes(), 0u);
          EXPECT_EQ(space.files()->used_bytes(), 0u);
        }
      }
    }
  }
}

TEST(DistinctOnTest, WithoutRowsThereAreNone) {
  SpillSpace space;
  for (const bool always : {false, true}) {
    QueryContext context({.thread_count = 2, .always_spill = always}, FileSystem::Local(), nullptr,
                         space.files());
    const auto rows = RunPlanInOrder(*DistinctOn(RowsOperator::Morsels(3)), context);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_TRUE(rows->empty());
  }
}

TEST(DistinctOnTest, KeepsTheLimit) {
  const auto morsels = RandomMorsels(30, 2000, 100'000'000);
  const auto plan = DistinctOn(morsels);
  const auto expected = Expected(morsels);
  SpillSpace space;
  QueryContext unlimited({.thread_count = 2}, FileSystem::Local(), nullptr, space.files());
  ASSERT_TRUE(RunPlan(*plan, unlimited).ok());
  const size_t needed = unlimited.memory().peak_bytes();
  for (const size_t threads : {1, 3}) {
    const size_t limit = needed / 4;
    MemoryBudget budget("memory_limit", limit);
    QueryContext context({.thread_count = threads}, FileSystem::Local(), &budget, space.files());
    const auto rows = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    ASSERT_EQ(Texts(*rows), expected);
    EXPECT_GT(Spilled(context), needed / 4);
    EXPECT_LE(budget.peak_bytes(), limit);
    EXPECT_EQ(budget.reserved_bytes(), 0u);
    EXPECT_EQ(space.files()->used_bytes(), 0u);
  }
  // Without a place for it, the limit is an error that names the operator.
  QueryContext nowhere({.memory_limit_bytes = needed / 4}, FileSystem::Local(), nullptr);
  const Status status = RunPlan(*plan, nowhere).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("DISTINCT_ON"), std::string::npos) << status.message();
}

TEST(DistinctOnTest, AFullDiskEndsTheQueryWithThat) {
  const auto plan = DistinctOn(RandomMorsels(20, 200, 100'000));
  HookedFiles files;
  files.on_write = [](uint64_t bytes) {
    return bytes > 100'000 ? Status::OutOfDisk("the disk is full") : Status::OK();
  };
  SpillSpace space(files);
  QueryContext context({.thread_count = 2, .always_spill = true}, FileSystem::Local(), nullptr,
                       space.files());
  EXPECT_EQ(RunPlan(*plan, context).status().code(), StatusCode::kOutOfDisk);
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  EXPECT_EQ(space.files()->used_bytes(), 0u);
}

}  // namespace
}  // namespace trivet
