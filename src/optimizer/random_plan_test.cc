#include "optimizer/random_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/string_concat.h"
#include "expression/function_registry.h"
#include "optimizer/optimizer.h"

namespace trivet::testing {

RandomPlans::RandomPlans(uint64_t seed) : random_(seed) {
  for (size_t i = 0; i < 3; ++i) {
    std::vector<ColumnDefinition> columns;
    const size_t width = 2 + i % 2;
    for (size_t c = 0; c < width; ++c) {
      columns.push_back({StrCat("t", i, "c", c), c == 1 ? TypeId::kInt64 : TypeId::kInt32});
    }
    std::vector<std::vector<Value>> rows(Below(5));
    for (auto& row : rows) {
      for (const ColumnDefinition& column : columns) {
        row.push_back(Chance(20) ? Value::Null(column.type)
                                 : Value::Integer(column.type, Below(4)));
      }
      if (Chance(10)) row.back() = Value::Integer(columns.back().type, 300);
    }
    tables_.push_back(std::make_shared<FakeTable>(columns, rows));
    if (Chance(80)) tables_.back()->ComputeStatistics();
    tables_.back()->takes_filters = i != 1;
  }
}

OutputColumn RandomPlans::NewColumn(LogicalType type) {
  const ColumnId id = ids_.Next();
  return {id, StrCat("c", id), std::move(type)};
}

ExpressionPtr RandomPlans::PickColumn(const Columns& inner, const Columns& outer) {
  const bool from_outer = !outer.empty() && (inner.empty() || Chance(35));
  const Columns& columns = from_outer ? outer : inner;
  if (columns.empty()) return Expression::Constant(Value::Int64(Below(4)));
  return columns[Below(columns.size())].Reference();
}

ExpressionPtr RandomPlans::MakeNumber(const Columns& inner, const Columns& outer, int depth) {
  const auto number = [&] { return MakeNumber(inner, outer, depth - 1); };
  const ExpressionPtr column = PickColumn(inner, outer);
  const ExpressionPtr as_bigint =
      column->type().id() == TypeId::kBoolean
          ? Expression::Case({column, Expression::Constant(Value::Int64(1)),
                              Expression::Constant(Value::Int64(0))})
          : Expression::Cast(column, TypeId::kInt64);
  if (depth <= 0) return as_bigint;
  switch (Below(12)) {
    case 0: return Expression::Constant(Value::Int64(Below(4)));
    case 1: return Expression::Constant(Value::Null(TypeId::kInt64));
    case 2: return Expression::Coalesce({number(), number()});
    case 3: return Expression::Case({MakePredicate(inner, outer, depth - 1), number(), number()});
    case 4:  // fails for 300
      return Expression::Cast(Expression::Cast(as_bigint, TypeId::kInt8), TypeId::kInt64);
    case 5:
    case 6: {
      TestContext context;
      Result<ExpressionPtr> sum = FunctionRegistry::Builtin().BindScalar(
          "+", {number(), Expression::Constant(Value::Int64(Below(3)))}, &context);
      return Expression::Cast(*sum, TypeId::kInt64);
    }
    default: return as_bigint;
  }
}

ExpressionPtr RandomPlans::MakePredicate(const Columns& inner, const Columns& outer, int depth) {
  const auto number = [&] { return MakeNumber(inner, outer, depth - 1); };
  const auto predicate = [&] { return MakePredicate(inner, outer, depth - 1); };
  constexpr Comparison kOthers[] = {Comparison::kNotEqual, Comparison::kLess,
                                    Comparison::kGreaterOrEqual, Comparison::kDistinctFrom,
                                    Comparison::kNotDistinctFrom};
  // Marks of joins below decide by themselves.
  const ExpressionPtr column = PickColumn(inner, outer);
  if (column->type().id() == TypeId::kBoolean && Chance(80)) {
    return Chance(50) ? column : Expression::Not(column);
  }
  switch (Below(depth > 0 ? 12 : 7)) {
    case 0: return Expression::Compare(kOthers[Below(5)], number(), number());
    case 1: return Expression::IsNull(number());
    case 2: return Expression::IsNotNull(number());
    case 3:
      return Expression::In({number(), Expression::Constant(Value::Int64(1)),
                             Expression::Constant(Value::Int64(Below(4)))});
    case 7: return Expression::And({predicate(), predicate()});
    case 8: return Expression::Or({predicate(), predicate()});
    case 9: return Expression::Not(predicate());
    default: return Expression::Compare(Comparison::kEqual, number(), number());
  }
}

std::vector<ExpressionPtr> RandomPlans::MakePredicates(const Columns& inner, const Columns& outer) {
  std::vector<ExpressionPtr> predicates;
  const size_t count = 1 + Below(3);
  for (size_t i = 0; i < count; ++i) {
    const bool correlated = !outer.empty() && !inner.empty() && Chance(40);
    if (!correlated) {
      predicates.push_back(MakePredicate(inner, outer, 1));
      continue;
    }
    // The usual correlation: an inner column equals an outer one.
    predicates.push_back(
        Expression::Compare(Chance(80) ? Comparison::kEqual : Comparison::kNotEqual,
                            MakeNumber(inner, {}, 0), MakeNumber(outer, {}, 0)));
  }
  return predicates;
}

PlanPtr RandomPlans::MakeLeaf(const Columns& outer) {
  if (!ctes_.empty() && Chance(40)) {
    const auto& [id, columns] = ctes_[Below(ctes_.size())];
    auto scan = std::make_unique<LogicalCteScan>(id, StrCat("cte", id));
    for (const OutputColumn& column : columns) {
      scan->definition_columns.push_back(column.id);
      scan->columns.push_back(NewColumn(column.type));
    }
    return scan;
  }
  if (Chance(15)) {
    auto values = std::make_unique<LogicalValues>();
    if (Chance(80)) values->columns.push_back(NewColumn(TypeId::kInt64));
    values->rows.resize(1 + Below(2));
    for (auto& row : values->rows) {
      if (!values->columns.empty()) row.push_back(MakeNumber({}, outer, 1));
    }
    return values;
  }
  const auto& table = tables_[Below(tables_.size())];
  auto scan = std::make_unique<LogicalScan>(table, "t");
  for (size_t i = 0; i < table->columns().size(); ++i) scan->columns.push_back({ids_.Next(), i});
  return scan;
}

PlanPtr RandomPlans::MakeFilter(int depth, const Columns& outer) {
  PlanPtr input = MakePlan(depth - 1, outer);
  std::vector<ExpressionPtr> predicates = MakePredicates(input->Columns(), outer);
  return std::make_unique<LogicalFilter>(std::move(input), std::move(predicates));
}

PlanPtr RandomPlans::MakeProject(int depth, const Columns& outer) {
  PlanPtr input = MakePlan(depth - 1, outer);
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : input->Columns()) {
    if (Chance(50)) entries.push_back(PassOn(column));
  }
  const size_t count = 1 + Below(2);
  for (size_t i = 0; i < count; ++i) {
    entries.push_back(Compute(NewColumn(TypeId::kInt64), MakeNumber(input->Columns(), outer, 2)));
  }
  return std::make_unique<LogicalProject>(std::move(input), std::move(entries));
}

// Sums of one column plus several constants.
void RandomPlans::AddOffsetSums(LogicalAggregate& aggregate, const Columns& columns) {
  const ExpressionPtr column = PickColumn(columns, {});
  if (column->type().id() != TypeId::kInt64) return;
  for (size_t i = 2 + Below(2); i-- > 0;) {
    LogicalAggregate::Aggregate call;
    call.arguments = {*FunctionRegistry::Builtin().BindScalar(
        Chance(50) ? "+" : "-",
        {column, Expression::Constant(Value::Int64(static_cast<int64_t>(Below(5))))}, nullptr)};
    call.function = FakeAggregate("sum", {TypeId::kInt64});
    call.column = NewColumn(call.function.return_type);
    aggregate.aggregates.push_back(std::move(call));
  }
}

PlanPtr RandomPlans::MakeAggregate(int depth, const Columns& outer, bool grouped) {
  PlanPtr input = MakePlan(depth - 1, outer);
  const Columns columns = input->Columns();
  auto aggregate = std::make_unique<LogicalAggregate>(std::move(input));
  for (size_t i = grouped ? 1 + Below(2) : 0; i-- > 0;) {
    const ExpressionPtr key = Chance(70) ? PickColumn(columns, {}) : MakeNumber(columns, outer, 1);
    aggregate->groups.push_back({NewColumn(key->type()), key});
  }
  constexpr const char* kNames[] = {"count_star", "count", "sum", "min", "max"};
  for (size_t i = grouped ? Below(3) : 1 + Below(2); i-- > 0;) {
    LogicalAggregate::Aggregate call;
    const std::string name = kNames[Below(5)];
    if (name != "count_star") call.arguments.push_back(MakeNumber(columns, outer, 1));
    std::vector<LogicalType> types(call.arguments.size(), TypeId::kInt64);
    call.function = FakeAggregate(name, types);
    call.column = NewColumn(call.function.return_type);
    call.distinct = !call.arguments.empty() && Chance(20);
    if (Chance(20)) call.filter = MakePredicate(columns, outer, 1);
    aggregate->aggregates.push_back(std::move(call));
  }
  if (Chance(20)) AddOffsetSums(*aggregate, columns);
  return aggregate;
}

PlanPtr RandomPlans::SortedByAll(PlanPtr plan) {
  std::vector<SortKey> keys;
  for (const OutputColumn& column : plan->Columns()) {
    keys.push_back({column.Reference(), Chance(50), Chance(50)});
  }
  return std::make_unique<LogicalSort>(std::move(plan), std::move(keys));
}

PlanPtr RandomPlans::MakeLimit(int depth, const Columns& outer) {
  PlanPtr sorted = SortedByAll(MakePlan(depth - 1, outer));
  if (Chance(20)) return sorted;
  std::optional<uint64_t> limit = 1 + Below(2);
  if (Chance(15)) limit = std::nullopt;
  return std::make_unique<LogicalLimit>(std::move(sorted), limit, Chance(30) ? 1 : 0);
}

PlanPtr RandomPlans::MakeDistinctOn(int depth, const Columns& outer) {
  PlanPtr sorted = SortedByAll(MakePlan(depth - 1, outer));
  const ExpressionPtr key = PickColumn(sorted->Columns(), {});
  return std::make_unique<LogicalDistinctOn>(std::move(sorted), std::vector<ExpressionPtr>{key});
}

// Its numbers are often filtered by; row numbers need an order without ties.
PlanPtr RandomPlans::MakeWindow(int depth, const Columns& outer) {
  PlanPtr input = MakePlan(depth - 1, outer);
  const Columns columns = input->Columns();
  std::vector<SortKey> order;
  for (const OutputColumn& column : columns) {
    order.push_back({column.Reference(), Chance(50), Chance(50)});
  }
  const OutputColumn number = NewColumn(TypeId::kInt64);
  const auto function = static_cast<RankingFunction>(Below(3));
  if (function != RankingFunction::kRowNumber) order.resize(std::min<size_t>(1, order.size()));
  std::vector<ExpressionPtr> partition;
  if (Chance(70)) partition.push_back(PickColumn(columns, {}));
  PlanPtr plan = std::make_unique<LogicalWindow>(
      std::move(input), std::vector<LogicalWindow::Function>{{number, function}},
      std::move(partition), std::move(order));
  if (Chance(30)) return plan;
  constexpr Comparison kBounds[] = {Comparison::kLessOrEqual, Comparison::kLess, Comparison::kEqual,
                                    Comparison::kGreaterOrEqual};
  ExpressionPtr constant =
      Expression::Constant(Value::Int64(static_cast<int64_t>(Below(4)) - (Chance(20) ? 1 : 0)));
  const Comparison bound = kBounds[Below(4)];
  std::vector<ExpressionPtr> conjuncts = MakePredicates(columns, outer);
  conjuncts.push_back(Chance(50)
                          ? Expression::Compare(bound, number.Reference(), std::move(constant))
                          : Expression::Compare(bound, std::move(constant), number.Reference()));
  plan = std::make_unique<LogicalFilter>(std::move(plan), std::move(conjuncts));
  if (Chance(40)) return plan;
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : columns) entries.push_back(PassOn(column));
  return std::make_unique<LogicalProject>(std::move(plan), std::move(entries));
}

PlanPtr RandomPlans::MakeSetOperation(int depth, const Columns& outer) {
  auto operation =
      std::make_unique<LogicalSetOperation>(static_cast<SetOperationKind>(Below(3)), Chance(50));
  const size_t inputs =
      operation->operation == SetOperationKind::kUnion && operation->all ? 2 + Below(2) : 2;
  const size_t width = 1 + Below(2);
  for (size_t i = 0; i < width; ++i) operation->columns.push_back(NewColumn(TypeId::kInt64));
  for (size_t i = 0; i < inputs; ++i) {
    PlanPtr input = MakePlan(depth - 1, outer);
    std::vector<LogicalProject::Entry> entries;
    operation->input_columns.emplace_back();
    for (size_t j = 0; j < width; ++j) {
      const OutputColumn column = NewColumn(TypeId::kInt64);
      entries.push_back(Compute(column, MakeNumber(input->Columns(), outer, 1)));
      operation->input_columns.back().push_back(column.id);
    }
    operation->children().push_back(
        std::make_unique<LogicalProject>(std::move(input), std::move(entries)));
  }
  return operation;
}

PlanPtr RandomPlans::MakeCte(int depth, const Columns& outer) {
  PlanPtr definition = MakePlan(depth - 1, outer);
  const uint32_t id = ids_.NextCteId();
  ctes_.emplace_back(id, definition->Columns());
  PlanPtr body = MakePlan(depth - 1, outer);
  ctes_.pop_back();
  auto cte =
      std::make_unique<LogicalCte>(id, StrCat("cte", id), std::move(definition), std::move(body));
  if (Chance(20)) cte->materialized = Chance(50);
  return cte;
}

PlanPtr RandomPlans::MakeJoin(int depth, const Columns& outer) {
  const auto kind = static_cast<JoinKind>(Below(8));
  return JoinTo(MakePlan(depth - 1, outer), kind, depth, outer);
}

// Several subqueries over one left side, as a SELECT list makes them.
PlanPtr RandomPlans::MakeJoinChain(int depth, const Columns& outer) {
  PlanPtr plan = MakeJoin(depth - 1, outer);
  for (int i = Below(3) + 1; i > 0; --i) {
    const JoinKind kinds[] = {JoinKind::kLeft, JoinKind::kSingle, JoinKind::kMark};
    plan = JoinTo(std::move(plan), kinds[Below(3)], depth - 1, outer);
  }
  return plan;
}

PlanPtr RandomPlans::JoinTo(PlanPtr left, JoinKind kind, int depth, const Columns& outer) {
  const bool one_sided = kind == JoinKind::kRight || kind == JoinKind::kFull;
  const bool dependent = !one_sided && Chance(70);
  const Columns left_columns = left->Columns();
  Columns visible = outer;
  if (dependent) visible.insert(visible.end(), left_columns.begin(), left_columns.end());
  PlanPtr right = kind == JoinKind::kSingle && Chance(60) ? MakeAggregate(depth - 1, visible, false)
                                                          : MakePlan(depth - 1, visible);
  Columns both = left_columns;
  for (const OutputColumn& column : right->Columns()) both.push_back(column);
  auto join = std::make_unique<LogicalJoin>(kind, std::move(left), std::move(right),
                                            std::vector<ExpressionPtr>{});
  join->dependent = dependent;
  if (Chance(dependent ? 30 : 80)) join->conditions = MakePredicates(both, outer);
  if (!dependent && Chance(70) && !join->child(1).Columns().empty()) {
    join->conditions.push_back(Expression::Compare(Comparison::kEqual,
                                                   MakeNumber(left_columns, {}, 0),
                                                   MakeNumber(join->child(1).Columns(), {}, 0)));
  }
  if ((kind == JoinKind::kMark || kind == JoinKind::kAnti) && Chance(50)) {
    join->comparison = MakePredicate(both, {}, 0);
  }
  if (kind == JoinKind::kMark) join->mark = NewColumn(TypeId::kBoolean);
  return join;
}

PlanPtr RandomPlans::MakePlan(int depth, const Columns& outer) {
  if (depth <= 0) return MakeLeaf(outer);
  PlanPtr plan;
  switch (Below(17)) {
    case 0: return MakeLeaf(outer);
    case 1:
    case 2: return MakeProject(depth, outer);
    case 3:
    case 4:
    case 5: return MakeFilter(depth, outer);
    case 6: return MakeAggregate(depth, outer, true);
    case 7: return MakeAggregate(depth, outer, false);
    case 8: return MakeLimit(depth, outer);
    case 9: return MakeDistinctOn(depth, outer);
    case 10: return MakeSetOperation(depth, outer);
    case 11: return MakeCte(depth, outer);
    case 12: return MakeJoinChain(depth, outer);
    case 13: return MakeWindow(depth, outer);
    default: return MakeJoin(depth, outer);
  }
}

namespace {

struct Outcome {
  size_t compared = 0;
  size_t failing = 0;  // the plan as written fails
  std::map<std::string_view, size_t> firings;
};

std::set<std::string, std::less<>> RulesWithout(std::mt19937_64& random) {
  std::set<std::string, std::less<>> disabled;
  const int share = static_cast<int>(random() % 4) * 33;  // 0, 33, 66 or 99 percent
  for (const OptimizerRule& rule : OptimizerRules()) {
    if (static_cast<int>(random() % 100) < share) disabled.emplace(rule.name);
  }
  return disabled;
}

// Compares one plan with its optimised form; empty when they agree.
std::string Disagreement(uint64_t seed, int depth, Outcome& outcome) {
  RandomPlans plans(seed);
  PlanPtr plan = plans.Make(depth);
  const std::string text = PlanToString(*plan);
  if (Status valid = ValidatePlan(*plan); !valid.ok()) return "generated: " + valid.ToString();
  const std::vector<OutputColumn> columns = plan->Columns();
  Result<Rows> expected = PlanInterpreter().Run(*plan);
  const Result<Rows> eager = PlanInterpreter(true).Run(*plan);
  if (!expected.ok() && expected.status().code() == StatusCode::kInternal) {
    return expected.status().ToString() + "\n" + text;
  }
  TestContext evaluation;
  std::mt19937_64 random(seed);
  OptimizerTrace trace;
  OptimizerContext context{plans.ids(), FunctionRegistry::Builtin(), evaluation,
                           RulesWithout(random), &trace};
  context.transfers_at_any_cost = seed % 2 == 0;
  Result<PlanPtr> optimized = Optimize(std::move(plan), context);
  if (!optimized.ok()) return optimized.status().ToString() + "\n" + text;
  if (Status valid = ValidatePlan(**optimized); !valid.ok()) return valid.ToString() + "\n" + text;
  for (const auto& entry : trace.entries) outcome.firings[entry.rule] += entry.firings;
  const std::string report = text + "--- optimised\n" + PlanToString(**optimized);
  const std::vector<OutputColumn> given = (*optimized)->Columns();
  if (!std::ranges::equal(given, columns, {}, &OutputColumn::id, &OutputColumn::id)) {
    return "other columns\n" + report;
  }
  if (!expected.ok()) {
    ++outcome.failing;
    return "";
  }
  Result<Rows> actual = PlanInterpreter().Run(**optimized);
  if (!actual.ok()) {
    if (actual.status().code() == StatusCode::kResourceExhausted) return "";
    // Parts that depend on nothing around them may fail although no row needs them.
    if (!eager.ok()) return "";
    return actual.status().ToString() + "\n" + report;
  }
  ++outcome.compared;
  if (Lines(*expected, columns) == Lines(*actual, columns)) return "";
  std::string rows;
  for (const std::string& line : Lines(*expected, columns)) rows += "expected " + line + "\n";
  for (const std::string& line : Lines(*actual, columns)) rows += "actual   " + line + "\n";
  return report + rows;
}

TEST(RandomPlans, OptimizedPlansGiveTheSameRows) {
  const char* seed_text = std::getenv("TRIVET_PLAN_SEED");
  const char* count_text = std::getenv("TRIVET_PLAN_COUNT");
  const uint64_t first = seed_text != nullptr ? std::stoull(seed_text) : 1;
  const uint64_t count = count_text != nullptr ? std::stoull(count_text) : 4000;
  Outcome outcome;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const int depth = 2 + static_cast<int>(seed % 4);
    const std::string disagreement = Disagreement(seed, depth, outcome);
    ASSERT_TRUE(disagreement.empty()) << "seed " << seed << "\n" << disagreement;
  }
  // Most plans must be comparable, or the test compares nothing.
  if (count >= 1000) {
    EXPECT_GT(outcome.compared, count / 2);
    for (const OptimizerRule& rule : OptimizerRules()) {
      EXPECT_GT(outcome.firings[rule.name], 0) << rule.name << " never fired";
    }
  }
}

}  // namespace

}  // namespace trivet::testing
