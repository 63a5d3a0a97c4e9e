#include "execution/operator_registry.h"

#include <gtest/gtest.h>

#include "execution/operators/join.h"
#include "execution/operators/limit.h"
#include "execution/operators/sort.h"
#include "execution/operators/values.h"

namespace trivet {
namespace {

PhysicalPlan OneColumn(std::string name, LogicalType type = TypeId::kInt64) {
  return std::make_shared<PhysicalValues>(std::vector<std::vector<ExpressionPtr>>{},
                                          std::vector<PhysicalColumn>{{std::move(name), type}});
}

TEST(OperatorRegistry, MakesEveryOperatorUnderItsOwnName) {
  const OperatorRegistry& registry = OperatorRegistry::Builtin();
  EXPECT_GE(registry.names().size(), 13);
  for (const std::string& name : registry.names()) {
    const auto made = registry.Make(name);
    ASSERT_TRUE(made.ok()) << name;
    EXPECT_EQ((*made)->wire_name(), name);
    EXPECT_TRUE((*made)->children().empty());
    EXPECT_TRUE((*made)->schema().empty());
  }
}

TEST(OperatorRegistry, NamesAnUnknownOperator) {
  const auto made = OperatorRegistry::Builtin().Make("TELEPORT");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), StatusCode::kProtocolMismatch);
  EXPECT_NE(made.status().message().find("TELEPORT"), std::string::npos);
}

TEST(OperatorRegistry, WireNameDoesNotDependOnFields) {
  PhysicalSort::Fields fields;
  const PhysicalSort all(fields, OneColumn("a"));
  fields.limit = 3;
  const PhysicalSort top(fields, OneColumn("a"));
  EXPECT_NE(all.name(), top.name());
  EXPECT_EQ(all.wire_name(), top.wire_name());
}

TEST(PhysicalOperator, WithChildrenReplacesChildrenAndNothingElse) {
  PhysicalLimit limit(7, std::nullopt, 2, true, OneColumn("a"));
  limit.set_estimated_rows(5);
  limit.set_id(4);
  const PhysicalPlan before = limit.children()[0];
  const PhysicalPlan other = OneColumn("b");
  const std::shared_ptr<PhysicalOperator> changed = limit.WithChildren({other});
  EXPECT_EQ(limit.children()[0], before);
  EXPECT_EQ(changed->children()[0], other);
  EXPECT_EQ(changed->estimated_rows(), 5);
  EXPECT_EQ(changed->id(), 4);
  EXPECT_EQ(changed->schema()[0].name, "a");
  EXPECT_EQ(DescribeFields(*changed), DescribeFields(limit));
  EXPECT_TRUE(PlansEqual(limit, *changed));
}

}  // namespace
}  // namespace trivet
