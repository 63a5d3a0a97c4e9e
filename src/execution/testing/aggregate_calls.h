#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "execution/operators/aggregate.h"
#include "expression/function_registry.h"

// Random rows, calls of aggregates over them, and results as text: for tests of aggregation.
namespace trivet::aggregate_testing {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;
using Call = LogicalAggregate::Aggregate;

// A small integer, a string, a double, a wide integer, an interval; each may be NULL.
inline const std::vector<PhysicalColumn> kSchema = {{"i", TypeId::kInt32},
                                                    {"s", TypeId::kVarchar},
                                                    {"d", TypeId::kDouble},
                                                    {"w", TypeId::kInt64},
                                                    {"v", TypeId::kInterval}};

inline ExpressionPtr Column(size_t i) {
  return Expression::Input(static_cast<uint32_t>(i), kSchema[i].type, kSchema[i].name);
}

inline Rows RandomRows(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    Row row;
    for (const PhysicalColumn& column : kSchema) {
      const uint64_t bits = random();
      if (bits % 9 == 0) {
        row.push_back(Value::Null(column.type));
        continue;
      }
      switch (column.type.id()) {
        case TypeId::kInt32: row.push_back(Value::Int32(static_cast<int>(bits % 12) - 3)); break;
        case TypeId::kVarchar: {
          const std::string letter(1, static_cast<char>('a' + bits % 7));
          row.push_back(Value::Varchar(bits % 2 ? letter : letter + " and a long tail behind it"));
          break;
        }
        case TypeId::kDouble: {
          const double doubles[] = {0.0, -0.0, 0.1, 1e300, -1e300, 1.0, 3e-5, 1.0 / 0.0};
          row.push_back(Value::Double(bits % 5 == 0 ? __builtin_nan("") : doubles[bits / 9 % 7]));
          break;
        }
        case TypeId::kInt64:
          row.push_back(Value::Int64(static_cast<int64_t>(bits >> (bits % 60))));
          break;
        default:
          row.push_back(Value::FromInterval({static_cast<int>(bits / 9 % 2), 0, 0}));
          if (bits / 18 % 2)
            row.back() = Value::FromInterval({0, static_cast<int>(bits / 9 % 2) * 30, 0});
          break;
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

inline Call MakeCall(const std::string& name, std::vector<ExpressionPtr> arguments) {
  auto bound = FunctionRegistry::Builtin().BindAggregate(name, arguments);
  EXPECT_TRUE(bound.ok()) << bound.status().ToString();
  Call call;
  call.function = *bound;
  call.arguments = std::move(arguments);
  call.column = {0, name, call.function.return_type};
  return call;
}

inline Call Distinct(Call call) {
  call.distinct = true;
  return call;
}
inline Call Ordered(Call call, std::vector<SortKey> keys) {
  call.order_by = std::move(keys);
  return call;
}
inline Call Filtered(Call call, ExpressionPtr filter) {
  call.filter = std::move(filter);
  return call;
}

inline std::string Text(const Row& row) {
  std::string text;
  for (const Value& value : row) {
    text += value.ToString() + "|";
    if (value.type().IsFloating() && !value.is_null()) {
      text += std::signbit(value.floating()) ? "-" : "+";
    }
  }
  return text;
}

inline std::vector<std::string> SortedText(const Rows& rows) {
  std::vector<std::string> text;
  for (const Row& row : rows) text.push_back(Text(row));
  std::sort(text.begin(), text.end());
  return text;
}

// What stands in one list only: shorter to read than both.
inline std::string Difference(const std::vector<std::string>& actual,
                              const std::vector<std::string>& expected) {
  std::vector<std::string> extra;
  std::vector<std::string> missing;
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(),
                      std::back_inserter(missing));
  std::string text;
  for (const std::string& row : extra) text += "\nextra   " + row;
  for (const std::string& row : missing) text += "\nmissing " + row;
  return text;
}

}  // namespace trivet::aggregate_testing
