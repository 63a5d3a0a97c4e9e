#pragma once

// For tests of rules: SQL over tables with statistics, optimised by chosen rules alone.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "optimizer/optimizer.h"
#include "optimizer/plan_interpreter.h"
#include "sql/binder/testing.h"

namespace trivet::testing {

class OptimizerTest : public binder_testing::BinderTest {
 protected:
  OptimizerTest() {
    using T = TypeId;
    const LogicalType money = LogicalType::Decimal(15, 2);
    AddFake("lineitem", 6'000'000,
            {{"l_orderkey", T::kInt64},
             {"l_partkey", T::kInt64},
             {"l_suppkey", T::kInt64},
             {"l_quantity", money},
             {"l_price", money},
             {"l_shipdate", T::kDate},
             {"l_comment", T::kVarchar}},
            {1'500'000, 200'000, 10'000, 50, 900'000, 2'500, 4'500'000});
    AddFake("orders", 1'500'000,
            {{"o_orderkey", T::kInt64},
             {"o_custkey", T::kInt64},
             {"o_total", money},
             {"o_status", T::kVarchar}},
            {1'500'000, 100'000, 1'400'000, 3});
    AddFake("customer", 150'000,
            {{"c_custkey", T::kInt64}, {"c_nationkey", T::kInt32}, {"c_name", T::kVarchar}},
            {150'000, 25, 150'000});
    AddFake("supplier", 10'000, {{"s_suppkey", T::kInt64}, {"s_nationkey", T::kInt32}},
            {10'000, 25});
    AddFake("nation", 25, {{"n_nationkey", T::kInt32}, {"n_name", T::kVarchar}}, {25, 25});
    // May hold NULLs.
    AddFake("r", 1'000, {{"a", T::kInt32}, {"b", T::kInt32}, {"s", T::kVarchar}}, {100, 10, 500},
            500);
    AddFake("q", 2'000, {{"a", T::kInt32}, {"c", T::kInt64}}, {100, 10}, 500);
    // From 0 to 100.
    AddFake("bounded", 1'000, {{"x", T::kInt16}, {"y", T::kInt8}}, {100, 100}, 0, 100);
  }

  void AddFake(const std::string& name, uint64_t rows, const std::vector<ColumnDefinition>& columns,
               const std::vector<double>& distinct, uint64_t nulls = 0,
               std::optional<int> greatest = std::nullopt) {
    auto table = std::make_shared<FakeTable>(columns, std::vector<std::vector<Value>>{});
    table->known_statistics.row_count = rows;
    for (double count : distinct) {
      ColumnStatistics column;
      column.distinct_count = count;
      column.null_count = nulls;
      if (greatest) {
        const LogicalType& type = columns[table->known_statistics.columns.size()].type;
        column.min = Value::Integer(type, 0);
        column.max = Value::Integer(type, *greatest);
      }
      table->known_statistics.columns.push_back(std::move(column));
    }
    CatalogEntry entry;
    entry.schema = Catalog::kMainSchema;
    entry.name = name;
    entry.table = std::move(table);
    ASSERT_TRUE(catalog_.Create(std::move(entry), OnConflict::kError).ok());
  }

  // The plan after the rules named, and unnesting, alone; trace_ tells what fired.
  std::string OptimizedBy(const std::set<std::string>& rules, const std::string& sql) {
    std::set<std::string, std::less<>> disabled;
    for (const OptimizerRule& rule : OptimizerRules()) {
      if (!rules.contains(std::string(rule.name))) disabled.emplace(rule.name);
    }
    return Optimized(sql, std::move(disabled));
  }
  // The plan after all rules but those named.
  std::string Optimized(const std::string& sql, std::set<std::string, std::less<>> disabled = {}) {
    BoundQuery query = BindQuery(sql);
    trace_ = OptimizerTrace();
    OptimizerContext context{ids_, FunctionRegistry::Builtin(), context_, std::move(disabled),
                             &trace_};
    const Status status = OptimizeQuery(query, context);
    EXPECT_TRUE(status.ok()) << sql << "\n" << status.ToString();
    if (!status.ok()) return status.ToString();
    const Status valid = ValidatePlan(*query.plan);
    EXPECT_TRUE(valid.ok()) << sql << "\n" << valid.ToString();
    EXPECT_TRUE(FreeColumns(*query.plan).empty()) << sql;
    return PlanToString(*query.plan);
  }
  bool Fired(std::string_view rule) const { return trace_.Firings(rule) > 0; }

  OptimizerTrace trace_;
};

// Expectations on plan texts, with the plan in the message.
inline void ExpectHas(const std::string& plan, const std::string& part) {
  EXPECT_NE(plan.find(part), std::string::npos) << "no \"" << part << "\" in\n" << plan;
}
inline void ExpectHasNot(const std::string& plan, const std::string& part) {
  EXPECT_EQ(plan.find(part), std::string::npos) << "\"" << part << "\" in\n" << plan;
}
// Does `first` stand above (before) `second`?
inline void ExpectAbove(const std::string& plan, const std::string& first,
                        const std::string& second) {
  ExpectHas(plan, first);
  ExpectHas(plan, second);
  EXPECT_LT(plan.find(first), plan.find(second)) << plan;
}

}  // namespace trivet::testing
