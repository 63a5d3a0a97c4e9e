#include <gtest/gtest.h>

#include "plan/logical_operators.h"

namespace trivet {
namespace {

PlanPtr OneRow(ColumnId id, std::string name, Value value) {
  auto values = std::make_unique<LogicalValues>();
  values->columns.push_back({id, std::move(name), value.type()});
  values->rows.push_back({Expression::Constant(std::move(value))});
  return values;
}

ExpressionPtr Int(ColumnId id) { return Expression::Column(id, TypeId::kInt32, "c"); }

// SELECT a FROM (a) dependent join (b WHERE b = a): the right side is correlated with the left.
std::unique_ptr<LogicalJoin> DependentJoin(ColumnIdGenerator& ids) {
  const ColumnId a = ids.Next();
  const ColumnId b = ids.Next();
  std::vector<ExpressionPtr> predicates;
  predicates.push_back(Expression::Compare(Comparison::kEqual, Int(b), Int(a)));
  PlanPtr right =
      std::make_unique<LogicalFilter>(OneRow(b, "b", Value::Int32(2)), std::move(predicates));
  auto join = std::make_unique<LogicalJoin>(JoinKind::kInner, OneRow(a, "a", Value::Int32(1)),
                                            std::move(right), std::vector<ExpressionPtr>{});
  join->dependent = true;
  return join;
}

TEST(FreeColumnsTest, AreThoseUsedButNotMade) {
  ColumnIdGenerator ids;
  auto join = DependentJoin(ids);
  EXPECT_TRUE(FreeColumns(*join).empty());
  EXPECT_EQ(FreeColumns(join->child(1)), (std::set<ColumnId>{0}));
  EXPECT_EQ(OutputIds(*join), (std::set<ColumnId>{0, 1}));
}

TEST(CloneWithFreshColumnsTest, RenamesMadeColumnsEverywhereAndKeepsFreeOnes) {
  ColumnIdGenerator ids;
  auto join = DependentJoin(ids);
  std::vector<std::pair<ColumnId, ColumnId>> mapping;
  PlanPtr right = CloneWithFreshColumns(join->child(1), ids, mapping);
  ASSERT_EQ(mapping.size(), 1u);
  EXPECT_EQ(mapping[0].first, 1u);
  EXPECT_EQ(OutputIds(*right), (std::set<ColumnId>{mapping[0].second}));
  EXPECT_EQ(FreeColumns(*right), (std::set<ColumnId>{0}));

  mapping.clear();
  PlanPtr copy = CloneWithFreshColumns(*join, ids, mapping);
  EXPECT_EQ(mapping.size(), 2u);
  EXPECT_TRUE(FreeColumns(*copy).empty());
  EXPECT_TRUE(ValidatePlan(*copy).ok());
  std::set<ColumnId> outputs = OutputIds(*copy);
  EXPECT_FALSE(outputs.contains(0) || outputs.contains(1));
}

TEST(CloneWithFreshColumnsTest, GivesCommonTableExpressionsTheirOwnIds) {
  ColumnIdGenerator ids;
  const uint32_t cte_id = ids.NextCteId();
  const ColumnId made = ids.Next();
  auto scan = std::make_unique<LogicalCteScan>(cte_id, "x");
  scan->columns.push_back({ids.Next(), "a", TypeId::kInt32});
  scan->definition_columns.push_back(made);
  LogicalCte cte(cte_id, "x", OneRow(made, "a", Value::Int32(1)), std::move(scan));
  ASSERT_TRUE(ValidatePlan(cte).ok());
  std::vector<std::pair<ColumnId, ColumnId>> mapping;
  PlanPtr copy = CloneWithFreshColumns(cte, ids, mapping);
  const auto& copied = static_cast<const LogicalCte&>(*copy);
  const auto& copied_scan = static_cast<const LogicalCteScan&>(copied.child(1));
  EXPECT_NE(copied.cte_id, cte_id);
  EXPECT_EQ(copied_scan.cte_id, copied.cte_id);
  EXPECT_EQ(OutputIds(copied.child(0)).count(copied_scan.definition_columns[0]), 1u);
  EXPECT_TRUE(ValidatePlan(*copy).ok());
}

TEST(ValidatePlanTest, AcceptsADependentJoinAndRefusesItUnmarked) {
  ColumnIdGenerator ids;
  auto join = DependentJoin(ids);
  EXPECT_TRUE(ValidatePlan(*join).ok());
  join->dependent = false;
  EXPECT_EQ(ValidatePlan(*join).code(), StatusCode::kInternal);
}

TEST(ValidatePlanTest, RefusesColumnsMadeTwice) {
  auto join =
      std::make_unique<LogicalJoin>(JoinKind::kInner, OneRow(0, "a", Value::Int32(1)),
                                    OneRow(0, "b", Value::Int32(1)), std::vector<ExpressionPtr>{});
  EXPECT_EQ(ValidatePlan(*join).code(), StatusCode::kInternal);
}

TEST(ValidatePlanTest, RefusesColumnsOfAnotherType) {
  std::vector<LogicalProject::Entry> entries;
  entries.push_back({{0, "a", TypeId::kInt64}, Expression::Column(0, TypeId::kInt64, "a")});
  LogicalProject project(OneRow(0, "a", Value::Int32(1)), std::move(entries));
  EXPECT_EQ(ValidatePlan(project).code(), StatusCode::kInternal);
}

TEST(ValidatePlanTest, RefusesAPredicateThatIsNotBoolean) {
  LogicalFilter filter(OneRow(0, "a", Value::Int32(1)), {Int(0)});
  EXPECT_EQ(ValidatePlan(filter).code(), StatusCode::kInternal);
}

TEST(ValidatePlanTest, RefusesASetOperationOverMissingColumns) {
  LogicalSetOperation operation(SetOperationKind::kUnion, true);
  operation.children().push_back(OneRow(0, "a", Value::Int32(1)));
  operation.children().push_back(OneRow(1, "a", Value::Int32(1)));
  operation.columns.push_back({2, "a", TypeId::kInt32});
  operation.input_columns = {{0}, {1}};
  EXPECT_TRUE(ValidatePlan(operation).ok());
  operation.input_columns = {{0}, {0}};
  EXPECT_EQ(ValidatePlan(operation).code(), StatusCode::kInternal);
}

TEST(PlanToStringTest, IndentsChildrenAndShowsEstimates) {
  ColumnIdGenerator ids;
  auto join = DependentJoin(ids);
  join->estimated_rows = 12.4;
  EXPECT_EQ(PlanToString(*join),
            "JOIN  Kind: INNER; Dependent: true  ~12 rows\n"
            "  VALUES  Rows: 1\n"
            "  FILTER  Predicate: (c = c)\n"
            "    VALUES  Rows: 1\n");
}

}  // namespace
}  // namespace trivet
