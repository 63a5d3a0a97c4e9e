#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "context/execution_context.h"
#include "expression/function_registry.h"
#include "plan/bound_statement.h"
#include "plan/logical_operators.h"

namespace trivet {

// What the optimiser did to one plan, in order; for EXPLAIN and tests.
struct OptimizerTrace {
  struct Entry {
    std::string_view rule;
    size_t firings = 0;  // places that changed
    std::string plan;    // after the rule, where `with_plans`
  };
  std::vector<Entry> entries;  // only rules that fired
  bool with_plans = false;

  size_t Firings(std::string_view rule) const;
};

class TableSampler;

// All that rules may know and use. Lives for one call of Optimize; not synchronised.
struct OptimizerContext {
  ColumnIdGenerator& ids;
  const FunctionRegistry& functions;
  const EvaluationContext& evaluation;
  // Names of rules that must not run (SET disabled_optimizers). Unnesting cannot be disabled:
  // nothing executes a dependent join.
  std::set<std::string, std::less<>> disabled_rules = {};
  OptimizerTrace* trace = nullptr;
  // What tables are read through to run predicates over a few of their rows; null: nothing is read.
  const ExecutionContext* sampling = nullptr;
  std::shared_ptr<TableSampler> sampler = nullptr;  // kept by Optimize
  // Pairs of subplans that join ordering weighs before it turns greedy.
  size_t join_pair_budget = 10'000;
  // Whether predicates are transferred wherever that is right, whatever it costs; for tests.
  bool transfers_at_any_cost = false;
  // Output columns that the plan's reader needs; all that it gives, where not set. Kept by
  // Optimize.
  std::optional<std::set<ColumnId>> required_columns = {};

  std::set<ColumnId> RequiredColumns(const LogicalOperator& plan) const {
    return required_columns ? *required_columns : OutputIds(plan);
  }
  bool IsEnabled(std::string_view rule) const { return !disabled_rules.contains(rule); }
};

// A rewriting of a whole plan that keeps its answer and its output columns (more columns may
// appear, also in another order). Gives the number of places changed; errors are for the user only
// where the query asks for something that is not supported, else Internal.
using RuleFunction = Result<size_t> (*)(PlanPtr& plan, OptimizerContext& context);

struct OptimizerRule {
  std::string_view name;  // as in SET disabled_optimizers
  RuleFunction apply;
  std::string_view description;
  bool required = false;  // cannot be disabled
};

// Every rule once, sorted by name; for listings and for checking settings.
std::span<const OptimizerRule> OptimizerRules();

// Rewrites a bound plan into one that gives the same rows faster. The result gives every column of
// the input, in the same order, holds no dependent join, and defines all common table expressions
// at its top. Deterministic: the same plan, statistics and disabled rules give the same result.
Result<PlanPtr> Optimize(PlanPtr plan, OptimizerContext& context);

// As above, for a query: only the columns of its result need to survive.
Status OptimizeQuery(BoundQuery& query, OptimizerContext& context);

}  // namespace trivet
