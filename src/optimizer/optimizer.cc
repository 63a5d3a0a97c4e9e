#include "optimizer/optimizer.h"

#include <algorithm>
#include <unordered_set>

#include "base/string_concat.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"
#include "optimizer/table_sampler.h"

namespace trivet {

namespace {

constexpr OptimizerRule kRules[] = {
    {"build_side_choice", ChooseBuildSides, "builds the smaller side of a join"},
    {"column_pruning", PruneColumns, "drops columns that nothing reads"},
    {"common_expression_sharing", ShareCommonExpressions, "computes repeated expressions once"},
    {"common_subplan_sharing", ShareCommonSubplans, "computes equal subplans once"},
    {"constant_folding", FoldConstants, "computes expressions of constants"},
    {"cte_inlining", InlineCtes, "puts common table expressions where they are read"},
    {"eager_aggregation", AggregateEagerly, "aggregates below joins that repeat rows"},
    {"empty_input_removal", RemoveEmptyInputs, "removes what can give no rows"},
    {"expression_simplification", SimplifyExpressions, "rewrites expressions into simpler ones"},
    {"filter_pushdown", PushDownFilters, "moves conjuncts towards the data"},
    {"join_order", OrderJoins, "orders joins by estimated cost"},
    {"limit_pushdown", PushDownLimits, "moves limits towards the data; Top-N"},
    {"mark_join_simplification", SimplifyMarkJoins, "turns IN and EXISTS into semi and anti joins"},
    {"null_test_removal", RemoveNullTests, "uses what is known of NULLs"},
    {"outer_join_simplification", SimplifyOuterJoins, "turns outer joins into inner ones"},
    {"predicate_inference", InferPredicates, "derives predicates from equal columns"},
    {"predicate_transfer", TransferPredicates, "reduces inputs of joins by keys of other inputs"},
    {"projection_merging", MergeProjections, "merges projections and lifts renaming ones"},
    {"redundant_join_removal", RemoveRedundantJoins, "removes joins that change nothing"},
    {"redundant_key_removal", RemoveRedundantKeys, "removes grouping and sort keys of no effect"},
    {"single_join_simplification", SimplifySingleJoins, "uses proven uniqueness of join sides"},
    {"row_estimation", EstimateRows, "estimates the rows of every operator"},
    {"sort_removal", RemoveRedundantSorts, "removes sorts whose order nothing sees"},
    {"statistics_aggregation", AnswerFromStatistics, "answers COUNT, MIN and MAX from statistics"},
    {"sum_of_offsets", ShareSumsOfOffsets, "computes sums of a column plus constants from one sum"},
    {"unnesting", UnnestSubqueries, "turns correlated subqueries into joins", true},
    {"window_limit", LimitWindows, "keeps the first rows of partitions only"},
};

// When each rule runs. Filters move before unnesting too, so that the left side of a dependent join
// is small when it must be computed for its own sake.
constexpr std::string_view kSchedule[] = {
    "constant_folding",
    "expression_simplification",
    "filter_pushdown",
    "unnesting",
    "cte_inlining",
    "constant_folding",
    "expression_simplification",
    "filter_pushdown",
    "common_subplan_sharing",
    "column_pruning",
    "mark_join_simplification",
    "single_join_simplification",
    "outer_join_simplification",
    "redundant_join_removal",
    "projection_merging",
    "filter_pushdown",
    "predicate_inference",
    "filter_pushdown",
    "null_test_removal",
    "expression_simplification",
    "empty_input_removal",
    "sum_of_offsets",
    "redundant_key_removal",
    "window_limit",
    "column_pruning",
    "sort_removal",
    "statistics_aggregation",
    "limit_pushdown",
    "projection_merging",
    "join_order",
    "eager_aggregation",
    "build_side_choice",
    "predicate_transfer",
    "common_expression_sharing",
    "row_estimation",
};

bool HasJoin(const LogicalOperator& plan) {
  return plan.kind() == LogicalKind::kJoin ||
         std::ranges::any_of(plan.children(), [](const PlanPtr& child) { return HasJoin(*child); });
}

const OptimizerRule& RuleNamed(std::string_view name) {
  return *std::ranges::find(kRules, name, &OptimizerRule::name);
}

Status ApplyRule(const OptimizerRule& rule, PlanPtr& plan, OptimizerContext& context) {
  TRIVET_RETURN_IF_ERROR(context.evaluation.cancellation().Check());
  Result<size_t> firings = rule.apply(plan, context);
  if (!firings.ok()) return std::move(firings).status();
  // A rule may end half-way once the query is cancelled.
  TRIVET_RETURN_IF_ERROR(context.evaluation.cancellation().Check());
#ifdef TRIVET_ASSERTIONS
  TRIVET_RETURN_IF_ERROR(ValidatePlan(*plan).WithContext(StrCat("after rule ", rule.name)));
#endif
  if (context.trace == nullptr || *firings == 0) return Status::OK();
  OptimizerTrace::Entry entry{rule.name, *firings, {}};
  if (context.trace->with_plans) entry.plan = PlanToString(*plan);
  context.trace->entries.push_back(std::move(entry));
  return Status::OK();
}

// Gives the columns asked for, in their order; a projection only where the plan gives others.
void RestoreColumns(PlanPtr& plan, const std::vector<OutputColumn>& columns) {
  const std::vector<OutputColumn> given = plan->Columns();
  if (std::ranges::equal(given, columns, {}, &OutputColumn::id, &OutputColumn::id)) return;
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : columns) entries.push_back(PassOn(column));
  // Definitions stay on top.
  PlanPtr* body = &plan;
  while ((*body)->kind() == LogicalKind::kCte) body = &(*body)->children()[1];
  const std::optional<double> rows = (*body)->estimated_rows;
  *body = std::make_unique<LogicalProject>(std::move(*body), std::move(entries));
  (*body)->estimated_rows = rows;
}

}  // namespace

size_t OptimizerTrace::Firings(std::string_view rule) const {
  size_t count = 0;
  for (const Entry& entry : entries) count += entry.rule == rule ? entry.firings : 0;
  return count;
}

std::span<const OptimizerRule> OptimizerRules() { return kRules; }

Result<PlanPtr> Optimize(PlanPtr plan, OptimizerContext& context) {
  const std::vector<OutputColumn> columns = plan->Columns();
  context.required_columns = OutputIds(*plan);
  // Without joins no choice depends on how many rows pass.
  if (context.sampling != nullptr && HasJoin(*plan)) {
    context.sampler = std::make_shared<TableSampler>(*context.sampling);
  }
  for (std::string_view name : kSchedule) {
    const OptimizerRule& rule = RuleNamed(name);
    if (rule.required || context.IsEnabled(name)) {
      TRIVET_RETURN_IF_ERROR(ApplyRule(rule, plan, context));
    }
  }
  RestoreColumns(plan, columns);
  return plan;
}

Status OptimizeQuery(BoundQuery& query, OptimizerContext& context) {
  std::vector<OutputColumn> columns;
  std::unordered_set<ColumnId> known;
  for (const OutputColumn& column : query.columns) {
    if (known.insert(column.id).second) columns.push_back(column);
  }
  RestoreColumns(query.plan, columns);
  TRIVET_ASSIGN_OR_RETURN(query.plan, Optimize(std::move(query.plan), context));
  return Status::OK();
}

}  // namespace trivet
