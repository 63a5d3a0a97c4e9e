#include "expression/evaluator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "expression/kernel.h"
#include "expression/testing.h"

namespace trivet {
namespace {

using testing::FlatOf;
using testing::InputOf;
using testing::TestContext;
using testing::ValuesOf;

const LogicalType kBool = TypeId::kBoolean;
const LogicalType kInt = TypeId::kInt32;

Value Null(const LogicalType& type) { return Value::Null(type); }
Value Int(int32_t value) { return Value::Int32(value); }
ExpressionPtr Constant(int32_t value) { return Expression::Constant(Int(value)); }

std::atomic<size_t> counted_rows{0};

// Copies its argument, counts the rows that it is given and fails where the value is negative.
void CountingKernel(const KernelCall& call, Vector& result) {
  counted_rows += call.count;
  TryUnaryKernel<int32_t, int32_t>(
      call, result,
      [](int32_t in, int32_t& out) {
        out = in;
        return in >= 0;
      },
      [](int32_t in) { return Status::InvalidInput("negative " + std::to_string(in)); });
}

const ScalarFunction& CountingFunction() {
  static const ScalarFunction* const function = [] {
    auto* made = new ScalarFunction();
    made->name = "counting";
    made->parameters = {TypeId::kInt32};
    made->return_type = TypeId::kInt32;
    made->kernel = CountingKernel;
    made->can_fail = true;
    return made;
  }();
  return *function;
}

ExpressionPtr Counting(ExpressionPtr argument) {
  BoundScalarFunction bound;
  bound.function = &CountingFunction();
  bound.argument_types = {kInt};
  bound.return_type = kInt;
  bound.kernel = CountingKernel;
  bound.can_fail = true;
  return Expression::Call(std::move(bound), {std::move(argument)});
}

ExpressionPtr CountingIsPositive(ExpressionPtr argument) {
  return Expression::Compare(Comparison::kGreater, Counting(std::move(argument)), Constant(0));
}

class EvaluatorTest : public ::testing::Test {
 protected:
  void SetUp() override { counted_rows = 0; }

  Result<std::vector<Value>> Evaluate(const ExpressionPtr& expression, const Batch& batch) {
    Evaluator evaluator({expression}, context_);
    Vector result;
    TRIVET_RETURN_IF_ERROR(evaluator.Evaluate(0, batch, result));
    EXPECT_EQ(result.type(), expression->type());
    return ValuesOf(result, batch.row_count());
  }
  Result<std::vector<uint32_t>> Select(const ExpressionPtr& expression, const Batch& batch) {
    Evaluator evaluator({expression}, context_);
    uint32_t rows[kVectorSize];
    size_t count = 0;
    TRIVET_RETURN_IF_ERROR(evaluator.Select(0, batch, rows, count));
    return std::vector<uint32_t>(rows, rows + count);
  }
  static Batch IntBatch(const std::vector<Value>& values) {
    return Batch({FlatOf(kInt, values)}, values.size());
  }

  TestContext context_;
};

TEST_F(EvaluatorTest, KleeneTables) {
  const std::vector<Value> truth = {Value::Boolean(false), Value::Boolean(true), Null(kBool)};
  std::vector<Value> left, right;
  for (const Value& a : truth) {
    for (const Value& b : truth) {
      left.push_back(a);
      right.push_back(b);
    }
  }
  const Batch batch({FlatOf(kBool, left), FlatOf(kBool, right)}, left.size());
  const Value &f = truth[0], &t = truth[1], &n = truth[2];
  const auto a = InputOf(0, kBool), b = InputOf(1, kBool);
  EXPECT_EQ(*Evaluate(Expression::And({a, b}), batch),
            (std::vector<Value>{f, f, f, f, t, n, f, n, n}));
  EXPECT_EQ(*Evaluate(Expression::Or({a, b}), batch),
            (std::vector<Value>{f, t, n, t, t, t, n, t, n}));
  EXPECT_EQ(*Evaluate(Expression::Not(a), batch), (std::vector<Value>{t, t, t, f, f, f, n, n, n}));
  EXPECT_EQ(*Select(Expression::And({a, b}), batch), (std::vector<uint32_t>{4}));
  EXPECT_EQ(*Select(Expression::Or({a, b}), batch), (std::vector<uint32_t>{1, 3, 4, 5, 7}));
}

TEST_F(EvaluatorTest, AndEvaluatesLaterConjunctsOnlyWhereUndecided) {
  const Batch batch({FlatOf(kBool, {Value::Boolean(false), Value::Boolean(true), Null(kBool)}),
                     FlatOf(kInt, {Int(-1), Int(2), Int(3)})},
                    3);
  const auto both = Expression::And({InputOf(0, kBool), CountingIsPositive(InputOf(1, kInt))});
  EXPECT_EQ(*Evaluate(both, batch),
            (std::vector<Value>{Value::Boolean(false), Value::Boolean(true), Null(kBool)}));
  EXPECT_EQ(counted_rows, 2u);
  EXPECT_EQ(*Select(both, batch), (std::vector<uint32_t>{1}));
}

TEST_F(EvaluatorTest, ErrorsAreRaisedOnlyForLiveRows) {
  const Batch batch = IntBatch({Int(1), Int(-5), Int(3), Int(-7)});
  const auto input = InputOf(0, kInt);
  const auto guard = Expression::Compare(Comparison::kGreater, input, Constant(0));
  EXPECT_TRUE(Select(Expression::And({guard, CountingIsPositive(input)}), batch).ok());
  const auto guarded = Expression::Case({guard, Counting(input), Constant(0)});
  EXPECT_EQ(*Evaluate(guarded, batch), (std::vector<Value>{Int(1), Int(0), Int(3), Int(0)}));
  const auto failed = Evaluate(Counting(input), batch);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().message(), "negative -5");  // the lowest row's
  const auto late = Select(Expression::Or({guard, CountingIsPositive(input)}), batch);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.status().message(), "negative -5");
}

TEST_F(EvaluatorTest, ErrorsCarryThePositionInTheText) {
  const auto call = Counting(InputOf(0, kInt))->WithPosition(17);
  const auto failed = Evaluate(call, IntBatch({Int(-1)}));
  EXPECT_EQ(failed.status().position(), std::optional<size_t>(17));
}

TEST_F(EvaluatorTest, CaseTakesTheFirstTrueBranchAndTreatsNullAsFalse) {
  const auto input = InputOf(0, kInt);
  const auto is = [&](int value) {
    return Expression::Compare(Comparison::kEqual, input, Constant(value));
  };
  const auto choice =
      Expression::Case({is(1), Constant(10), is(2), Constant(20), is(1), Constant(99), input});
  EXPECT_EQ(*Evaluate(choice, IntBatch({Int(1), Int(2), Int(3), Null(kInt)})),
            (std::vector<Value>{Int(10), Int(20), Int(3), Null(kInt)}));
}

TEST_F(EvaluatorTest, CoalesceIsLazyRowByRow) {
  const Batch batch({FlatOf(kInt, {Int(1), Null(kInt), Null(kInt), Null(kInt)}),
                     FlatOf(kInt, {Int(-9), Int(2), Null(kInt), Null(kInt)}),
                     FlatOf(kInt, {Int(-9), Int(-9), Int(3), Null(kInt)})},
                    4);
  const auto lazy = Expression::Coalesce(
      {InputOf(0, kInt), Counting(InputOf(1, kInt)), Counting(InputOf(2, kInt))});
  EXPECT_EQ(*Evaluate(lazy, batch), (std::vector<Value>{Int(1), Int(2), Int(3), Null(kInt)}));
  EXPECT_EQ(counted_rows, 5u);
}

TEST_F(EvaluatorTest, InFollowsKleeneLogic) {
  const Batch batch = IntBatch({Int(1), Int(2), Null(kInt)});
  const auto input = InputOf(0, kInt);
  const auto null = Expression::Constant(Null(kInt));
  const Value t = Value::Boolean(true), f = Value::Boolean(false), n = Null(kBool);
  EXPECT_EQ(*Evaluate(Expression::In({input, Constant(1), Constant(5)}), batch),
            (std::vector<Value>{t, f, n}));
  EXPECT_EQ(*Evaluate(Expression::In({input, Constant(1), null}), batch),
            (std::vector<Value>{t, n, n}));
  EXPECT_EQ(*Evaluate(Expression::In({input, input, null}), batch), (std::vector<Value>{t, t, n}));
}

TEST_F(EvaluatorTest, InFindsMembersOfLongListsOfEveryType) {
  std::vector<ExpressionPtr> strings = {InputOf(0, TypeId::kVarchar)};
  std::vector<ExpressionPtr> doubles = {InputOf(1, TypeId::kDouble)};
  for (int i = 0; i < 100; ++i) {
    strings.push_back(Expression::Constant(Value::Varchar("member number " + std::to_string(i))));
    doubles.push_back(Expression::Constant(Value::Double(i == 99 ? std::nan("") : i)));
  }
  const Batch batch({FlatOf(TypeId::kVarchar, {Value::Varchar("member number 42"),
                                               Value::Varchar("member number 100")}),
                     FlatOf(TypeId::kDouble, {Value::Double(-0.0), Value::Double(-std::nan(""))})},
                    2);
  const Value t = Value::Boolean(true), f = Value::Boolean(false);
  EXPECT_EQ(*Evaluate(Expression::In(strings), batch), (std::vector<Value>{t, f}));
  EXPECT_EQ(*Evaluate(Expression::In(doubles), batch), (std::vector<Value>{t, t}));
}

class DictionaryTest : public EvaluatorTest {
 protected:
  // 100 entries, used through `codes`; entry i holds i, entry 7 fails.
  Batch DictionaryBatch(uint64_t id, size_t count, uint32_t stride) {
    std::vector<Value> entries;
    for (int i = 0; i < 100; ++i) entries.push_back(i == 7 ? Int(-7) : Int(i));
    auto codes = MakeIndices();
    for (size_t i = 0; i < count; ++i) codes[i] = (i * stride + 1) % 100;
    return Batch({Vector::MakeDictionary(std::make_shared<const Vector>(FlatOf(kInt, entries)),
                                         codes, 100, id)},
                 count);
  }
};

TEST_F(DictionaryTest, EvaluatesOncePerEntryAndKeepsTheAnswers) {
  Evaluator evaluator({Counting(InputOf(0, kInt))}, context_);
  const Batch batch = DictionaryBatch(Vector::NextDictionaryId(), 2000, 2);
  Vector result;
  const Status status = evaluator.Evaluate(0, batch, result);
  EXPECT_EQ(counted_rows, 100u);
  EXPECT_FALSE(status.ok());  // its rows use entry 7
  const Batch even = DictionaryBatch(batch.column(0).dictionary_id(), 2000, 50);
  ASSERT_TRUE(evaluator.Evaluate(0, even, result).ok());
  EXPECT_EQ(counted_rows, 100u);
  EXPECT_TRUE(result.is_dictionary());
  EXPECT_NE(result.dictionary_id(), 0u);
  for (size_t row = 0; row < 2000; ++row) {
    ASSERT_EQ(result.GetValue(row), even.column(0).GetValue(row));
  }
}

TEST_F(DictionaryTest, ErrorsOfEntriesThatNoRowUsesAreNotRaised) {
  const Batch batch = DictionaryBatch(Vector::NextDictionaryId(), 2000, 50);  // entries 1 and 51
  EXPECT_EQ(*Select(CountingIsPositive(InputOf(0, kInt)), batch), [] {
    std::vector<uint32_t> all;
    for (uint32_t i = 0; i < 2000; ++i) all.push_back(i);
    return all;
  }());
  EXPECT_EQ(counted_rows, 100u);
}

TEST_F(DictionaryTest, FewRowsOfALargeDictionaryAreEvaluatedDirectly) {
  const Batch batch = DictionaryBatch(Vector::NextDictionaryId(), 10, 50);
  EXPECT_TRUE(Evaluate(Counting(InputOf(0, kInt)), batch).ok());
  EXPECT_EQ(counted_rows, 10u);
}

TEST_F(DictionaryTest, MereSelectionsAreNotTakenForDictionaries) {
  const Batch batch = DictionaryBatch(0, 2000, 50);
  EXPECT_TRUE(Evaluate(Counting(InputOf(0, kInt)), batch).ok());
  EXPECT_EQ(counted_rows, 2000u);
}

TEST_F(EvaluatorTest, ConstantColumnsAreEvaluatedOnce) {
  const Batch batch({Vector::MakeConstant(Int(5))}, 1000);
  EXPECT_EQ(*Select(CountingIsPositive(InputOf(0, kInt)), batch),
            *Select(Expression::Constant(Value::Boolean(true)), batch));
  EXPECT_EQ(counted_rows, 1u);
}

TEST_F(EvaluatorTest, EmptyBatchesRaiseNothing) {
  const auto failing = Counting(Constant(-1));
  EXPECT_TRUE(Evaluate(failing, Batch({FlatOf(kInt, {})}, 0)).ok());
  EXPECT_FALSE(Evaluate(failing, IntBatch({Int(1)})).ok());
}

TEST_F(EvaluatorTest, ComparesFloatsIntervalsAndStringsInTheEnginesOrder) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Batch doubles({FlatOf(TypeId::kDouble, {Value::Double(nan), Value::Double(nan),
                                                Value::Double(-0.0), Value::Double(inf)}),
                       FlatOf(TypeId::kDouble, {Value::Double(-nan), Value::Double(inf),
                                                Value::Double(0.0), Value::Double(nan)})},
                      4);
  const auto compare = [&](Comparison op, const LogicalType& type) {
    return Expression::Compare(op, InputOf(0, type), InputOf(1, type));
  };
  const LogicalType d = TypeId::kDouble;
  EXPECT_EQ(*Select(compare(Comparison::kEqual, d), doubles), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(*Select(compare(Comparison::kNotEqual, d), doubles), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(*Select(compare(Comparison::kLess, d), doubles), (std::vector<uint32_t>{3}));
  EXPECT_EQ(*Select(compare(Comparison::kLessOrEqual, d), doubles),
            (std::vector<uint32_t>{0, 2, 3}));
  EXPECT_EQ(*Select(compare(Comparison::kGreater, d), doubles), (std::vector<uint32_t>{1}));
  EXPECT_EQ(*Select(compare(Comparison::kGreaterOrEqual, d), doubles),
            (std::vector<uint32_t>{0, 1, 2}));

  const LogicalType i = TypeId::kInterval;
  const Batch intervals(
      {FlatOf(i, {Value::FromInterval({1, 0, 0}), Value::FromInterval({0, 1, 0})}),
       FlatOf(i, {Value::FromInterval({0, 30, 0}), Value::FromInterval({0, 0, 86400000001})})},
      2);
  EXPECT_EQ(*Select(compare(Comparison::kEqual, i), intervals), (std::vector<uint32_t>{0}));
  EXPECT_EQ(*Select(compare(Comparison::kLess, i), intervals), (std::vector<uint32_t>{1}));

  const LogicalType s = TypeId::kVarchar;
  const Batch strings(
      {FlatOf(s, {Value::Varchar("abc"), Value::Varchar("a long string, really long"),
                  Value::Varchar("\xc3\xa4"), Value::Varchar("")}),
       FlatOf(s, {Value::Varchar("abcd"), Value::Varchar("a long string, really lonf"),
                  Value::Varchar("z"), Value::Varchar("")})},
      4);
  EXPECT_EQ(*Select(compare(Comparison::kLess, s), strings), (std::vector<uint32_t>{0}));
  EXPECT_EQ(*Select(compare(Comparison::kGreater, s), strings), (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(*Select(compare(Comparison::kEqual, s), strings), (std::vector<uint32_t>{3}));
}

TEST_F(EvaluatorTest, DistinctFromTreatsNullsAsValues) {
  const Batch batch({FlatOf(kInt, {Int(1), Int(1), Null(kInt), Null(kInt)}),
                     FlatOf(kInt, {Int(1), Null(kInt), Int(1), Null(kInt)})},
                    4);
  const auto test = [&](Comparison op) {
    return Expression::Compare(op, InputOf(0, kInt), InputOf(1, kInt));
  };
  const Value t = Value::Boolean(true), f = Value::Boolean(false);
  EXPECT_EQ(*Evaluate(test(Comparison::kDistinctFrom), batch), (std::vector<Value>{f, t, t, f}));
  EXPECT_EQ(*Evaluate(test(Comparison::kNotDistinctFrom), batch), (std::vector<Value>{t, f, f, t}));
  EXPECT_EQ(*Select(test(Comparison::kNotDistinctFrom), batch), (std::vector<uint32_t>{0, 3}));
}

TEST_F(EvaluatorTest, SelectOverSlicesGivesRowsOfTheBatch) {
  // Every comparison behind another one sees a shrinking selection of flat and dictionary columns.
  std::vector<Value> numbers;
  for (int i = 0; i < 1000; ++i) numbers.push_back(i % 11 == 0 ? Null(kInt) : Int(i));
  const Batch batch = IntBatch(numbers);
  const auto input = InputOf(0, kInt);
  const auto sum = [&](int value) {
    return FunctionRegistry::Builtin().BindScalar("+", {input, Constant(value)}, &context_).value();
  };
  const auto predicate = Expression::And(
      {Expression::Compare(Comparison::kGreater, sum(1), Constant(100)),
       Expression::Compare(Comparison::kLess, input, Constant(900)),
       Expression::Compare(Comparison::kLess, sum(10), Constant(200)),
       Expression::Or({Expression::Compare(Comparison::kLess, Constant(180), input),
                       Expression::Compare(Comparison::kEqual, sum(5), Constant(106))})});
  std::vector<uint32_t> expected;
  for (uint32_t i = 0; i < 1000; ++i) {
    if (i % 11 != 0 && i + 1 > 100 && i < 900 && i + 10 < 200 && (i > 180 || i + 5 == 106)) {
      expected.push_back(i);
    }
  }
  EXPECT_EQ(*Select(predicate, batch), expected);
}

TEST_F(EvaluatorTest, ResultsOfOneBatchSurviveTheNext) {
  const auto sum =
      FunctionRegistry::Builtin().BindScalar("+", {InputOf(0, kInt), Constant(1)}, &context_);
  Evaluator evaluator({*sum}, context_);
  Vector first, second;
  ASSERT_TRUE(evaluator.Evaluate(0, IntBatch({Int(1)}), first).ok());
  const Vector kept = first;  // shares the memory, so that the next call must not write it
  ASSERT_TRUE(evaluator.Evaluate(0, IntBatch({Int(5)}), first).ok());
  EXPECT_EQ(kept.GetValue(0), Int(2));
  EXPECT_EQ(first.GetValue(0), Int(6));
}

}  // namespace
}  // namespace trivet
