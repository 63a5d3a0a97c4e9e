// Functions are found by signature and bound as they were, every one of them.
#include <gtest/gtest.h>

#include <set>

#include "execution/operators/aggregate.h"
#include "execution/operators/project.h"
#include "execution/operators/values.h"
#include "execution/testing/run_plan.h"
#include "fragment/fragment.h"

namespace trivet {
namespace {

std::shared_ptr<PhysicalValues> RowsOf(const std::vector<Value>& row, size_t count) {
  std::vector<PhysicalColumn> schema;
  std::vector<ExpressionPtr> values;
  for (const Value& value : row) {
    schema.push_back({"c", value.type()});
    values.push_back(Expression::Constant(value));
  }
  return std::make_shared<PhysicalValues>(std::vector(count, values), std::move(schema));
}

std::string RowsText(const PhysicalOperator& plan) {
  QueryContext context = TestContext();
  const auto rows = RunPlan(plan, context);
  if (!rows.ok()) return rows.status().ToString();
  std::string text;
  for (const auto& row : *rows) {
    for (const Value& value : row) text += value.ToString() + "|";
  }
  return text;
}

// `deterministic`: two runs of the same plan give the same.
void ExpectRoundTrip(const PhysicalOperator& plan, bool deterministic) {
  const auto bytes = EncodeFragment(plan);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  const auto decoded = DecodeFragment(*bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_TRUE(PlansEqual(plan, **decoded));
  EXPECT_EQ(*EncodeFragment(**decoded), *bytes);
  if (deterministic) {
    EXPECT_EQ(RowsText(plan), RowsText(**decoded));
  }
}

// A value that fits a parameter and most functions' demands.
Value ArgumentFor(const Parameter& parameter) {
  switch (parameter.kind) {
    case Parameter::Kind::kExact: break;
    case Parameter::Kind::kAny:
    case Parameter::Kind::kAnyInteger: return Value::Int32(2);
    case Parameter::Kind::kAnyDecimal:
    case Parameter::Kind::kAnyNumeric: return Value::Integer(LogicalType::Decimal(10, 2), 123);
    case Parameter::Kind::kAnyTimestamp:
      return Value::Integer(LogicalType::Timestamp(), 1'700'000'000'000'000);
  }
  const LogicalType& type = parameter.type;
  switch (type.physical()) {
    case PhysicalType::kString:
      return type == TypeId::kBlob ? Value::Blob("2") : Value::Varchar("2");
    case PhysicalType::kFloat: return Value::Float(0.5);
    case PhysicalType::kDouble: return Value::Double(0.5);
    case PhysicalType::kInterval: return Value::FromInterval({1, 2, 3});
    case PhysicalType::kList:
    case PhysicalType::kStruct: return Value::Null(type);
    default: return type.IsNull() ? Value::Null() : Value::Integer(type, 1);
  }
}

template <typename Function>
std::vector<Value> ArgumentsFor(const Function& function) {
  std::vector<Value> arguments;
  for (const Parameter& parameter : function.parameters) {
    arguments.push_back(ArgumentFor(parameter));
  }
  if (function.variadic) arguments.push_back(ArgumentFor(*function.variadic));
  return arguments;
}

// Arguments as columns or, where the bit is set, as constants.
std::vector<ExpressionPtr> ExpressionsFor(const std::vector<Value>& values, uint32_t constants) {
  std::vector<ExpressionPtr> expressions;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_constant = (constants >> i & 1) != 0;
    expressions.push_back(is_constant
                              ? Expression::Constant(values[i])
                              : Expression::Input(static_cast<uint32_t>(i), values[i].type(), "c"));
  }
  return expressions;
}

TEST(FunctionRoundTrip, EveryScalarFunction) {
  size_t done = 0;
  QueryContext context = TestContext();
  FunctionRegistry::Builtin().ForEachScalar([&](const ScalarFunction& function) {
    const std::vector<Value> values = ArgumentsFor(function);
    for (uint32_t constants = 0; constants < (1u << std::min<size_t>(values.size(), 3));
         ++constants) {
      const auto call = FunctionRegistry::Builtin().BindScalar(
          function.name, ExpressionsFor(values, constants), &context);
      if (!call.ok()) continue;  // wants a constant here, or others
      SCOPED_TRACE((*call)->ToString());
      const PhysicalProject plan({*call}, {{"f", (*call)->type()}}, RowsOf(values, 1));
      ExpectRoundTrip(plan, !(*call)->is_volatile());
      ++done;
    }
  });
  EXPECT_GT(done, 1000u);
}

TEST(FunctionRoundTrip, EveryAggregateFunction) {
  std::set<std::string> done;
  FunctionRegistry::Builtin().ForEachAggregate([&](const AggregateFunction& function) {
    const std::vector<Value> values = ArgumentsFor(function);
    for (uint32_t constants = 0; constants < (1u << values.size()); ++constants) {
      LogicalAggregate::Aggregate aggregate;
      aggregate.arguments = ExpressionsFor(values, constants);
      auto bound = FunctionRegistry::Builtin().BindAggregate(function.name, aggregate.arguments);
      if (!bound.ok()) continue;
      aggregate.function = *bound;
      aggregate.column = {7, "a", bound->return_type};
      SCOPED_TRACE(function.name);
      const PhysicalHashAggregate plan({}, {aggregate}, {{"a", bound->return_type}},
                                       RowsOf(values, 3));
      ExpectRoundTrip(plan, true);
      done.insert(function.name);
    }
  });
  FunctionRegistry::Builtin().ForEachAggregate([&](const AggregateFunction& function) {
    EXPECT_TRUE(done.contains(function.name)) << function.name;
  });
}

// Calls keep what they were bound with, whatever rewriting has made of their arguments since.
TEST(FunctionRoundTrip, CallsAreBoundAsTheyWere) {
  QueryContext context = TestContext();
  const ExpressionPtr text = Expression::Input(0, TypeId::kVarchar, "s");
  const ExpressionPtr price = Expression::Input(1, LogicalType::Decimal(15, 2), "p");
  const auto bind = [&](std::string_view name, std::vector<ExpressionPtr> arguments) {
    auto bound = FunctionRegistry::Builtin().BindScalar(name, std::move(arguments), &context);
    EXPECT_TRUE(bound.ok()) << bound.status().ToString();
    return *bound;
  };
  const ExpressionPtr pattern = Expression::Constant(Value::Varchar("^a"));
  std::vector<ExpressionPtr> calls = {
      // Bound to a constant that is one no more: the constant still counts.
      bind("regexp_matches", {text, Expression::Constant(Value::Varchar("^b"))})
          ->WithChildren({text, text}),
      // Bound to a column that has become a constant.
      bind("regexp_matches", {text, text})->WithChildren({text, pattern}),
      bind("round", {price, Expression::Constant(Value::Int32(1))}),
      // Whose type would be another, were they bound to what they are given now.
      bind("*", {bind("+", {price, price}), bind("-", {price, price})})};
  std::vector<PhysicalColumn> schema;
  for (const ExpressionPtr& call : calls) schema.push_back({"c", call->type()});
  const auto rows =
      RowsOf({Value::Varchar("abc"), Value::Integer(LogicalType::Decimal(15, 2), 12345)}, 1);
  const PhysicalProject plan(calls, schema, rows);
  EXPECT_EQ(RowsText(plan).substr(0, 10), "false|true");
  ExpectRoundTrip(plan, true);
}

TEST(FunctionSignatures, TellOverloadsApart) {
  std::set<std::string> seen;
  FunctionRegistry::Builtin().ForEachScalar([&](const ScalarFunction& function) {
    BoundScalarFunction bound;
    bound.function = &function;
    EXPECT_TRUE(seen.insert(FunctionRegistry::SignatureOf(bound)).second)
        << FunctionRegistry::SignatureOf(bound);
  });
  seen.clear();
  FunctionRegistry::Builtin().ForEachAggregate([&](const AggregateFunction& function) {
    BoundAggregateFunction bound;
    bound.function = &function;
    EXPECT_TRUE(seen.insert(FunctionRegistry::SignatureOf(bound)).second)
        << FunctionRegistry::SignatureOf(bound);
  });
}

}  // namespace
}  // namespace trivet
