// Joins of every kind against a nested loop over plain values, on random small tables.
#include "execution/operators/join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "execution/operators/join_swap.h"
#include "execution/operators/values.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "expression/function_registry.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

// Columns: a small integer, a string, another small integer; each may be NULL.
const std::vector<PhysicalColumn> kSchema = {
    {"i", TypeId::kInt32}, {"s", TypeId::kVarchar}, {"j", TypeId::kInt32}};

class JoinTest : public ::testing::Test {
 protected:
  Value RandomInteger(int range) {
    const int value = static_cast<int>(random_() % (range + 1));
    return value == range ? Value::Null(TypeId::kInt32) : Value::Int32(value * 1000003 % 7919);
  }
  Value RandomString() {
    const int value = static_cast<int>(random_() % 6);
    if (value == 5) return Value::Null(TypeId::kVarchar);
    return Value::Varchar(std::string(value * 5, 'x') + std::to_string(value));
  }
  Rows RandomRows(size_t count) {
    Rows rows;
    for (size_t i = 0; i < count; ++i) {
      rows.push_back({RandomInteger(8), RandomString(), RandomInteger(4)});
    }
    return rows;
  }
  static PhysicalPlan Table(const Rows& rows) {
    std::vector<std::vector<ExpressionPtr>> expressions;
    for (const Row& row : rows) {
      expressions.emplace_back();
      for (const Value& value : row) expressions.back().push_back(Expression::Constant(value));
    }
    return std::make_shared<PhysicalValues>(std::move(expressions), kSchema);
  }

  std::mt19937 random_{20261121};
};

ExpressionPtr Column(size_t i) {
  return Expression::Input(static_cast<uint32_t>(i), kSchema[i % 3].type, kSchema[i % 3].name);
}

enum class Truth { kFalse, kNull, kTrue };
Truth Equal(const Value& a, const Value& b, bool null_safe) {
  if (null_safe && (a.is_null() || b.is_null())) {
    return a.is_null() == b.is_null() ? Truth::kTrue : Truth::kFalse;
  }
  if (a.is_null() || b.is_null()) return Truth::kNull;
  return CompareValues(a, b) == 0 ? Truth::kTrue : Truth::kFalse;
}
Truth Less(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return Truth::kNull;
  return CompareValues(a, b) < 0 ? Truth::kTrue : Truth::kFalse;
}
Truth And(Truth a, Truth b) { return std::min(a, b); }

struct Case {
  JoinKind kind;
  std::vector<size_t> keys;        // columns equal on both sides
  bool null_safe = false;          // the first key
  bool residual = false;           // left.j < right.j
  std::vector<size_t> comparison;  // columns equal on both sides, Kleene
  bool build_left = false;
};

// What SQL says the join gives.
Rows Expected(const Case& test, const Rows& left, const Rows& right) {
  const auto matches = [&](const Row& l, const Row& r) {
    Truth truth = Truth::kTrue;
    for (size_t k = 0; k < test.keys.size(); ++k) {
      truth = And(truth, Equal(l[test.keys[k]], r[test.keys[k]], test.null_safe && k == 0));
    }
    if (test.residual) truth = And(truth, Less(l[2], r[2]));
    return truth == Truth::kTrue;
  };
  const auto compare = [&](const Row& l, const Row& r) {
    Truth truth = Truth::kTrue;
    for (const size_t c : test.comparison) truth = And(truth, Equal(l[c], r[c], false));
    return truth;
  };
  Rows out;
  std::vector<bool> right_found(right.size());
  for (const Row& l : left) {
    size_t found = 0;
    Truth mark = Truth::kFalse;
    for (size_t i = 0; i < right.size(); ++i) {
      if (!matches(l, right[i])) continue;
      ++found;
      right_found[i] = true;
      mark = std::max(mark, compare(l, right[i]));
      if (test.kind == JoinKind::kInner || test.kind == JoinKind::kLeft ||
          test.kind == JoinKind::kRight || test.kind == JoinKind::kFull) {
        Row row = l;
        row.insert(row.end(), right[i].begin(), right[i].end());
        out.push_back(row);
      }
    }
    Row row = l;
    switch (test.kind) {
      case JoinKind::kLeft:
      case JoinKind::kFull:
        if (found == 0) {
          for (const PhysicalColumn& column : kSchema) row.push_back(Value::Null(column.type));
          out.push_back(row);
        }
        break;
      case JoinKind::kSemi:
        if (found > 0) out.push_back(row);
        break;
      case JoinKind::kAnti:
        if (test.comparison.empty() ? found == 0 : mark == Truth::kFalse) out.push_back(row);
        break;
      case JoinKind::kMark:
        row.push_back(mark == Truth::kNull ? Value::Null(TypeId::kBoolean)
                                           : Value::Boolean(mark == Truth::kTrue));
        out.push_back(row);
        break;
      default: break;
    }
  }
  if (test.kind == JoinKind::kRight || test.kind == JoinKind::kFull) {
    for (size_t i = 0; i < right.size(); ++i) {
      if (right_found[i]) continue;
      Row row;
      for (const PhysicalColumn& column : kSchema) row.push_back(Value::Null(column.type));
      row.insert(row.end(), right[i].begin(), right[i].end());
      out.push_back(row);
    }
  }
  return out;
}

PhysicalPlan MakeJoin(const Case& test, PhysicalPlan left, PhysicalPlan right) {
  PhysicalJoin::Fields fields;
  fields.kind = test.kind;
  fields.build_left = test.build_left;
  for (const size_t key : test.keys) {
    fields.left_keys.push_back(Column(key));
    fields.right_keys.push_back(Column(key));
  }
  if (test.null_safe) fields.null_safe_keys = {0};
  const auto right_column = [](size_t i) {
    return Expression::Input(static_cast<uint32_t>(3 + i), kSchema[i].type, kSchema[i].name);
  };
  if (test.residual) {
    fields.residual = Expression::Compare(Comparison::kLess, Column(2), right_column(2));
  }
  if (!test.comparison.empty()) {
    std::vector<ExpressionPtr> equalities;
    for (const size_t c : test.comparison) {
      equalities.push_back(Expression::Compare(Comparison::kEqual, Column(c), right_column(c)));
    }
    fields.comparison = Expression::And(equalities);
    if (test.keys.empty() && !test.residual) {
      fields.comparison_is_key = true;
      for (const size_t c : test.comparison) {
        fields.left_keys.push_back(Column(c));
        fields.right_keys.push_back(Column(c));
      }
    }
  }
  fields.left_output = {0, 1, 2};
  std::vector<PhysicalColumn> schema = kSchema;
  if (test.kind != JoinKind::kSemi && test.kind != JoinKind::kAnti &&
      test.kind != JoinKind::kMark) {
    fields.right_output = {0, 1, 2};
    schema.insert(schema.end(), kSchema.begin(), kSchema.end());
  }
  if (test.kind == JoinKind::kMark) schema.push_back({"mark", TypeId::kBoolean});
  return std::make_shared<PhysicalJoin>(std::move(fields), std::move(schema), std::move(left),
                                        std::move(right));
}

std::vector<std::string> Sorted(const Rows& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) {
    std::string text;
    for (const Value& value : row) text += value.ToString() + "|";
    texts.push_back(text);
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  const std::vector<std::vector<size_t>> key_sets = {{}, {0}, {1}, {0, 1}, {2, 1}};
  for (const auto& keys : key_sets) {
    for (const bool residual : {false, true}) {
      for (const bool null_safe : {false, true}) {
        if (null_safe && keys.empty()) continue;
        for (const JoinKind kind :
             {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull, JoinKind::kSemi,
              JoinKind::kAnti, JoinKind::kMark}) {
          cases.push_back({kind, keys, null_safe, residual, {}, false});
          if (kind == JoinKind::kSemi || kind == JoinKind::kAnti) {
            cases.push_back({kind, keys, null_safe, residual, {}, true});
          }
        }
      }
      for (const std::vector<size_t>& comparison : {std::vector<size_t>{0}, {1, 2}}) {
        cases.push_back({JoinKind::kMark, keys, false, residual, comparison, false});
        cases.push_back({JoinKind::kAnti, keys, false, residual, comparison, false});
      }
    }
  }
  return cases;
}

TEST_F(JoinTest, AgreesWithTheNestedLoopInEveryKind) {
  uint64_t spilled_bytes = 0;
  for (const auto& [left_count, right_count] :
       std::vector<std::pair<size_t, size_t>>{{40, 30}, {7, 60}, {5, 0}, {0, 5}, {1, 1}}) {
    for (const Case& test : AllCases()) {
      const Rows left = RandomRows(left_count);
      const Rows right = RandomRows(right_count);
      const PhysicalPlan plan = MakeJoin(test, Table(left), Table(right));
      for (const size_t batch_size : {size_t{3}, kVectorSize}) {
        for (const bool spills : {false, true}) {
          QueryContext context =
              spills ? SpillingContext(2, batch_size) : TestContext(2, batch_size);
          Result<Rows> rows = RunPlan(*plan, context);
          ASSERT_TRUE(rows.ok()) << rows.status().ToString();
          EXPECT_EQ(Sorted(*rows), Sorted(Expected(test, left, right)))
              << (spills ? "on disk " : "in memory ") << JoinKindName(test.kind) << " keys "
              << test.keys.size() << " residual " << test.residual << " comparison "
              << test.comparison.size() << " null-safe " << test.null_safe << " build left "
              << test.build_left;
          EXPECT_EQ(context.memory().reserved_bytes(), 0u);
          spilled_bytes += context.metrics().ForOperator(plan->id()).bytes_spilled;
        }
      }
    }
  }
  EXPECT_GT(spilled_bytes, 0u);
}

// The planned build side is far larger than the other one, so they are swapped while the join runs,
// where the kind can be mirrored and there are keys.
TEST_F(JoinTest, SwappedSidesAgreeWithTheNestedLoopInEveryKind) {
  uint64_t spilled_bytes = 0;
  for (const size_t small_count : {size_t{0}, size_t{14}}) {
    const Rows small = RandomRows(small_count);
    // A good part of it has NULLs among the keys, and is not kept.
    const Rows large = RandomRows(JoinSwap::kLeastRows * 2);
    for (const Case& test : AllCases()) {
      const Rows& left = test.build_left ? large : small;
      const Rows& right = test.build_left ? small : large;
      const PhysicalPlan plan = MakeJoin(test, Table(left), Table(right));
      const std::vector<std::string> expected = Sorted(Expected(test, left, right));
      const bool swaps =
          !test.keys.empty() && test.comparison.empty() && test.kind != JoinKind::kMark;
      for (const bool spills : {false, true}) {
        QueryContext context = spills ? SpillingContext(2) : TestContext(2);
        Result<Rows> rows = RunPlan(*plan, context);
        ASSERT_TRUE(rows.ok()) << rows.status().ToString();
        ASSERT_EQ(Sorted(*rows), expected)
            << (spills ? "on disk " : "in memory ") << JoinKindName(test.kind) << " keys "
            << test.keys.size() << " residual " << test.residual << " null-safe " << test.null_safe
            << " build left " << test.build_left << " small side " << small_count;
        const OperatorMetrics& metrics = context.metrics().ForOperator(plan->id());
        EXPECT_EQ(metrics.deviation.load() != nullptr, swaps) << JoinKindName(test.kind);
        EXPECT_EQ(context.memory().reserved_bytes(), 0u);
        spilled_bytes += metrics.bytes_spilled;
      }
    }
  }
  EXPECT_GT(spilled_bytes, 0u);
}

TEST_F(JoinTest, SidesAreSwappedOnlyWhereOneIsKnownToBeFarSmaller) {
  const auto swaps = [&](const PhysicalPlan& probe, size_t build_rows) {
    const PhysicalPlan plan =
        MakeJoin({JoinKind::kInner, {0, 2}}, probe, Table(RandomRows(build_rows)));
    QueryContext context = TestContext(2);
    EXPECT_TRUE(RunPlan(*plan, context).ok());
    const char* const deviation = context.metrics().ForOperator(plan->id()).deviation;
    if (deviation == nullptr) return false;
    EXPECT_STREQ(deviation, "sides swapped");
    return true;
  };
  const size_t most = JoinSwap::kLeastRows / JoinSwap::kLeastTimes;
  EXPECT_TRUE(swaps(Table(RandomRows(most - 1)), 4000));
  EXPECT_FALSE(swaps(Table(RandomRows(1100)), 4000));
  EXPECT_FALSE(swaps(Table(RandomRows(3)), JoinSwap::kLeastRows / 2));
  // How many rows it gives nobody knows beforehand.
  const auto unknown =
      std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, RandomRows(3), 1, 20));
  EXPECT_FALSE(swaps(unknown, 4000));
}

// What it lets pass may be more than has partners, never less, and no row comes twice.
TEST_F(JoinTest, ReducersMayLetRowsPass) {
  Rows left;
  for (int i = 0; i < 200'000; ++i) {
    left.push_back({Value::Int32(i % 100), Value::Varchar("x"), Value::Int32(i)});
  }
  const auto run = [&](int keys, bool spills, size_t& rows_given) -> std::string {
    Rows right;
    for (int i = 0; i < keys; ++i) right.push_back({Value::Int32(i), left[0][1], left[0][2]});
    const auto made = MakeJoin({JoinKind::kSemi, {0}}, nullptr, nullptr);
    PhysicalJoin::Fields fields = static_cast<const PhysicalJoin&>(*made).fields();
    fields.reducer = true;
    const PhysicalPlan plan = std::make_shared<PhysicalJoin>(
        std::move(fields), kSchema,
        std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, left, 1, 100)), Table(right));
    QueryContext context = spills ? SpillingContext(2) : TestContext(2);
    Result<Rows> rows = RunPlan(*plan, context);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    if (!rows.ok()) return "";
    rows_given = rows->size();
    std::set<std::string> seen;
    size_t partners = 0;
    for (const Row& row : *rows) {
      EXPECT_TRUE(seen.insert(row[2].ToString()).second);
      partners += CompareValues(row[0], Value::Int32(keys)) < 0;
    }
    EXPECT_EQ(partners, left.size() / 100 * static_cast<size_t>(keys));
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    const char* const deviation = context.metrics().ForOperator(plan->id()).deviation;
    return deviation == nullptr ? "" : deviation;
  };
  size_t rows = 0;
  EXPECT_EQ(run(50, false, rows), "");
  EXPECT_EQ(rows, 100'000u);
  EXPECT_EQ(run(95, false, rows), "lets all pass");
  EXPECT_GT(rows, 190'000u);
  EXPECT_LT(rows, 200'000u);
  EXPECT_EQ(run(50, true, rows), "given up");
  EXPECT_EQ(rows, 200'000u);
}

// Half of the build rows, which do not fit, have one key.
TEST_F(JoinTest, HotKeysAndLargeSidesKeepTheLimit) {
  const auto rows = [&](size_t count, int64_t hot_every) {
    Rows made;
    for (size_t i = 0; i < count; ++i) {
      const bool is_hot = static_cast<int64_t>(i) % hot_every == 0;
      made.push_back({Value::Int32(is_hot ? 7 : static_cast<int>(i)),
                      Value::Varchar("some text that is long enough " + std::to_string(i)),
                      Value::Int32(static_cast<int>(i % 5))});
    }
    return made;
  };
  const Rows left = rows(20'000, 5'000);
  const Rows right = rows(40'000, 2);
  const auto source = [](const Rows& made) {
    return std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, made, 1, 20));
  };
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kFull, JoinKind::kSemi,
                              JoinKind::kAnti, JoinKind::kMark}) {
    Case test{kind, {0}, false, true, {}, false};
    const PhysicalPlan plan = MakeJoin(test, source(left), source(right));
    QueryContext plenty = TestContext(2);
    const std::vector<std::string> expected = Sorted(*RunPlan(*plan, plenty));
    // Some kinds keep no more than keys.
    const bool keeps_texts = kind <= JoinKind::kFull;
    const size_t limit = keeps_texts ? 4'000'000 : 2'000'000;
    MemoryBudget budget("memory_limit", limit);
    QueryContext scarce = SpillingContext(2, kVectorSize, &budget);
    Result<Rows> found = RunPlan(*plan, scarce);
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_EQ(Sorted(*found), expected) << JoinKindName(kind);
    EXPECT_LE(budget.peak_bytes(), limit);
    EXPECT_GT(scarce.metrics().ForOperator(plan->id()).bytes_spilled.load(), 0u);
    EXPECT_EQ(budget.reserved_bytes(), 0u);
  }
}

// Lists and structs of the streamed side follow its other columns to disk.
TEST_F(JoinTest, NestedProbeRowsGoToDiskWhole) {
  const std::vector<LogicalType> types = testing::AllTypes();
  std::vector<PhysicalColumn> probe_schema = {{"k", TypeId::kInt32}};
  for (const LogicalType& type : types) {
    probe_schema.push_back({"c" + std::to_string(probe_schema.size()), type});
  }
  const std::vector<PhysicalColumn> build_schema = {{"k", TypeId::kInt32}, {"s", TypeId::kVarchar}};
  testing::Random random(3);
  RowsOperator::Morsels probe(8);
  RowsOperator::Morsels build(8);
  for (size_t morsel = 0; morsel < 8; ++morsel) {
    Batch batch = testing::RandomBatch(types, 150, random);
    std::vector<Vector> columns = {Vector::MakeFlat(TypeId::kInt32, 150)};
    for (int32_t i = 0; i < 150; ++i) {
      columns[0].mutable_data<int32_t>()[i] = static_cast<int32_t>(random() % 500);
    }
    columns.insert(columns.end(), batch.columns().begin(), batch.columns().end());
    probe[morsel].push_back(Batch(std::move(columns), 150));
    std::vector<Vector> built = {Vector::MakeFlat(TypeId::kInt32, 100),
                                 Vector::MakeFlat(TypeId::kVarchar, 100)};
    for (int32_t i = 0; i < 100; ++i) {
      built[0].mutable_data<int32_t>()[i] = static_cast<int32_t>(random() % 500);
      built[1].SetString(i, std::string(300, static_cast<char>('a' + i % 26)));
    }
    build[morsel].push_back(Batch(std::move(built), 100));
  }
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kFull, JoinKind::kSemi,
                              JoinKind::kAnti, JoinKind::kMark}) {
    PhysicalJoin::Fields fields;
    fields.kind = kind;
    fields.left_keys = {Expression::Input(0, TypeId::kInt32, "k")};
    fields.right_keys = {Expression::Input(0, TypeId::kInt32, "k")};
    fields.left_output.resize(probe_schema.size());
    std::iota(fields.left_output.begin(), fields.left_output.end(), 0);
    std::vector<PhysicalColumn> schema = probe_schema;
    if (kind <= JoinKind::kFull) {
      fields.right_output = {0, 1};
      schema.insert(schema.end(), build_schema.begin(), build_schema.end());
    }
    if (kind == JoinKind::kMark) schema.push_back({"mark", TypeId::kBoolean});
    const auto plan = std::make_shared<PhysicalJoin>(
        std::move(fields), std::move(schema), std::make_shared<RowsOperator>(probe_schema, probe),
        std::make_shared<RowsOperator>(build_schema, build));
    QueryContext plenty = TestContext(2);
    const std::vector<std::string> expected = Sorted(*RunPlan(*plan, plenty));
    for (const size_t batch_size : {size_t{7}, kVectorSize}) {
      QueryContext context = SpillingContext(2, batch_size);
      const Result<Rows> rows = RunPlan(*plan, context);
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      EXPECT_EQ(Sorted(*rows), expected) << JoinKindName(kind);
      EXPECT_GT(context.metrics().ForOperator(plan->id()).bytes_spilled.load(), 100'000u);
      EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    }
  }
}

TEST_F(JoinTest, SingleRefusesASecondMatch) {
  const Rows left = {{Value::Int32(1), Value::Varchar("a"), Value::Int32(1)}};
  Rows right = {{Value::Int32(1), Value::Varchar("b"), Value::Int32(2)}};
  Case test{JoinKind::kSingle, {0}, false, false, {}, false};
  QueryContext context = TestContext();
  EXPECT_EQ(RunPlan(*MakeJoin(test, Table(left), Table(right)), context)->size(), 1u);
  right.push_back(right.front());
  const Status status = RunPlan(*MakeJoin(test, Table(left), Table(right)), context).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.message().find("more than one row"), std::string::npos);
}

TEST_F(JoinTest, RefusesABuildSideOverTheLimitByName) {
  QueryContext context({.memory_limit_bytes = 1000}, FileSystem::Local(), nullptr);
  Case test{JoinKind::kInner, {0}, false, false, {}, false};
  const Rows rows = RandomRows(500);
  const Status status = RunPlan(*MakeJoin(test, Table(rows), Table(rows)), context).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("HASH_JOIN"), std::string::npos);
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);
}

}  // namespace
}  // namespace trivet
