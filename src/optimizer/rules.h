#pragma once

#include "optimizer/optimizer.h"

namespace trivet {

// The rules, one file each. The schedule in optimizer.cc says when each one runs.
Result<size_t> FoldConstants(PlanPtr& plan, OptimizerContext& context);
Result<size_t> SimplifyExpressions(PlanPtr& plan, OptimizerContext& context);
Result<size_t> PushDownFilters(PlanPtr& plan, OptimizerContext& context);
Result<size_t> InferPredicates(PlanPtr& plan, OptimizerContext& context);
Result<size_t> UnnestSubqueries(PlanPtr& plan, OptimizerContext& context);
Result<size_t> SimplifyMarkJoins(PlanPtr& plan, OptimizerContext& context);
Result<size_t> SimplifySingleJoins(PlanPtr& plan, OptimizerContext& context);
Result<size_t> SimplifyOuterJoins(PlanPtr& plan, OptimizerContext& context);
Result<size_t> RemoveEmptyInputs(PlanPtr& plan, OptimizerContext& context);
Result<size_t> InlineCtes(PlanPtr& plan, OptimizerContext& context);
Result<size_t> ShareCommonSubplans(PlanPtr& plan, OptimizerContext& context);
Result<size_t> PruneColumns(PlanPtr& plan, OptimizerContext& context);
Result<size_t> MergeProjections(PlanPtr& plan, OptimizerContext& context);
Result<size_t> RemoveNullTests(PlanPtr& plan, OptimizerContext& context);
Result<size_t> RemoveRedundantKeys(PlanPtr& plan, OptimizerContext& context);
Result<size_t> RemoveRedundantJoins(PlanPtr& plan, OptimizerContext& context);
Result<size_t> OrderJoins(PlanPtr& plan, OptimizerContext& context);
Result<size_t> AggregateEagerly(PlanPtr& plan, OptimizerContext& context);
Result<size_t> ChooseBuildSides(PlanPtr& plan, OptimizerContext& context);
Result<size_t> TransferPredicates(PlanPtr& plan, OptimizerContext& context);
Result<size_t> PushDownLimits(PlanPtr& plan, OptimizerContext& context);
Result<size_t> LimitWindows(PlanPtr& plan, OptimizerContext& context);
Result<size_t> ShareSumsOfOffsets(PlanPtr& plan, OptimizerContext& context);
Result<size_t> AnswerFromStatistics(PlanPtr& plan, OptimizerContext& context);
Result<size_t> RemoveRedundantSorts(PlanPtr& plan, OptimizerContext& context);
Result<size_t> ShareCommonExpressions(PlanPtr& plan, OptimizerContext& context);
Result<size_t> EstimateRows(PlanPtr& plan, OptimizerContext& context);

}  // namespace trivet
