#include "execution/operators/cte.h"

#include <gtest/gtest.h>

#include "execution/batch_store.h"
#include "execution/operators/set_operation.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/spill_space.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using Rows = std::vector<CollectSink::Row>;

constexpr uint64_t kCteId = 7;
constexpr size_t kMegabyte = size_t{1} << 20;

// Columns of all types, nested ones too.
std::vector<PhysicalColumn> Schema() {
  std::vector<PhysicalColumn> schema;
  for (const LogicalType& type : testing::AllTypes()) {
    schema.push_back({"c" + std::to_string(schema.size()), type});
  }
  return schema;
}

RowsOperator::Morsels RandomMorsels(size_t morsels, size_t max_rows) {
  testing::Random random(13);
  RowsOperator::Morsels all(morsels);
  for (auto& morsel : all) {
    for (size_t i = random() % 4; i > 0; --i) {
      morsel.push_back(testing::RandomBatch(testing::AllTypes(), 1 + random() % max_rows, random));
    }
  }
  return all;
}

// All columns of the CTE, then the same again.
std::shared_ptr<PhysicalOperator> ReadTwice(const RowsOperator::Morsels& morsels) {
  const std::vector<PhysicalColumn> schema = Schema();
  auto input = std::make_shared<RowsOperator>(schema, morsels);
  std::vector<uint64_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), 0);
  auto first = std::make_shared<PhysicalCteScan>(kCteId, "t", columns, schema);
  auto second = std::make_shared<PhysicalCteScan>(kCteId, "t", columns, schema);
  first->set_id(3);
  second->set_id(4);
  auto both = std::make_shared<PhysicalUnionAll>(schema, std::vector<PhysicalPlan>{first, second});
  input->set_id(1);
  both->set_id(2);
  return std::make_shared<PhysicalCte>(kCteId, "t", input, both);
}

std::vector<std::string> Texts(const Rows& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) {
    std::string text;
    for (const Value& value : row) text += value.ToString() + "|";
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::string> Expected(const RowsOperator::Morsels& morsels) {
  Rows rows;
  for (int time = 0; time < 2; ++time) {
    for (const auto& morsel : morsels) {
      for (const Batch& batch : morsel) {
        for (size_t i = 0; i < batch.row_count(); ++i) {
          rows.emplace_back();
          for (const Vector& column : batch.columns()) rows.back().push_back(column.GetValue(i));
        }
      }
    }
  }
  return Texts(rows);
}

uint64_t Spilled(QueryContext& context) { return context.metrics().ForOperator(0).bytes_spilled; }

TEST(CteTest, GivesItsRowsToEveryReaderInTheInputsOrder) {
  const auto morsels = RandomMorsels(20, 30);
  const auto plan = ReadTwice(morsels);
  const auto expected = Expected(morsels);
  SpillSpace space;
  for (const size_t threads : {1, 2, 4}) {
    for (const bool always : {false, true}) {
      QueryContext context({.thread_count = threads, .always_spill = always}, FileSystem::Local(),
                           nullptr, space.files());
      const auto rows = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      ASSERT_EQ(Texts(*rows), expected) << threads;
      EXPECT_EQ(Spilled(context) > 0, always);
      EXPECT_EQ(context.memory().reserved_bytes(), 0u);
      EXPECT_EQ(space.files()->used_bytes(), 0u);
    }
  }
}

TEST(CteTest, KeepsWhatFitsAndSpillsTheRest) {
  const auto morsels = RandomMorsels(20, 500);
  const auto plan = ReadTwice(morsels);
  SpillSpace space;
  QueryContext unlimited({.thread_count = 2}, FileSystem::Local(), nullptr, space.files());
  ASSERT_TRUE(RunPlan(*plan, unlimited).ok());
  const size_t needed = unlimited.memory().peak_bytes();
  ASSERT_GT(needed, 2 * kMegabyte);
  const auto expected = Expected(morsels);
  for (const size_t threads : {1, 3}) {
    const size_t limit = needed / 10;
    QueryContext context({.thread_count = threads, .memory_limit_bytes = limit},
                         FileSystem::Local(), nullptr, space.files());
    const auto rows = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    ASSERT_EQ(Texts(*rows), expected);
    EXPECT_GT(Spilled(context), needed / 2);
    EXPECT_LT(Spilled(context), needed);
    EXPECT_LE(context.memory().peak_bytes(), limit);
    EXPECT_GT(context.memory().peak_bytes(), limit / 2);
  }
}

// Reads the next batch; false at the end.
bool ReadOne(LocalSource& reader, const ExecutionContext& context) {
  const std::shared_ptr<Waker> no_waker;
  Batch batch;
  const Result<Outcome> outcome = reader.Next(batch, {context, no_waker});
  EXPECT_TRUE(outcome.ok()) << outcome.status().ToString();
  return outcome.ok() && *outcome == Outcome::kHaveOutput;
}

TEST(CteTest, WhatAllReadersHaveHadIsGivenBackAsTheyGo) {
  SpillSpace space;
  for (const bool always : {false, true}) {
    QueryContext context({.always_spill = always}, FileSystem::Local(), nullptr, space.files());
    const std::shared_ptr<Waker> no_waker;
    const CallContext call{context, no_waker};
    auto store = std::make_shared<BatchStore>(context, context.metrics().ForOperator(0), "CTE", 0);
    const auto takers = [] { return std::make_unique<MorselTaker>(nullptr, 0); };
    auto first = MakeBatchStoreSource(store, {0}, takers);
    auto second = MakeBatchStoreSource(store, {0}, takers);
    auto third = MakeBatchStoreSource(store, {0}, takers);
    {
      const auto local = std::move(store->MakeLocal(context)).value();
      for (uint64_t morsel = 0; morsel < 10; ++morsel) {
        Batch batch({Vector::MakeConstant(Value::Int64(static_cast<int64_t>(morsel)))}, 1000);
        batch.set_order({morsel, 0});
        ASSERT_TRUE(local->Consume(batch, call).ok());
      }
      ASSERT_TRUE(local->Combine(call).ok());
    }
    ASSERT_TRUE(store->Finish(call).ok());
    const auto held = [&] {
      return context.memory().reserved_bytes() + space.files()->used_bytes();
    };
    const size_t all = held();
    ASSERT_GT(all, 10u * 1000 * 8);
    auto one = std::move(first->MakeLocal(context)).value();
    auto other = std::move(second->MakeLocal(context)).value();
    auto early = std::move(third->MakeLocal(context)).value();
    while (ReadOne(*one, context)) {
    }
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(ReadOne(*other, context));
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(ReadOne(*early, context));
    // All have had the first; the third one still has the second.
    EXPECT_EQ(held(), all / 10 * 9);
    early.reset();
    third.reset();  // its LIMIT was reached
    EXPECT_EQ(held(), all / 10 * 7);
    while (ReadOne(*other, context)) {
    }
    EXPECT_EQ(held(), 0u);
  }
}

TEST(CteTest, OneThatIsReadToItsEndMakesRoomForWhatReadsIt) {
  const auto morsels = RandomMorsels(40, 500);
  const std::vector<PhysicalColumn> schema = Schema();
  std::vector<uint64_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), 0);
  const auto scan = [&](uint64_t cte, size_t id) {
    auto made = std::make_shared<PhysicalCteScan>(cte, "t", columns, schema);
    made->set_id(id);
    return made;
  };
  auto input = std::make_shared<RowsOperator>(schema, morsels);
  input->set_id(1);
  const PhysicalCte one(kCteId, "t", input, scan(kCteId, 2));
  auto copy = std::make_shared<PhysicalCte>(kCteId + 1, "u", scan(kCteId, 2), scan(kCteId + 1, 3));
  copy->set_id(4);
  const PhysicalCte both(kCteId, "t", input, copy);
  QueryContext alone = TestContext(1);
  ASSERT_TRUE(RunPlan(one, alone).ok());
  QueryContext context = TestContext(1);
  ASSERT_TRUE(RunPlan(both, context).ok());
  EXPECT_LT(context.memory().peak_bytes(), alone.memory().peak_bytes() * 5 / 4);
}

TEST(CteTest, StringsCountAsMemory) {
  Vector text = Vector::MakeFlat(TypeId::kVarchar, 100);
  for (size_t i = 0; i < 100; ++i) text.SetString(i, std::string(10'000 + i, 'x'));
  const std::vector<PhysicalColumn> schema = {{"s", TypeId::kVarchar}};
  RowsOperator::Morsels morsels(1);
  for (int i = 0; i < 20; ++i) morsels[0].push_back(Batch({text}, 100));
  auto input = std::make_shared<RowsOperator>(schema, morsels);
  auto scan = std::make_shared<PhysicalCteScan>(kCteId, "t", std::vector<uint64_t>{0}, schema);
  input->set_id(1);
  scan->set_id(2);
  const PhysicalCte plan(kCteId, "t", input, scan);
  QueryContext context = TestContext(2);
  ASSERT_TRUE(RunPlan(plan, context).ok());
  EXPECT_GT(context.memory().peak_bytes(), 20u * 100 * 10'000);

  QueryContext small({.memory_limit_bytes = 4 * kMegabyte}, FileSystem::Local(), nullptr);
  const Status status = RunPlan(plan, small).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("CTE \"t\""), std::string::npos) << status.message();
}

TEST(CteTest, AFullDiskEndsTheQueryWithThat) {
  const auto plan = ReadTwice(RandomMorsels(20, 200));
  HookedFiles files;
  files.on_write = [](uint64_t bytes) {
    return bytes > 300'000 ? Status::OutOfDisk("the disk is full") : Status::OK();
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
