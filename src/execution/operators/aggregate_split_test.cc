// Aggregation in two phases gives what one phase gives, bit for bit.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>

#include "execution/operators/aggregate.h"
#include "execution/operators/filter.h"
#include "execution/operators/set_operation.h"
#include "execution/testing/aggregate_calls.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

using namespace aggregate_testing;  // NOLINT(google-build-using-namespace)

std::shared_ptr<PhysicalHashAggregate> MakeComplete(const std::vector<ExpressionPtr>& groups,
                                                    const std::vector<Call>& calls,
                                                    PhysicalPlan child) {
  std::vector<PhysicalColumn> schema;
  for (const ExpressionPtr& group : groups) schema.push_back({group->ToString(), group->type()});
  for (const Call& call : calls) schema.push_back({call.column.name, call.column.type});
  return std::make_shared<PhysicalHashAggregate>(groups, calls, schema, std::move(child));
}

size_t NumberOperators(const PhysicalOperator& plan, size_t next = 0) {
  const_cast<PhysicalOperator&>(plan).set_id(next++);
  for (const PhysicalPlan& child : plan.children()) next = NumberOperators(*child, next);
  return next;
}

Rows RowsOf(const PhysicalOperator& plan, QueryContext& context) {
  NumberOperators(plan);
  auto result = RunPlan(plan, context);
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  return result.ok() ? std::move(result).value() : Rows();
}

// The rows in `parts` operators, one after the other; some of them may be empty.
std::vector<PhysicalPlan> Inputs(const std::vector<PhysicalColumn>& schema, const Rows& rows,
                                 size_t parts, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<PhysicalPlan> inputs;
  size_t from = 0;
  for (size_t i = 0; i < parts; ++i) {
    const size_t left = rows.size() - from;
    const size_t count = i + 1 == parts ? left : random() % (left + 1);
    const Rows part(rows.begin() + static_cast<std::ptrdiff_t>(from),
                    rows.begin() + static_cast<std::ptrdiff_t>(from + count));
    inputs.push_back(std::make_shared<RowsOperator>(
        schema, CutRows(schema, part, random(), 1 + random() % 200)));
    from += count;
  }
  return inputs;
}

PhysicalPlan Union(const std::vector<PhysicalColumn>& schema, std::vector<PhysicalPlan> inputs) {
  return std::make_shared<PhysicalUnionAll>(schema, std::move(inputs));
}

using Halves = PhysicalHashAggregate::Halves;

Halves SplitPlan(const PhysicalHashAggregate& complete, const PhysicalPlan& child) {
  auto phases = PhysicalHashAggregate::Split(complete, child);
  EXPECT_TRUE(phases.ok()) << phases.status().ToString();
  EXPECT_EQ(phases->second->children()[0], phases->first);
  EXPECT_TRUE(phases->first->Validate().ok() && phases->second->Validate().ok());
  return *phases;
}

// Both phases in one plan, with a union of first phases between them.
std::shared_ptr<PhysicalOperator> SplitOver(const PhysicalHashAggregate& complete,
                                            const std::vector<PhysicalPlan>& inputs) {
  std::vector<PhysicalPlan> branches;
  for (const PhysicalPlan& input : inputs) branches.push_back(SplitPlan(complete, input).first);
  const Halves phases = SplitPlan(complete, inputs[0]);
  return phases.second->WithChildren({Union(phases.first->schema(), std::move(branches))});
}

// The second phase over rows that came from first ones.
std::shared_ptr<PhysicalOperator> SecondOver(const PhysicalHashAggregate& complete,
                                             const Rows& between, uint64_t seed, size_t max_batch) {
  const Halves phases = SplitPlan(complete, complete.children()[0]);
  const std::vector<PhysicalColumn>& schema = phases.first->schema();
  return phases.second->WithChildren(
      {std::make_shared<RowsOperator>(schema, CutRows(schema, between, seed, max_batch))});
}

// As a cluster would: each first phase runs alone, its rows leave as values, and come to the second
// phase in pieces and in any order.
Rows RunApart(const PhysicalHashAggregate& complete, const std::vector<PhysicalPlan>& inputs,
              uint64_t seed, size_t threads, size_t batch_size) {
  std::mt19937_64 random(seed);
  Rows between;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ScanPart part{static_cast<uint32_t>(i), static_cast<uint32_t>(inputs.size())};
    QueryContext context({.batch_size = batch_size, .thread_count = threads, .scan_part = part},
                         FileSystem::Local(), nullptr);
    for (Row& row : RowsOf(*SplitPlan(complete, inputs[i]).first, context)) {
      between.push_back(std::move(row));
    }
  }
  std::shuffle(between.begin(), between.end(), random);
  QueryContext context = TestContext(threads, batch_size);
  return RowsOf(*SecondOver(complete, between, random(), batch_size), context);
}

void ExpectSplitIsComplete(const std::vector<ExpressionPtr>& groups, const std::vector<Call>& calls,
                           const Rows& rows) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const size_t threads = 1 + seed % 2;
    const size_t batch_size = seed / 2 % 2 ? kVectorSize : 2;
    const std::vector<PhysicalPlan> inputs = Inputs(kSchema, rows, 1 + seed % 4, seed);
    auto complete = MakeComplete(groups, calls, Union(kSchema, inputs));
    QueryContext context = TestContext(threads, batch_size);
    const std::vector<std::string> expected = SortedText(RowsOf(*complete, context));
    QueryContext split_context = TestContext(threads, batch_size);
    const Rows split = RowsOf(*SplitOver(*complete, inputs), split_context);
    EXPECT_EQ(Difference(SortedText(split), expected), "") << "seed " << seed;
    const Rows apart = RunApart(*complete, inputs, seed, threads, batch_size);
    EXPECT_EQ(Difference(SortedText(apart), expected), "") << "apart, seed " << seed;
  }
}

ExpressionPtr AsDouble(size_t column) { return Expression::Cast(Column(column), TypeId::kDouble); }

std::vector<Call> OrderlessCalls() {
  const ExpressionPtr positive =
      Expression::Compare(Comparison::kGreater, Column(0), Expression::Constant(Value::Int32(0)));
  return {MakeCall("count_star", {}),
          MakeCall("count", {Column(1)}),
          MakeCall("sum", {Column(2)}),
          MakeCall("avg", {Column(2)}),
          MakeCall("sum", {Column(3)}),
          MakeCall("avg", {Column(3)}),
          Filtered(MakeCall("sum", {Column(3)}), positive),
          MakeCall("min", {Column(1)}),
          MakeCall("max", {Column(1)}),
          MakeCall("min", {Column(2)}),
          MakeCall("max", {Column(4)}),
          Distinct(MakeCall("min", {Column(4)})),
          MakeCall("avg", {Column(4)}),
          MakeCall("median", {Column(3)}),
          MakeCall("entropy", {Column(1)}),
          MakeCall("approx_count_distinct", {Column(1)}),
          MakeCall("bit_xor", {Column(3)}),
          MakeCall("product", {Column(2)}),
          MakeCall("stddev", {Column(2)}),
          MakeCall("var_pop", {AsDouble(0)}),
          MakeCall("kurtosis", {AsDouble(0)}),
          MakeCall("corr", {AsDouble(0), AsDouble(3)}),
          MakeCall("regr_count", {AsDouble(0), AsDouble(3)})};
}

TEST(AggregateSplitTest, PhasesGiveWhatOneGives) {
  const Rows rows = RandomRows(700, 11);
  for (const std::vector<size_t>& keys :
       std::vector<std::vector<size_t>>{{}, {0}, {1}, {2}, {4}, {1, 4, 2}}) {
    std::vector<ExpressionPtr> groups;
    for (const size_t key : keys) groups.push_back(Column(key));
    ExpectSplitIsComplete(groups, OrderlessCalls(), rows);
  }
}

TEST(AggregateSplitTest, StatesRememberThePlacesOfRows) {
  const Rows rows = RandomRows(500, 12);
  const std::vector<Call> calls = {MakeCall("first", {Column(1)}),
                                   MakeCall("last", {Column(2)}),
                                   MakeCall("any_value", {Column(4)}),
                                   MakeCall("string_agg", {Column(1)}),
                                   MakeCall("arg_min", {Column(1), Column(0)}),
                                   MakeCall("arg_max", {Column(3), Column(1)}),
                                   MakeCall("arg_max_null", {Column(1), Column(4)}),
                                   MakeCall("mode", {Column(2)})};
  EXPECT_TRUE(PhysicalHashAggregate::CanSplit(calls));
  ExpectSplitIsComplete({}, calls, rows);
  ExpectSplitIsComplete({Column(0)}, calls, rows);
}

TEST(AggregateSplitTest, OfNoRows) {
  for (const bool grouped : {false, true}) {
    std::vector<ExpressionPtr> groups;
    if (grouped) groups.push_back(Column(1));
    ExpectSplitIsComplete(groups, OrderlessCalls(), {});
    ExpectSplitIsComplete(groups, {}, {});
  }
  // Rows that a filter below takes away.
  const Rows rows = RandomRows(50, 1);
  const ExpressionPtr never = Expression::Constant(Value::Boolean(false));
  auto filtered = std::make_shared<PhysicalFilter>(never, Inputs(kSchema, rows, 1, 1)[0]);
  auto complete =
      MakeComplete({}, {MakeCall("count_star", {}), MakeCall("sum", {Column(3)})}, filtered);
  QueryContext context = TestContext(2, 2);
  EXPECT_EQ(SortedText(RowsOf(*SplitOver(*complete, {filtered, filtered}), context)),
            std::vector<std::string>{"0|NULL|"});
}

TEST(AggregateSplitTest, DistinctRows) {
  const Rows rows = RandomRows(600, 13);
  ExpectSplitIsComplete({Column(0), Column(1), Column(2), Column(4)}, {}, rows);
  const ExpressionPtr positive =
      Expression::Compare(Comparison::kGreater, Column(0), Expression::Constant(Value::Int32(0)));
  const std::vector<Call> calls = {
      Distinct(MakeCall("count", {Column(0)})),
      Distinct(MakeCall("sum", {Column(3)})),
      Distinct(MakeCall("sum", {Column(2)})),
      Filtered(Distinct(MakeCall("count", {Column(1)})), positive),
      Ordered(Distinct(MakeCall("count", {Column(4)})), {{Column(4)}}),
      Distinct(MakeCall("quantile_disc", {Column(3), Expression::Constant(Value::Double(0.3))})),
      MakeCall("max", {Column(4)}),
      MakeCall("min", {Column(1)})};
  EXPECT_TRUE(PhysicalHashAggregate::CanSplit(calls));
  ExpectSplitIsComplete({}, calls, rows);
  ExpectSplitIsComplete({Column(1)}, calls, rows);
  ExpectSplitIsComplete({Column(0), Column(4)}, calls, rows);
}

TEST(AggregateSplitTest, DistinctRowsBesidePlainOnes) {
  const Rows rows = RandomRows(600, 14);
  const ExpressionPtr positive =
      Expression::Compare(Comparison::kGreater, Column(0), Expression::Constant(Value::Int32(0)));
  const std::vector<Call> calls = {Distinct(MakeCall("count", {Column(0)})),
                                   MakeCall("sum", {Column(2)}),
                                   MakeCall("count_star", {}),
                                   Filtered(MakeCall("count_star", {}), positive),
                                   Filtered(Distinct(MakeCall("sum", {Column(3)})), positive),
                                   Distinct(MakeCall("sum", {Column(2)})),
                                   MakeCall("avg", {Column(2)}),
                                   MakeCall("max", {Column(4)})};
  EXPECT_TRUE(PhysicalHashAggregate::CanSplit(calls));
  ExpectSplitIsComplete({}, calls, rows);
  ExpectSplitIsComplete({Column(1)}, calls, rows);
  ExpectSplitIsComplete({Column(0), Column(4)}, calls, rows);
  ExpectSplitIsComplete({}, calls, {});
}

TEST(AggregateSplitTest, WhatHasNoTwoPhases) {
  const Call ordered = Ordered(MakeCall("string_agg", {Column(1)}), {{Column(3)}});
  const Call first = Distinct(MakeCall("string_agg", {Column(1)}));
  const Call plain = MakeCall("sum", {Column(3)});
  for (const std::vector<Call>& calls :
       std::vector<std::vector<Call>>{{ordered}, {first}, {plain, ordered}, {plain, first}}) {
    EXPECT_FALSE(PhysicalHashAggregate::CanSplit(calls));
    const auto child = Inputs(kSchema, {}, 1, 1)[0];
    const auto phases = PhysicalHashAggregate::Split(*MakeComplete({}, calls, child), child);
    EXPECT_EQ(phases.status().code(), StatusCode::kInternal);
  }
  // An order that a function does not look at is none.
  EXPECT_TRUE(
      PhysicalHashAggregate::CanSplit({Ordered(MakeCall("sum", {Column(3)}), {{Column(1)}})}));
  // The argument of a filtered call must not be evaluated for other rows.
  const Call division = Filtered(
      Distinct(MakeCall("sum", {Expression::Cast(Column(1), TypeId::kInt32)})),
      Expression::Compare(Comparison::kEqual, Column(0), Expression::Constant(Value::Int32(0))));
  EXPECT_FALSE(PhysicalHashAggregate::CanSplit({division}));
}

TEST(AggregateSplitTest, PlansSayWhatTheyNeedAndDo) {
  const auto child = Inputs(kSchema, {}, 1, 1)[0];
  const std::vector<Call> calls = {MakeCall("sum", {Column(2)}), MakeCall("avg", {Column(2)}),
                                   MakeCall("count", {Column(1)})};
  auto complete = MakeComplete({Column(0)}, calls, child);
  auto phases = PhysicalHashAggregate::Split(*complete, child);
  ASSERT_TRUE(phases.ok());
  // Sum and average travel as one.
  ASSERT_EQ(phases->first->schema().size(), 3u);
  EXPECT_EQ(phases->first->schema()[1].name, "sum(d) state");
  EXPECT_EQ(phases->first->schema()[1].type.id(), TypeId::kBlob);
  EXPECT_EQ(phases->first->schema()[2].name, "count(s) state");
  const OperatorCapabilities first = phases->first->capabilities();
  EXPECT_FALSE(first.blocking);
  EXPECT_EQ(first.required_inputs.front().kind, PartitioningKind::kAny);
  EXPECT_EQ(first.delivered.kind, PartitioningKind::kAny);
  const OperatorCapabilities second = phases->second->capabilities();
  EXPECT_TRUE(second.blocking);
  EXPECT_EQ(second.required_inputs.front().kind, PartitioningKind::kHash);
  EXPECT_EQ(second.required_inputs.front().keys.front()->input_index(), 0u);
  EXPECT_EQ(second.delivered.kind, PartitioningKind::kHash);
  const std::string text = PlanToString(*phases->second);
  EXPECT_NE(text.find("Phase: final"), std::string::npos) << text;
  EXPECT_NE(text.find("Phase: partial"), std::string::npos) << text;
  EXPECT_EQ(PlanToString(*complete).find("Phase"), std::string::npos);
  EXPECT_FALSE(PlansEqual(*complete, *phases->first));
  auto whole = MakeComplete({}, calls, child);
  phases = PhysicalHashAggregate::Split(*whole, child);
  EXPECT_EQ(phases->second->capabilities().required_inputs.front().kind, PartitioningKind::kSingle);
}

TEST(AggregateSplitTest, PlansThatDoNotFitAreRefused) {
  const auto child = Inputs(kSchema, {}, 1, 1)[0];
  const std::vector<Call> calls = {MakeCall("sum", {Column(2)})};
  // A final phase over rows, a partial one without room for states, a phase from the future.
  const std::vector<PhysicalColumn> schema = {{"sum", TypeId::kDouble}};
  for (const int phase : {1, 2, 3}) {
    PhysicalHashAggregate plan({}, calls, schema, child, static_cast<AggregatePhase>(phase));
    NumberOperators(plan);
    QueryContext context = TestContext();
    EXPECT_EQ(RunPlan(plan, context).status().code(), StatusCode::kCorruption) << phase;
    EXPECT_EQ(plan.Validate().code(), StatusCode::kCorruption) << phase;
  }
}

TEST(AggregateSplitTest, BrokenStatesAreCorruption) {
  const auto child = Inputs(kSchema, {}, 1, 1)[0];
  for (const bool grouped : {false, true}) {
    std::vector<ExpressionPtr> groups;
    if (grouped) groups.push_back(Column(0));
    auto complete = MakeComplete(groups, {MakeCall("sum", {Column(2)})}, child);
    Rows rows(3);
    for (Row& row : rows) {
      if (grouped) row.push_back(Value::Int32(1));
      row.push_back(Value::Blob("no state"));
    }
    const auto second = SecondOver(*complete, rows, 1, 9);
    NumberOperators(*second);
    QueryContext context = TestContext();
    const Status status = RunPlan(*second, context).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruption);
    EXPECT_NE(status.message().find("sum"), std::string::npos);
  }
}

// Far more groups than the budget holds: the first phase gives them as they come.
TEST(AggregateSplitTest, FirstPhaseGivesGroupsWhenMemoryIsShort) {
  Rows rows;
  const std::vector<PhysicalColumn> schema = {{"s", TypeId::kVarchar}, {"w", TypeId::kInt64}};
  std::mt19937_64 random(5);
  for (size_t i = 0; i < 60'000; ++i) {
    rows.push_back(
        {Value::Varchar("a group with a long name, number " + std::to_string(random() % 25'000)),
         Value::Int64(static_cast<int64_t>(i))});
  }
  const ExpressionPtr name = Expression::Input(0, TypeId::kVarchar, "s");
  const ExpressionPtr number = Expression::Input(1, TypeId::kInt64, "w");
  const std::vector<PhysicalPlan> inputs = Inputs(schema, rows, 1, 3);
  auto complete =
      MakeComplete({name}, {MakeCall("count_star", {}), MakeCall("sum", {number})}, inputs[0]);
  QueryContext plenty = TestContext(2);
  const std::vector<std::string> expected = SortedText(RowsOf(*complete, plenty));
  // Below the size at which groups are given in any case, so that refusals come as well.
  for (const size_t limit : {size_t{1'500'000}, size_t{3'000'000}}) {
    QueryContext scarce({.thread_count = 2, .memory_limit_bytes = limit}, FileSystem::Local(),
                        nullptr);
    NumberOperators(*complete);
    EXPECT_EQ(RunPlan(*complete, scarce).status().code(), StatusCode::kOutOfMemory);
    auto phases = PhysicalHashAggregate::Split(*complete, inputs[0]);
    QueryContext first_context({.thread_count = 2, .memory_limit_bytes = limit},
                               FileSystem::Local(), nullptr);
    const Rows between = RowsOf(*phases->first, first_context);
    EXPECT_GT(between.size(), expected.size());
    EXPECT_LE(first_context.memory().peak_bytes(), limit);
    EXPECT_GT(first_context.metrics().ForOperator(0).peak_memory_bytes.load(), 0u);
    QueryContext second_context = TestContext(2);
    EXPECT_EQ(Difference(SortedText(RowsOf(*SecondOver(*complete, between, 4, 50), second_context)),
                         expected),
              "");
  }
}

TEST(AggregateSplitTest, WhereNothingFitsMemoryIsReportedByName) {
  const Rows rows = RandomRows(300, 2);
  const auto child = Inputs(kSchema, rows, 1, 1)[0];
  auto complete = MakeComplete({Column(1)}, {MakeCall("sum", {Column(2)})}, child);
  auto phases = PhysicalHashAggregate::Split(*complete, child);
  NumberOperators(*phases->first);
  QueryContext context({.thread_count = 1, .memory_limit_bytes = 1000}, FileSystem::Local(),
                       nullptr);
  const auto result = RunPlan(*phases->first, context);
  EXPECT_EQ(result.status().code(), StatusCode::kOutOfMemory);
  EXPECT_NE(result.status().message().find("HASH_AGGREGATE"), std::string::npos);
}

}  // namespace
}  // namespace trivet
