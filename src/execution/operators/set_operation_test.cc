// Set operations and DISTINCT ON against plain loops, on random small tables.
#include "execution/operators/set_operation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "execution/operators/distinct_on.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

const std::vector<PhysicalColumn> kSchema = {{"i", TypeId::kInt32}, {"s", TypeId::kVarchar}};

Rows RandomRows(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    rows.push_back({random() % 6 == 0 ? Value::Null(TypeId::kInt32)
                                      : Value::Int32(static_cast<int>(random() % 9)),
                    random() % 6 == 0 ? Value::Null(TypeId::kVarchar)
                                      : Value::Varchar(std::string(random() % 3 * 11, 'q'))});
  }
  return rows;
}

std::string Text(const Row& row) { return row[0].ToString() + "|" + row[1].ToString(); }

std::vector<std::string> Texts(const Rows& rows, bool sorted) {
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(Text(row));
  if (sorted) std::sort(texts.begin(), texts.end());
  return texts;
}

std::map<std::string, int64_t> Count(const Rows& rows) {
  std::map<std::string, int64_t> counts;
  for (const Row& row : rows) ++counts[Text(row)];
  return counts;
}

PhysicalPlan Source(const Rows& rows, uint64_t seed, size_t id) {
  auto source =
      std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, rows, seed, 1 + seed * 13));
  source->set_id(id);
  return source;
}

TEST(SetOperationTest, CountsRowsOfBothSides) {
  const Rows left = RandomRows(150, 1);
  const Rows right = RandomRows(60, 2);
  for (const SetOperationKind kind : {SetOperationKind::kIntersect, SetOperationKind::kExcept}) {
    for (const bool all : {false, true}) {
      std::vector<std::string> expected;
      auto right_counts = Count(right);
      for (const auto& [text, count] : Count(left)) {
        const int64_t other = right_counts[text];
        int64_t copies = kind == SetOperationKind::kIntersect ? std::min(count, other)
                                                              : std::max<int64_t>(0, count - other);
        if (!all) copies = (kind == SetOperationKind::kIntersect) == (other > 0);
        for (int64_t i = 0; i < copies; ++i) expected.push_back(text);
      }
      std::sort(expected.begin(), expected.end());
      for (uint64_t seed = 0; seed < 8; ++seed) {
        QueryContext context = seed % 3 == 0
                                   ? SpillingContext(1 + seed % 3, seed % 2 ? 2 : kVectorSize)
                                   : TestContext(1 + seed % 3, seed % 2 ? 2 : kVectorSize);
        const PhysicalSetOperation plan(kind, all, kSchema,
                                        {Source(left, seed, 1), Source(right, seed + 1, 2)});
        const auto result = RunPlan(plan, context);
        ASSERT_TRUE(result.ok()) << result.status().ToString();
        EXPECT_EQ(Texts(*result, true), expected);
        EXPECT_EQ(context.memory().reserved_bytes(), 0u);
      }
    }
  }
}

TEST(SetOperationTest, EmptySides) {
  const Rows rows = RandomRows(20, 3);
  QueryContext context = TestContext(2);
  const auto run = [&](SetOperationKind kind, const Rows& left, const Rows& right) {
    return *RunPlan(
        PhysicalSetOperation(kind, true, kSchema, {Source(left, 1, 1), Source(right, 1, 2)}),
        context);
  };
  EXPECT_TRUE(run(SetOperationKind::kIntersect, rows, {}).empty());
  EXPECT_TRUE(run(SetOperationKind::kExcept, {}, rows).empty());
  EXPECT_EQ(Texts(run(SetOperationKind::kExcept, rows, {}), true), Texts(rows, true));
}

TEST(SetOperationTest, UnionAllGivesChildAfterChild) {
  const Rows first = RandomRows(50, 4);
  const Rows second = RandomRows(30, 5);
  QueryContext context = TestContext(1);
  const PhysicalUnionAll plan(kSchema,
                              {Source(first, 1, 1), Source(second, 2, 2), Source(first, 3, 3)});
  const auto result = RunPlan(plan, context);
  ASSERT_TRUE(result.ok());
  Rows expected = first;
  expected.insert(expected.end(), second.begin(), second.end());
  expected.insert(expected.end(), first.begin(), first.end());
  EXPECT_EQ(Texts(*result, true), Texts(expected, true));
}

TEST(DistinctOnTest, KeepsTheFirstRowOfEachKeyInOrder) {
  const Rows rows = RandomRows(400, 6);
  for (const size_t key : {size_t{0}, size_t{1}}) {
    Rows expected;
    std::set<std::string> seen;
    for (const Row& row : rows) {
      if (seen.insert(row[key].ToString()).second) expected.push_back(row);
    }
    for (uint64_t seed = 0; seed < 10; ++seed) {
      // One thread reads the result, so that it arrives in order.
      QueryContext context = TestContext(1 + seed % 4, seed % 2 ? 3 : kVectorSize);
      const ExpressionPtr column =
          Expression::Input(static_cast<uint32_t>(key), kSchema[key].type, kSchema[key].name);
      PhysicalDistinctOn plan({column}, Source(rows, seed, 1));
      const auto result = RunPlan(plan, context);
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      EXPECT_EQ(Texts(*result, false), Texts(expected, false)) << seed;
      EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    }
  }
}

}  // namespace
}  // namespace trivet
