#include "execution/operators/window.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/interruptible_sort.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/sort_rows.h"
#include "execution/testing/spill_space.h"

namespace trivet {
namespace {

using testing::CompareByKey;
using testing::Input;
using testing::Key;
using testing::kSchema;
using testing::ManyRows;
using testing::RandomRows;
using testing::Row;
using testing::Rows;
using testing::Sorted;

constexpr RankingFunction kRowNumber = RankingFunction::kRowNumber;
constexpr RankingFunction kRank = RankingFunction::kRank;
constexpr RankingFunction kDenseRank = RankingFunction::kDenseRank;

std::shared_ptr<PhysicalOperator> MakeWindow(PhysicalWindow::Fields fields, PhysicalPlan child) {
  const_cast<PhysicalOperator&>(*child).set_id(1);
  std::vector<PhysicalColumn> columns = child->schema();
  for (const RankingFunction function : fields.functions) {
    columns.push_back({std::string(RankingFunctionName(function)), TypeId::kInt64});
  }
  auto plan = std::make_shared<PhysicalWindow>(std::move(fields), columns, std::move(child));
  plan->set_id(0);
  return plan;
}

// By definition: from all rows before each.
Rows Numbered(const Rows& rows, const std::vector<SortKey>& partition,
              const std::vector<SortKey>& order, const std::vector<RankingFunction>& functions,
              uint64_t limit = ~uint64_t{0}) {
  std::vector<SortKey> keys = partition;
  keys.insert(keys.end(), order.begin(), order.end());
  const auto agree = [](const Row& a, const Row& b, const std::vector<SortKey>& by) {
    return std::ranges::all_of(by,
                               [&](const SortKey& key) { return CompareByKey(a, b, key) == 0; });
  };
  const Rows sorted = Sorted(rows, keys);
  Rows numbered;
  int64_t row_number = 0;
  int64_t rank = 0;
  int64_t dense_rank = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const bool starts = i == 0 || !agree(sorted[i - 1], sorted[i], partition);
    if (starts) row_number = dense_rank = 0;
    ++row_number;
    if (starts || !agree(sorted[i - 1], sorted[i], order)) {
      rank = row_number;
      ++dense_rank;
    }
    if (static_cast<uint64_t>(row_number) > limit) continue;
    Row row = sorted[i];
    for (const RankingFunction function : functions) {
      row.push_back(Value::Int64(function == kRowNumber ? row_number
                                 : function == kRank    ? rank
                                                        : dense_rank));
    }
    numbered.push_back(std::move(row));
  }
  return numbered;
}

struct Case {
  std::vector<SortKey> partition;
  std::vector<SortKey> order;
  std::vector<RankingFunction> functions;
  std::optional<uint64_t> limit;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {{Key(0)}, {Key(2)}, {kRowNumber, kRank}, {}},
      {{Key(0)}, {Key(2, true, true)}, {kRank, kDenseRank, kRowNumber}, {}},
      {{Key(1)}, {Key(0, true), Key(2)}, {kDenseRank}, {}},
      {{Key(1), Key(2)}, {}, {kRowNumber, kRank, kDenseRank}, {}},
      {{}, {Key(1, true)}, {kRowNumber, kRank}, {}},
      {{}, {Key(0), Key(1)}, {kDenseRank, kRank}, {}},
      {{}, {}, {kRowNumber, kRank}, {}},
      {{Key(0)}, {Key(2, true)}, {kRowNumber}, 3},
      {{Key(1)}, {Key(2), Key(0)}, {kRank, kDenseRank}, 1},
      {{}, {Key(2)}, {kRowNumber, kDenseRank}, 7},
      {{Key(0)}, {Key(1)}, {kRowNumber}, 0},
      {{Key(0)}, {Key(1)}, {kRowNumber}, 10000},
  };
  return cases;
}

PhysicalWindow::Fields FieldsOf(const Case& test) {
  PhysicalWindow::Fields fields{test.functions, {}, test.order, {}, test.limit};
  for (const SortKey& key : test.partition) fields.partition_by.push_back(key.expression);
  return fields;
}

void ExpectNumbered(const Case& test, const Rows& rows, QueryContext& context) {
  const auto plan = MakeWindow(FieldsOf(test), Input(rows, rows.size()));
  ASSERT_TRUE(plan->Validate().ok());
  const auto got = RunPlanInOrder(*plan, context);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  ASSERT_EQ(*got, Numbered(rows, test.partition, test.order, test.functions,
                           test.limit.value_or(~uint64_t{0})));
}

TEST(WindowTest, NumbersByDefinitionOnAnyNumberOfThreadsAndBatchSize) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{700}}) {
    const Rows rows = RandomRows(count, count + 1);
    for (const Case& test : Cases()) {
      for (const size_t threads : {1, 3}) {
        for (const size_t batch_size : {size_t{1}, size_t{7}, kVectorSize}) {
          QueryContext context = TestContext(threads, batch_size);
          ExpectNumbered(test, rows, context);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(WindowTest, NumbersTheSameFromDisk) {
  SpillSpace space;
  for (const size_t count : {size_t{1}, size_t{900}}) {
    const Rows rows = RandomRows(count, count + 2);
    for (const Case& test : Cases()) {
      for (const size_t batch_size : {size_t{1}, kVectorSize}) {
        QueryContext context({.batch_size = batch_size, .thread_count = 2, .always_spill = true},
                             FileSystem::Local(), nullptr, space.files());
        ExpectNumbered(test, rows, context);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// Partitions far longer than a batch and a range on disk.
TEST(WindowTest, NumbersManyRows) {
  constexpr size_t kRows = 5 * kSortPiece + 33;
  constexpr uint64_t kDifferent = 4;
  SpillSpace space;
  const ExpressionPtr key = Expression::Input(0, TypeId::kInt64, "i");
  for (const bool spills : {false, true}) {
    QueryContext context({.thread_count = 3, .always_spill = spills}, FileSystem::Local(), nullptr,
                         space.files());
    const auto plan = MakeWindow({{kRowNumber}, {key}, {}, {}, {}}, ManyRows(kRows, kDifferent));
    const auto rows = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    ASSERT_EQ(rows->size(), kRows);
    EXPECT_EQ(context.metrics().ForOperator(0).bytes_spilled > 0, spills);
    std::vector<int64_t> next(kDifferent, 1);
    std::vector<int64_t> place(kDifferent, -1);
    for (const Row& row : *rows) {
      const auto group = static_cast<size_t>(row[0].integer());
      ASSERT_EQ(row[2].integer(), next[group]++);
      // Within equal keys, in the input's order.
      ASSERT_GT(row[1].integer(), place[group]);
      place[group] = static_cast<int64_t>(row[1].integer());
    }
  }
}

TEST(WindowTest, RowsThatTieBreakersTellApartShareARank) {
  const Rows rows = RandomRows(300, 9);
  PhysicalWindow::Fields fields{{kRank, kRowNumber}, {}, {Key(0)}, {Key(3, true)}, {}};
  QueryContext context = TestContext(2);
  const auto got = RunPlanInOrder(*MakeWindow(fields, Input(rows, 1)), context);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  const Rows expected = Numbered(rows, {}, {Key(0), Key(3, true)}, {kRowNumber});
  ASSERT_EQ(got->size(), expected.size());
  int64_t rank = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const Row& row = (*got)[i];
    EXPECT_EQ(row[3], expected[i][3]);
    const bool same = i > 0 && CompareByKey((*got)[i - 1], row, Key(0)) == 0;
    if (!same) rank = static_cast<int64_t>(i) + 1;
    EXPECT_EQ(row[4].integer(), rank);
    EXPECT_EQ(row[5].integer(), static_cast<int64_t>(i) + 1);
  }
}

// Parts of the rows cut first, then all that is left numbered.
TEST(WindowTest, TwoPhasesGiveTheSame) {
  const Rows rows = RandomRows(500, 4);
  for (const Case& test : Cases()) {
    const auto plan = MakeWindow(FieldsOf(test), Input(rows, 3));
    const auto phases = plan->SplitPhases();
    ASSERT_TRUE(phases.ok());
    ASSERT_EQ(phases->has_value(), test.limit.has_value());
    if (!test.limit) continue;
    Rows parts;
    for (size_t begin = 0; begin < rows.size(); begin += 100) {
      const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
      QueryContext context = TestContext(2);
      const auto local =
          (*phases)->local->WithChildren({Input(Rows(first, first + 100), begin + 1)});
      const auto kept = RunPlanInOrder(*local, context);
      ASSERT_TRUE(kept.ok()) << kept.status().ToString();
      parts.insert(parts.end(), kept->begin(), kept->end());
    }
    const auto global = (*phases)->global(Input(parts, 5));
    ASSERT_TRUE(global.ok());
    QueryContext context = TestContext(2);
    const auto got = RunPlanInOrder(**global, context);
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    EXPECT_EQ(*got, Numbered(rows, test.partition, test.order, test.functions, *test.limit));
  }
}

TEST(WindowTest, PlansThatDoNotFitAreRefused) {
  const auto refused = [](PhysicalWindow::Fields fields, std::vector<PhysicalColumn> columns) {
    const PhysicalWindow plan(std::move(fields), std::move(columns), Input({}, 1));
    return plan.Validate().code() == StatusCode::kCorruption;
  };
  std::vector<PhysicalColumn> columns = kSchema;
  EXPECT_TRUE(refused({}, columns));  // no function
  EXPECT_TRUE(refused({{kRank}, {}, {}, {}, {}}, columns));
  columns.push_back({"rank", TypeId::kInt64});
  EXPECT_FALSE(refused({{kRank}, {}, {}, {}, {}}, columns));
  EXPECT_TRUE(refused({{kRank, kRank}, {}, {}, {}, {}}, columns));
  const ExpressionPtr far = Expression::Input(9, TypeId::kInt64, "far");
  EXPECT_TRUE(refused({{kRank}, {far}, {}, {}, {}}, columns));
  EXPECT_TRUE(refused({{kRank}, {}, {{far, false, false}}, {}, {}}, columns));
  EXPECT_TRUE(refused({{kRank}, {}, {}, {{far, false, false}}, {}}, columns));
}

}  // namespace
}  // namespace trivet
