// What holds of every registered function, whatever it computes: the inferred type is the evaluated
// one, and the answer of a row depends neither on how its arguments are encoded nor on other rows.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "expression/testing.h"

namespace trivet {
namespace {

using testing::FlatOf;
using testing::TestContext;

constexpr size_t kRows = 24;
constexpr int kRoundsPerOverload = 6;

class FunctionPropertyTest : public ::testing::Test {
 protected:
  size_t Pick(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }

  template <typename T>
  Value AnyInteger(const LogicalType& type) {
    const int64_t edges[] = {0, 1, -1, 2, 3, 7, 10, -10, 31, 63, 100, 2020, 36};
    if (Pick(5) == 0) return Value::Integer(type, std::numeric_limits<T>::max());
    if (Pick(5) == 0) return Value::Integer(type, std::numeric_limits<T>::min());
    return Value::Integer(type,
                          static_cast<int128_t>(static_cast<T>(edges[Pick(std::size(edges))])));
  }

  double AnyDouble() {
    const double infinity = std::numeric_limits<double>::infinity();
    const double edges[] = {0.0, -0.0, 1.5,  -2.5,     0.1,       1e300, -1e-300,      1e18,
                            2.0, 12.0, 80.0, infinity, -infinity, -1.0,  std::nan(""), 59.5};
    return edges[Pick(std::size(edges))];
  }

  std::string AnyText() {
    const char* edges[] = {"",
                           "a",
                           "abc",
                           "a_c%",
                           "Hello, World",
                           "äöü ß",
                           "%a%",
                           "\\",
                           "x*?[a-c]",
                           "a longer text, beyond the inline bytes",
                           "day",
                           "month",
                           "1,2,3",
                           ",",
                           "%Y-%m-%d",
                           "2020-02-29",
                           "YWJj",
                           "616263",
                           "UTC",
                           "Europe/Berlin",
                           "(a)(b)?",
                           "🤦🏼‍♂️ zwj",
                           "{} {}",
                           "%s",
                           "i",
                           "g",
                           " trimmed ",
                           "\xc3\xa4\xcc\x81"};
    return edges[Pick(std::size(edges))];
  }

  Value AnyValue(const LogicalType& type) {
    if (type.IsNull() || Pick(6) == 0) return Value::Null(type);
    switch (type.id()) {
      case TypeId::kBoolean: return Value::Boolean(Pick(2) == 0);
      case TypeId::kInt8: return AnyInteger<int8_t>(type);
      case TypeId::kInt16: return AnyInteger<int16_t>(type);
      case TypeId::kInt32: return AnyInteger<int32_t>(type);
      case TypeId::kInt64: return AnyInteger<int64_t>(type);
      case TypeId::kUInt8: return AnyInteger<uint8_t>(type);
      case TypeId::kUInt16: return AnyInteger<uint16_t>(type);
      case TypeId::kUInt32: return AnyInteger<uint32_t>(type);
      case TypeId::kUInt64: return AnyInteger<uint64_t>(type);
      case TypeId::kInt128:
        return Pick(5) == 0 ? Value::Integer(type, kInt128Min) : AnyInteger<int64_t>(type);
      case TypeId::kFloat: return Value::Float(static_cast<float>(AnyDouble()));
      case TypeId::kDouble: return Value::Double(AnyDouble());
      case TypeId::kDecimal: return AnyDecimal(type);
      case TypeId::kVarchar: return Value::Varchar(AnyText());
      case TypeId::kBlob: return Value::Blob(Pick(3) == 0 ? std::string("\x00\xff", 2) : AnyText());
      case TypeId::kDate: return AnyInteger<int32_t>(type);
      case TypeId::kTime: return Value::Integer(type, static_cast<int128_t>(Pick(86400)) * 1000001);
      case TypeId::kTimestamp: return AnyTimestamp(type);
      case TypeId::kInterval: return AnyInterval();
      case TypeId::kUuid: return AnyInteger<int64_t>(type);
      default: return Value::Null(type);
    }
  }

  Value AnyDecimal(const LogicalType& type) {
    int128_t limit = 1;
    for (int i = 0; i < type.precision(); ++i) limit *= 10;
    const int128_t edges[] = {0, 1, -1, 5, -15, 150, limit - 1, 1 - limit};
    const int128_t edge = edges[Pick(std::size(edges))];
    return Value::Integer(type, edge < limit && edge > -limit ? edge : 0);
  }

  Value AnyTimestamp(const LogicalType& type) {
    const int64_t edges[] = {0,
                             -1,
                             1,
                             1709210096789012,
                             -62135596800000000,
                             951782400000000,
                             std::numeric_limits<int64_t>::max(),
                             -std::numeric_limits<int64_t>::max(),
                             1500000000000000001};
    return Value::Integer(type, edges[Pick(std::size(edges))]);
  }

  Value AnyInterval() {
    const Interval edges[] = {
        {},           {1, 0, 0},          {0, 1, 0},          {0, 0, 1},
        {-13, 40, 0}, {0, 0, 3600000000}, {2147483647, 0, 0}, {14, -3, 86400000001}};
    return Value::FromInterval(edges[Pick(std::size(edges))]);
  }

  LogicalType AnyType(const Parameter& parameter) {
    const LogicalType decimals[] = {LogicalType::Decimal(4, 1), LogicalType::Decimal(9, 0),
                                    LogicalType::Decimal(18, 6), LogicalType::Decimal(38, 10)};
    const LogicalType any[] = {TypeId::kInt32, TypeId::kVarchar, TypeId::kDouble, decimals[0],
                               TypeId::kDate,  TypeId::kBoolean, TypeId::kInt64};
    switch (parameter.kind) {
      case Parameter::Kind::kExact: return parameter.type;
      case Parameter::Kind::kAnyDecimal: return decimals[Pick(std::size(decimals))];
      case Parameter::Kind::kAnyInteger: return TypeId::kInt32;
      case Parameter::Kind::kAnyNumeric: return TypeId::kDouble;
      case Parameter::Kind::kAnyTimestamp: return LogicalType::Timestamp();
      case Parameter::Kind::kAny: return any[any_type_];
    }
    return TypeId::kInt32;
  }

  void TestOverload(const ScalarFunction& function) {
    for (int round = 0; round < kRoundsPerOverload; ++round) {
      any_type_ = Pick(7);  // arguments of ANY that must agree get one type
      std::vector<LogicalType> types;
      for (const Parameter& parameter : function.parameters) types.push_back(AnyType(parameter));
      if (function.variadic) {
        for (size_t extra = Pick(3); extra > 0; --extra)
          types.push_back(AnyType(*function.variadic));
      }
      TestTypes(function, types);
    }
  }

  void TestTypes(const ScalarFunction& function, const std::vector<LogicalType>& types) {
    std::vector<ExpressionPtr> arguments;
    std::vector<std::vector<Value>> columns(types.size());
    for (size_t i = 0; i < types.size(); ++i) {
      const bool is_literal = Pick(3) == 0;
      for (size_t row = 0; row < kRows; ++row) {
        columns[i].push_back(is_literal && row > 0 ? columns[i][0] : AnyValue(types[i]));
      }
      arguments.push_back(is_literal ? Expression::Constant(columns[i][0])
                                     : Expression::Input(static_cast<uint32_t>(i), types[i]));
    }
    const auto bound = FunctionRegistry::Builtin().BindScalar(function.name, arguments, &context_);
    if (!bound.ok()) return;  // a literal that the function refuses, or another overload's types
    ++bound_calls_;
    TestCall(*bound, columns, types);
  }

  // The outcome of one row alone: its value, or the message of its error.
  struct Outcome {
    Value value;
    std::string error;
    bool failed = false;
    bool operator==(const Outcome&) const = default;
  };

  Outcome Evaluate(const ExpressionPtr& call, const Batch& batch, size_t row) {
    Evaluator evaluator({call}, context_);
    Vector result;
    const Status status = evaluator.Evaluate(0, batch, result);
    if (!status.ok()) return {Value(), status.message(), true};
    EXPECT_EQ(result.type(), call->type()) << call->ToString();
    return {result.GetValue(row), "", false};
  }

  void TestCall(const ExpressionPtr& call, const std::vector<std::vector<Value>>& columns,
                const std::vector<LogicalType>& types) {
    std::vector<Outcome> outcomes;
    std::vector<size_t> good;
    for (size_t row = 0; row < kRows; ++row) {
      std::vector<Vector> single;
      for (size_t i = 0; i < types.size(); ++i)
        single.push_back(FlatOf(types[i], {columns[i][row]}));
      outcomes.push_back(Evaluate(call, Batch(std::move(single), 1), 0));
      if (!outcomes.back().failed) {
        good.push_back(row);
      } else {
        EXPECT_TRUE(call->can_fail()) << call->ToString() << ": " << outcomes.back().error;
      }
    }
    for (const size_t row : good) {
      std::vector<Vector> constants;
      for (size_t i = 0; i < types.size(); ++i) {
        constants.push_back(Vector::MakeConstant(columns[i][row]));
      }
      Check(call, Batch(std::move(constants), 5), 4, outcomes[row], "constant");
    }
    if (!good.empty()) TestBatches(call, columns, types, outcomes, good);
    if (good.size() < kRows) TestErrors(call, columns, types, outcomes, good);
  }

  void TestBatches(const ExpressionPtr& call, const std::vector<std::vector<Value>>& columns,
                   const std::vector<LogicalType>& types, const std::vector<Outcome>& outcomes,
                   const std::vector<size_t>& good) {
    for (const char* encoding : {"flat", "selection", "dictionary", "mixed"}) {
      const Batch batch = BatchOf(columns, types, good, encoding);
      Evaluator evaluator({call}, context_);
      Vector result;
      const Status status = evaluator.Evaluate(0, batch, result);
      ASSERT_TRUE(status.ok()) << call->ToString() << " " << encoding << ": " << status.ToString();
      for (size_t i = 0; i < batch.row_count(); ++i) {
        const Outcome& expected = outcomes[good[i % good.size()]];
        const Value value = result.GetValue(i);
        ASSERT_EQ(value, expected.value)
            << call->ToString() << " " << encoding << " row " << i << ": " << value.ToString()
            << " instead of " << expected.value.ToString();
      }
    }
  }

  // The good rows, twice over.
  Batch BatchOf(const std::vector<std::vector<Value>>& columns,
                const std::vector<LogicalType>& types, const std::vector<size_t>& good,
                const std::string& encoding) {
    const size_t count = 2 * good.size();
    std::vector<Vector> vectors;
    for (size_t i = 0; i < types.size(); ++i) {
      const bool is_flat = encoding == "flat" || (encoding == "mixed" && Pick(2) == 0);
      std::vector<Value> values;
      for (size_t k = 0; k < (is_flat ? count : good.size()); ++k) {
        values.push_back(columns[i][good[k % good.size()]]);
      }
      Vector vector = FlatOf(types[i], values);
      if (!is_flat) {
        auto codes = MakeIndices(count);
        for (size_t k = 0; k < count; ++k) codes[k] = static_cast<uint32_t>(k % good.size());
        const uint64_t id = encoding == "selection" ? 0 : Vector::NextDictionaryId();
        vector = Vector::MakeDictionary(std::make_shared<const Vector>(std::move(vector)), codes,
                                        good.size(), id);
      }
      vectors.push_back(std::move(vector));
    }
    return Batch(std::move(vectors), count);
  }

  // The error of the lowest failing row is the one that is raised.
  void TestErrors(const ExpressionPtr& call, const std::vector<std::vector<Value>>& columns,
                  const std::vector<LogicalType>& types, const std::vector<Outcome>& outcomes,
                  const std::vector<size_t>& good) {
    std::vector<Vector> vectors;
    for (size_t i = 0; i < types.size(); ++i) vectors.push_back(FlatOf(types[i], columns[i]));
    Evaluator evaluator({call}, context_);
    Vector result;
    const Status status = evaluator.Evaluate(0, Batch(std::move(vectors), kRows), result);
    EXPECT_FALSE(status.ok());
    // Memory is refused to the query, whichever row asked for it.
    if (status.code() == StatusCode::kOutOfMemory) return;
    size_t first = 0;
    while (first < good.size() && good[first] == first) ++first;
    EXPECT_EQ(status.message(), outcomes[first].error) << call->ToString();
  }

  void Check(const ExpressionPtr& call, const Batch& batch, size_t row, const Outcome& expected,
             const char* what) {
    const Outcome outcome = Evaluate(call, batch, row);
    ASSERT_EQ(outcome, expected) << call->ToString() << " " << what << ": " << outcome.error
                                 << outcome.value.ToString() << " instead of "
                                 << expected.value.ToString();
  }

  TestContext context_;
  std::mt19937_64 random_{20240229};
  size_t any_type_ = 0;
  size_t bound_calls_ = 0;
};

TEST_F(FunctionPropertyTest, AnswersDependNeitherOnEncodingNorOnOtherRows) {
  size_t overloads = 0;
  FunctionRegistry::Builtin().ForEachScalar([&](const ScalarFunction& function) {
    if (function.volatility == Volatility::kVolatile || HasFatalFailure()) return;
    SCOPED_TRACE(function.name);
    ++overloads;
    TestOverload(function);
  });
  // Most random calls are meant to bind: otherwise this test would prove nothing.
  EXPECT_GT(overloads, 500u);
  EXPECT_GT(bound_calls_, 3 * overloads);
}

TEST_F(FunctionPropertyTest, EveryFunctionIsDescribed) {
  FunctionRegistry::Builtin().ForEachScalar([&](const ScalarFunction& function) {
    EXPECT_FALSE(function.description.empty()) << function.name;
    EXPECT_TRUE(function.kernel != nullptr || function.bind) << function.name;
  });
}

}  // namespace
}  // namespace trivet
