#include "distributed/exchange.h"

#include <gtest/gtest.h>

namespace trivet {
namespace {

const std::vector<PhysicalColumn> kColumns = {{"a", TypeId::kInt64}, {"b", TypeId::kVarchar}};

PhysicalPlan Source() {
  return std::make_shared<PhysicalExchangeSource>(ExchangeKind::kHash, kColumns);
}
ExpressionPtr Column(uint32_t column, LogicalType type = TypeId::kInt64) {
  return Expression::Input(column, std::move(type), "c");
}
StatusCode Checked(ExchangeKind kind, std::vector<ExpressionPtr> keys, uint32_t partitions,
                   std::vector<SortKey> sort_keys = {}) {
  PhysicalExchange exchange(kind, std::move(keys), partitions, Source());
  exchange.set_range({std::move(sort_keys), false});
  return exchange.Validate().code();
}

TEST(ExchangeTest, WhatFitsIsTaken) {
  EXPECT_EQ(Checked(ExchangeKind::kHash, {Column(0)}, 4), StatusCode::kOk);
  EXPECT_EQ(Checked(ExchangeKind::kGather, {}, 1), StatusCode::kOk);
  EXPECT_EQ(Checked(ExchangeKind::kForward, {}, 1, {{Column(0), false, false}}), StatusCode::kOk);
  EXPECT_EQ(Checked(ExchangeKind::kRange, {}, 8, {{Column(1, TypeId::kVarchar), true, false}}),
            StatusCode::kOk);
  EXPECT_TRUE(Source()->Validate().ok());
}

TEST(ExchangeTest, WhatDoesNotFitIsCorruption) {
  EXPECT_EQ(Checked(ExchangeKind::kHash, {Column(2)}, 4), StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kHash, {Column(1)}, 4), StatusCode::kCorruption);  // type
  EXPECT_EQ(Checked(ExchangeKind::kHash, {}, 4), StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kGather, {Column(0)}, 1), StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kGather, {}, 2), StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kRange, {}, 4), StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kRange, {}, 4, {{Column(5), false, false}}),
            StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kHash, {Column(0)}, 0), StatusCode::kCorruption);
  EXPECT_EQ(Checked(ExchangeKind::kHash, {Column(0)}, kMaximumTasks + 1), StatusCode::kCorruption);
  EXPECT_EQ(Checked(static_cast<ExchangeKind>(6), {}, 1), StatusCode::kCorruption);

  PhysicalExchange other_columns(ExchangeKind::kGather, {}, 1, Source());
  other_columns.set_schema({{"a", TypeId::kInt64}});
  EXPECT_EQ(other_columns.Validate().code(), StatusCode::kCorruption);
  PhysicalExchange alone(ExchangeKind::kGather, {}, 1, Source());
  alone.set_children({});
  EXPECT_EQ(alone.Validate().code(), StatusCode::kCorruption);
  PhysicalExchangeSource unknown(static_cast<ExchangeKind>(9), kColumns);
  EXPECT_EQ(unknown.Validate().code(), StatusCode::kCorruption);
  PhysicalExchangeSource far(ExchangeKind::kHash, kColumns);
  far.set_input(uint64_t{1} << 40);
  EXPECT_EQ(far.Validate().code(), StatusCode::kCorruption);
  PhysicalExchangeSource parent(ExchangeKind::kHash, kColumns);
  parent.set_children({Source()});
  EXPECT_EQ(parent.Validate().code(), StatusCode::kCorruption);
}

}  // namespace
}  // namespace trivet
