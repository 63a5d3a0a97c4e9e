#pragma once

#include "expression/evaluation_context.h"
#include "expression/expression.h"
#include "expression/function_registry.h"

namespace trivet {

// Computes nodes whose operands are all constants, functions that are stable within a query
// included. Nodes that fail stay as they are, so that the error is raised for a live row or not at
// all.
ExpressionPtr FoldConstants(const ExpressionPtr& root, const EvaluationContext& evaluation);

// Rewrites an expression into a simpler one of the same type that gives the same value in every row
// (and fails in no row where it did not).
ExpressionPtr SimplifyExpression(const ExpressionPtr& root, const EvaluationContext& evaluation);
// The same for a predicate of which only TRUE counts: FALSE and NULL may be exchanged.
ExpressionPtr SimplifyPredicate(const ExpressionPtr& root, const EvaluationContext& evaluation);

// One step at one node, whose children are simple already; the node itself where nothing applies.
ExpressionPtr SimplifyJunction(const ExpressionPtr& node);
ExpressionPtr SimplifyComparison(const ExpressionPtr& node, const EvaluationContext& evaluation);
ExpressionPtr SimplifyCast(const ExpressionPtr& node);

// Does the cast map different values to different values, in the same order, and never fail?
bool IsOrderPreservingInjection(const LogicalType& from, const LogicalType& to);

}  // namespace trivet
