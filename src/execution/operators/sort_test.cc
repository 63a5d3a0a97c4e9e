#include "execution/operators/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/interruptible_sort.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "expression/function_registry.h"

namespace trivet {
namespace {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

// The last column numbers the rows of the input.
const std::vector<PhysicalColumn> kSchema = {
    {"i", TypeId::kInt32}, {"s", TypeId::kVarchar}, {"d", TypeId::kDouble}, {"n", TypeId::kInt64}};

SortKey Key(size_t column, bool descending = false, bool nulls_first = false) {
  return {
      Expression::Input(static_cast<uint32_t>(column), kSchema[column].type, kSchema[column].name),
      descending, nulls_first};
}

Rows RandomRows(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t bits = random();
    Row row = {Value::Int32(static_cast<int>(bits % 10)),
               Value::Varchar(std::string(1 + bits / 10 % 2, 'a') +
                              (bits / 20 % 3 == 0 ? " with a long tail" : "")),
               Value::Double(static_cast<double>(bits / 60 % 5) - 2),
               Value::Int64(static_cast<int64_t>(i))};
    for (size_t c = 0; c < 3; ++c) {
      if (random() % 8 == 0) row[c] = Value::Null(kSchema[c].type);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

int CompareByKey(const Row& left, const Row& right, const SortKey& key) {
  const Value& a = left[key.expression->input_index()];
  const Value& b = right[key.expression->input_index()];
  if (a.is_null() || b.is_null()) {
    if (a.is_null() && b.is_null()) return 0;
    return a.is_null() == key.nulls_first ? -1 : 1;
  }
  const int order = CompareValues(a, b);
  return key.descending ? -order : order;
}

Rows Sorted(Rows rows, const std::vector<SortKey>& keys) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    for (const SortKey& key : keys) {
      const int order = CompareByKey(a, b, key);
      if (order != 0) return order < 0;
    }
    return false;
  });
  return rows;
}

std::vector<int64_t> Numbers(const Rows& rows) {
  std::vector<int64_t> numbers;
  for (const Row& row : rows) numbers.push_back(static_cast<int64_t>(row.back().integer()));
  return numbers;
}

std::shared_ptr<PhysicalOperator> MakeSort(PhysicalSort::Fields fields, PhysicalPlan child) {
  const_cast<PhysicalOperator&>(*child).set_id(1);
  auto plan = std::make_shared<PhysicalSort>(std::move(fields), std::move(child));
  plan->set_id(0);
  return plan;
}

PhysicalPlan Input(const Rows& rows, uint64_t seed, size_t max_batch = 300) {
  return std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, rows, seed, max_batch));
}

// Batches of pseudo-random integers with their place, too many for Values. The number of different
// ones decides how often the place in the input must.
constexpr uint64_t kMixer = 0x9E3779B97F4A7C15;
const std::vector<PhysicalColumn> kWideSchema = {{"i", TypeId::kInt64}, {"n", TypeId::kInt64}};
int64_t MixedKey(size_t place, uint64_t different) {
  return static_cast<int64_t>(((place + 1) * kMixer >> 20) % different);
}
PhysicalPlan ManyRows(size_t count, uint64_t different) {
  RowsOperator::Morsels morsels;
  for (size_t from = 0; from < count; from += kVectorSize) {
    if (from % (8 * kVectorSize) == 0) morsels.emplace_back();
    const size_t rows = std::min(kVectorSize, count - from);
    Batch batch = Batch::MakeFlat({TypeId::kInt64, TypeId::kInt64}, rows);
    for (size_t i = 0; i < rows; ++i) {
      batch.mutable_column(0).mutable_data<int64_t>()[i] = MixedKey(from + i, different);
      batch.mutable_column(1).mutable_data<int64_t>()[i] = static_cast<int64_t>(from + i);
    }
    batch.set_row_count(rows);
    morsels.back().push_back(std::move(batch));
  }
  return std::make_shared<RowsOperator>(kWideSchema, std::move(morsels));
}

const std::vector<std::vector<SortKey>> kOrders = {
    {Key(0)},
    {Key(0, true)},
    {Key(0, false, true)},
    {Key(0, true, true)},
    {Key(1), Key(0, true)},
    {Key(1, true, true), Key(2)},
    {Key(2, true), Key(1), Key(0)},
};

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
    std::vector<int64_t> expected(kRows);
    std::iota(expected.begin(), expected.end(), 0);
    std::stable_sort(expected.begin(), expected.end(), [&](int64_t a, int64_t b) {
      return MixedKey(static_cast<size_t>(a), different) <
             MixedKey(static_cast<size_t>(b), different);
    });
    QueryContext context = TestContext(3);
    const SortKey key{Expression::Input(0, TypeId::kInt64, "i"), false, false};
    const auto plan = MakeSort({.keys = {key}}, ManyRows(kRows, different));
    const auto sorted = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
    ASSERT_EQ(Numbers(*sorted), expected) << different;
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
    Rows expected;
    uint64_t place = 0;
    const Rows all = Sorted(rows, all_keys);
    for (size_t i = 0; i < all.size(); ++i) {
      place = i > 0 && CompareByKey(all[i - 1], all[i], all_keys[0]) == 0 ? place + 1 : 0;
      if (place >= offset && place - offset < limit) expected.push_back(all[i]);
    }
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
