#include "execution/operators/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/interruptible_sort.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/sort_rows.h"
#include "expression/function_registry.h"

namespace trivet {
namespace {

using testing::FirstOfGroups;
using testing::Input;
using testing::Key;
using testing::kOrders;
using testing::MakeSort;
using testing::ManyRows;
using testing::ManySorted;
using testing::MixedKey;
using testing::Numbers;
using testing::RandomRows;
using testing::Row;
using testing::Rows;
using testing::Sorted;

TEST(SortTest, OrdersStablyOnAnyNumberOfThreadsAndBatchSize) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{700}}) {
    const Rows rows = RandomRows(count, count);
    for (const auto& keys : kOrders) {
      const std::vector<int64_t> expected = Numbers(Sorted(rows, keys));
      for (const size_t threads : {1, 3}) {
        for (const size_t batch_size : {size_t{1}, size_t{7}, kVectorSize}) {
          QueryContext context = TestContext(threads, batch_size);
          const auto plan = MakeSort({.keys = keys}, Input(rows, threads));
          const auto sorted = RunPlanInOrder(*plan, context);
          ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
          ASSERT_EQ(Numbers(*sorted), expected);
        }
      }
    }
  }
}

TEST(SortTest, RowsComeOutWhole) {
  const Rows rows = RandomRows(500, 3);
  QueryContext context = TestContext(2);
  const auto sorted =
      *RunPlanInOrder(*MakeSort({.keys = {Key(1), Key(2)}}, Input(rows, 4)), context);
  for (const Row& row : sorted) {
    const Row& original = rows[static_cast<size_t>(row.back().integer())];
    for (size_t c = 0; c < row.size(); ++c) ASSERT_EQ(row[c], original[c]);
  }
}

TEST(SortTest, PiecesOfManyRowsAreMergedIntoOneOrder) {
  constexpr size_t kRows = 10 * kSortPiece + 77;
  for (const uint64_t different : {uint64_t{1}, uint64_t{50}, uint64_t{1} << 40}) {
    const std::vector<int64_t> expected = ManySorted(kRows, different);
    // Of small morsels, pieces of several threads lie between each other in the input.
    for (const size_t morsel_batches : {1, 8}) {
      QueryContext context = TestContext(3);
      const SortKey key{Expression::Input(0, TypeId::kInt64, "i"), false, false};
      const auto plan = MakeSort({.keys = {key}}, ManyRows(kRows, different, morsel_batches));
      const auto sorted = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
      ASSERT_EQ(Numbers(*sorted), expected) << different;
    }
  }
}

// By the rows' place, as it is or from the last to the first: no piece needs sorting, but pieces
// do.
TEST(SortTest, PiecesOfSortedInputAreBroughtIntoOneOrder) {
  constexpr size_t kRows = 10 * kSortPiece + 77;
  for (const bool descending : {false, true}) {
    std::vector<int64_t> expected(kRows);
    std::iota(expected.begin(), expected.end(), 0);
    if (descending) std::reverse(expected.begin(), expected.end());
    QueryContext context = TestContext(3);
    const SortKey key{Expression::Input(1, TypeId::kInt64, "n"), descending, false};
    const auto plan = MakeSort({.keys = {key}}, ManyRows(kRows, 5));
    const auto sorted = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
    ASSERT_EQ(Numbers(*sorted), expected) << descending;
  }
}

TEST(TopNTest, KeepsTheFirstRowsOfTheOrder) {
  const Rows rows = RandomRows(900, 5);
  for (const auto& keys : kOrders) {
    const std::vector<int64_t> all = Numbers(Sorted(rows, keys));
    for (const auto& [limit, offset] :
         std::vector<std::pair<uint64_t, uint64_t>>{{0, 0},
                                                    {1, 0},
                                                    {10, 0},
                                                    {10, 5},
                                                    {900, 0},
                                                    {2000, 890},
                                                    {5, 5000},
                                                    {~uint64_t{0}, 3}}) {
      std::vector<int64_t> expected;
      for (uint64_t i = offset; i < all.size() && i - offset < limit; ++i) {
        expected.push_back(all[i]);
      }
      QueryContext context = TestContext(3);
      const auto plan =
          MakeSort({.keys = keys, .limit = limit, .offset = offset}, Input(rows, limit));
      const auto sorted = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
      ASSERT_EQ(Numbers(*sorted), expected) << limit << " from " << offset;
    }
  }
}

// So many rows that each thread drops what is behind the bound several times; ties at the cut are
// decided by the place in the input.
TEST(TopNTest, DroppingRowsKeepsTheCutAtTies) {
  constexpr size_t kRows = 120000;
  for (const uint64_t different : {uint64_t{2}, uint64_t{300}, uint64_t{1} << 40}) {
    for (const uint64_t limit : {uint64_t{1}, uint64_t{100}, uint64_t{5000}, uint64_t{50000}}) {
      std::vector<int64_t> expected(kRows);
      std::iota(expected.begin(), expected.end(), 0);
      std::stable_sort(expected.begin(), expected.end(), [&](int64_t a, int64_t b) {
        return MixedKey(static_cast<size_t>(a), different) >
               MixedKey(static_cast<size_t>(b), different);
      });
      expected.resize(limit);
      QueryContext context = TestContext(2);
      const SortKey key{Expression::Input(0, TypeId::kInt64, "i"), true, false};
      const auto plan = MakeSort({.keys = {key}, .limit = limit}, ManyRows(kRows, different));
      const auto sorted = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
      ASSERT_EQ(Numbers(*sorted), expected) << limit << " of " << different;
    }
  }
}

// The bound is of the first key alone, and the last rows are wanted.
TEST(TopNTest, DroppingRowsKeepsThoseThatTieWithTheBound) {
  constexpr size_t kRows = 120000;
  constexpr uint64_t kLimit = 100;
  std::vector<int64_t> expected;
  for (int64_t i = kRows - 1; expected.size() < kLimit; --i) {
    if (MixedKey(static_cast<size_t>(i), 3) == 0) expected.push_back(i);
  }
  QueryContext context = TestContext(2);
  const std::vector<SortKey> keys = {{Expression::Input(0, TypeId::kInt64, "i"), false, false},
                                     {Expression::Input(1, TypeId::kInt64, "n"), true, false}};
  const auto plan = MakeSort({.keys = keys, .limit = kLimit}, ManyRows(kRows, 3));
  const auto sorted = RunPlanInOrder(*plan, context);
  ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
  EXPECT_EQ(Numbers(*sorted), expected);
}

TEST(TopNTest, DroppedRowsGiveTheirMemoryBack) {
  QueryContext context = TestContext(1);
  const SortKey key{Expression::Input(0, TypeId::kInt64, "i"), false, false};
  const auto plan = MakeSort({.keys = {key}, .limit = 10}, ManyRows(500000, uint64_t{1} << 40));
  ASSERT_TRUE(RunPlan(*plan, context).ok());
  EXPECT_LT(context.memory().peak_bytes(), size_t{4} << 20);
  EXPECT_GT(context.memory().peak_bytes(), size_t{8192} * 32);
}

TEST(TopNTest, WithGroupsKeepsTheFirstRowsOfEach) {
  const Rows rows = RandomRows(800, 6);
  const std::vector<SortKey> keys = {Key(2, true, true)};
  const std::vector<SortKey> all_keys = {Key(0), keys[0]};
  for (const auto& [limit, offset] :
       std::vector<std::pair<uint64_t, uint64_t>>{{1, 0}, {3, 0}, {2, 4}, {1000, 0}}) {
    const Rows expected = FirstOfGroups(Sorted(rows, all_keys), all_keys[0], limit, offset);
    QueryContext context = TestContext(2);
    PhysicalSort::Fields fields;
    fields.keys = keys;
    fields.limit = limit;
    fields.offset = offset;
    fields.partition_by = {Key(0).expression};
    const auto sorted = RunPlanInOrder(*MakeSort(std::move(fields), Input(rows, 7)), context);
    ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
    ASSERT_EQ(Numbers(*sorted), Numbers(expected)) << limit << " from " << offset;
  }
}

TEST(SortTest, ARunLeavesTheDescriptionAsItWas) {
  const Rows rows = RandomRows(300, 8);
  const auto plan = MakeSort({.keys = {Key(1), Key(0)}}, Input(rows, 9));
  QueryContext context = TestContext(2);
  const auto first = Numbers(*RunPlanInOrder(*plan, context));
  EXPECT_EQ(Numbers(*RunPlanInOrder(*plan, context)), first);
}

TEST(SortTest, ReservesItsRowsAndNamesItselfWhenRefused) {
  const SortKey key{Expression::Input(0, TypeId::kInt64, "i"), false, false};
  constexpr size_t kRows = 200000;
  const auto plan = MakeSort({.keys = {key}}, ManyRows(kRows, uint64_t{1} << 40));
  QueryContext context = TestContext(2);
  ASSERT_TRUE(RunPlan(*plan, context).ok());
  // Two columns, the key with its place, an entry and an address each.
  EXPECT_GT(context.memory().peak_bytes(), kRows * (16 + 25 + 16 + 8));
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);

  QueryContext small({.thread_count = 2, .memory_limit_bytes = size_t{4} << 20},
                     FileSystem::Local(), nullptr);
  const Status status = RunPlan(*plan, small).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("ORDER_BY"), std::string::npos) << status.message();
  EXPECT_EQ(small.memory().reserved_bytes(), 0u);
}

TEST(SortTest, ACancelledRunEndsWithThat) {
  const auto plan = MakeSort({.keys = {Key(0)}}, Input(RandomRows(100, 1), 1));
  QueryContext context = TestContext(2);
  context.cancellation().Cancel();
  EXPECT_EQ(RunPlan(*plan, context).status().code(), StatusCode::kCancelled);
}

TEST(SortTest, AnErrorOfAKeyIsTheQuerys) {
  // An overflow for all rows but those of key 0.
  const std::vector<ExpressionPtr> arguments = {
      Expression::Constant(Value::Integer(TypeId::kInt64, std::numeric_limits<int64_t>::max())),
      Expression::Input(0, TypeId::kInt64, "i")};
  QueryContext context = TestContext(2);
  const auto sum = FunctionRegistry::Builtin().BindScalar("+", arguments, &context);
  ASSERT_TRUE(sum.ok()) << sum.status().ToString();
  const SortKey key{*sum, false, false};
  const auto plan = MakeSort({.keys = {key}}, ManyRows(5000, uint64_t{1} << 40));
  EXPECT_EQ(RunPlan(*plan, context).status().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
