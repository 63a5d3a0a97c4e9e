#include "optimizer/optimizer.h"

#include <algorithm>

#include "base/string_concat.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

constexpr OptimizerRule kRules[] = {
    {"column_pruning", PruneColumns, "drops columns that nothing reads"},
    {"constant_folding", FoldConstants, "computes expressions of constants"},
    {"expression_simplification", SimplifyExpressions, "rewrites expressions into simpler ones"},
    {"filter_pushdown", PushDownFilters, "moves conjuncts towards the data"},
    {"unnesting", UnnestSubqueries, "turns correlated subqueries into joins", true},
};

// When each rule runs. Filters move before unnesting too, so that the left side of a dependent join
// is small when it must be computed for its own sake.
constexpr std::string_view kSchedule[] = {
    "constant_folding", "expression_simplification", "filter_pushdown", "unnesting",
    "constant_folding", "expression_simplification", "filter_pushdown", "column_pruning",
};

const OptimizerRule& RuleNamed(std::string_view name) {
  return *std::ranges::find(kRules, name, &OptimizerRule::name);
}

Status ApplyRule(const OptimizerRule& rule, PlanPtr& plan, OptimizerContext& context) {
  Result<size_t> firings = rule.apply(plan, context);
  if (!firings.ok()) return std::move(firings).status();
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
  for (const OutputColumn& column : query.columns) {
    if (std::ranges::find(columns, column.id, &OutputColumn::id) == columns.end()) {
      columns.push_back(column);
    }
  }
  RestoreColumns(query.plan, columns);
  TRIVET_ASSIGN_OR_RETURN(query.plan, Optimize(std::move(query.plan), context));
  return Status::OK();
}

}  // namespace trivet
