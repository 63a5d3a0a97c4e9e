#include "expression/expression.h"

#include <gtest/gtest.h>

#include "expression/rewrite.h"
#include "expression/testing.h"

namespace trivet {
namespace {

using testing::TestContext;

const LogicalType kInt = TypeId::kInt32;

ExpressionPtr Number(int value) { return Expression::Constant(Value::Int32(value)); }
ExpressionPtr Column(ColumnId id, const char* name) { return Expression::Column(id, kInt, name); }
ExpressionPtr Less(ExpressionPtr a, ExpressionPtr b) {
  return Expression::Compare(Comparison::kLess, std::move(a), std::move(b));
}

class ExpressionTest : public ::testing::Test {
 protected:
  ExpressionPtr Bind(const char* name, std::vector<ExpressionPtr> arguments) {
    auto bound = FunctionRegistry::Builtin().BindScalar(name, std::move(arguments), &context_);
    EXPECT_TRUE(bound.ok()) << bound.status().ToString();
    return *bound;
  }
  TestContext context_;
};

TEST_F(ExpressionTest, EqualityIsStructuralAndAgreesWithTheHash) {
  const auto a = Less(Column(1, "a"), Number(5));
  const auto b = Less(Column(1, "renamed"), Number(5))->WithPosition(3);
  EXPECT_TRUE(ExpressionsEqual(a, b));
  EXPECT_EQ(a->Hash(), b->Hash());
  EXPECT_FALSE(ExpressionsEqual(a, Less(Column(2, "a"), Number(5))));
  EXPECT_FALSE(ExpressionsEqual(a, Less(Column(1, "a"), Number(6))));
  EXPECT_FALSE(ExpressionsEqual(Expression::Constant(Value::Double(0.0)),
                                Expression::Constant(Value::Double(-0.0))));
}

TEST_F(ExpressionTest, AndFlattensAndCollapses) {
  const auto a = Less(Column(1, "a"), Number(5));
  const auto b = Less(Column(2, "b"), Number(5));
  EXPECT_TRUE(Expression::And({})->IsConstantTrue());
  EXPECT_TRUE(Expression::Or({})->IsConstantFalseOrNull());
  EXPECT_EQ(Expression::And({a}), a);
  EXPECT_EQ(Expression::And({a, Expression::And({b, a})})->children().size(), 3u);
  EXPECT_EQ(Expression::And({a, Expression::Or({b, a})})->children().size(), 2u);
}

TEST_F(ExpressionTest, PropertiesRiseThroughTheTree) {
  const auto sum = Bind("+", {Column(1, "a"), Number(1)});
  EXPECT_TRUE(sum->can_fail());
  EXPECT_TRUE(Less(sum, Number(3))->can_fail());
  EXPECT_FALSE(Less(Column(1, "a"), Number(3))->can_fail());
  EXPECT_TRUE(sum->has_columns());
  EXPECT_FALSE(Bind("+", {Number(1), Number(1)})->has_columns());
}

TEST_F(ExpressionTest, PrintsAsSql) {
  const auto a = Column(1, "a");
  EXPECT_EQ(Less(a, Number(5))->ToString(), "(a < 5)");
  EXPECT_EQ(Bind("+", {a, Number(1)})->ToString(), "(a + 1)");
  EXPECT_EQ(Expression::Case({Less(a, Number(1)), a, Number(2)})->ToString(),
            "CASE WHEN (a < 1) THEN a ELSE 2 END");
  EXPECT_EQ(Expression::In({a, Number(1), Number(2)})->ToString(), "(a IN (1, 2))");
  EXPECT_EQ(Expression::Cast(a, TypeId::kInt64, true)->ToString(), "TRY_CAST(a AS BIGINT)");
}

TEST_F(ExpressionTest, RewritingSharesWhatItDoesNotTouch) {
  const auto left = Less(Column(1, "a"), Number(5));
  const auto right = Less(Column(2, "b"), Number(5));
  const auto both = Expression::And({left, right});
  const auto replaced = ReplaceColumns(both, {{2, Column(3, "c")}});
  EXPECT_EQ(replaced->child(0), left);
  EXPECT_EQ(ColumnsOf(replaced), (std::set<ColumnId>{1, 3}));
  EXPECT_EQ(ReplaceColumns(both, {}), both);
  const auto resolved = ResolveInputs(both, {2, 1});
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ((*resolved)->child(0)->child(0)->input_index(), 1u);
  EXPECT_EQ(ResolveInputs(both, {2}).status().code(), StatusCode::kInternal);
}

TEST_F(ExpressionTest, OverloadsAreChosenByTheCheapestCasts) {
  const auto type_of = [&](TypeId left, ExpressionPtr right) {
    return Bind("+", {Expression::Column(1, left, "a"), std::move(right)})->type();
  };
  EXPECT_EQ(type_of(TypeId::kInt8, Number(1)), LogicalType(TypeId::kInt8));
  EXPECT_EQ(type_of(TypeId::kInt8, Number(1000)), LogicalType(TypeId::kInt32));
  EXPECT_EQ(type_of(TypeId::kInt64, Number(1)), LogicalType(TypeId::kInt64));
  EXPECT_EQ(type_of(TypeId::kDouble, Number(1)), LogicalType(TypeId::kDouble));
  EXPECT_EQ(type_of(TypeId::kInt8, Expression::Column(2, TypeId::kInt32, "b")),
            LogicalType(TypeId::kInt32));
}

TEST_F(ExpressionTest, UnknownNamesComeWithTheNearestOne) {
  const auto unknown = FunctionRegistry::Builtin().BindScalar("substract", {}, &context_);
  EXPECT_EQ(unknown.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(unknown.status().hint(), "Did you mean \"subtract\"?");
  const auto wrong = FunctionRegistry::Builtin().BindScalar(
      "+", {Expression::Column(1, TypeId::kBoolean, "a"), Number(1)}, &context_);
  EXPECT_EQ(wrong.status().code(), StatusCode::kInvalidInput);
  EXPECT_NE(wrong.status().message().find("+(INTEGER, INTEGER) -> INTEGER"), std::string::npos);
}

}  // namespace
}  // namespace trivet
