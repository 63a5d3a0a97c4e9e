#pragma once

#include <memory>
#include <vector>

#include "expression/expression.h"
#include "vector/batch.h"

namespace trivet {

// Evaluates expressions (over kInput nodes) on batches, keeping scratch memory between calls. One
// per thread and operator; the expressions are shared. Results share the input's memory where they
// can.
//
// Guarantees: CASE, COALESCE, AND, OR evaluate a branch only on the rows that reach it; an error is
// raised only for a row that is live there; an expression over one dictionary column whose
// dictionary is smaller than the row count is evaluated once per entry (and cached by dictionary
// id), without raising errors of entries that no row uses.
class Evaluator {
 public:
  Evaluator(std::vector<ExpressionPtr> expressions, const EvaluationContext& context);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  size_t size() const;
  // Evaluates expression i on all rows of the batch into `result`, of the expression's type.
  Status Evaluate(size_t i, const Batch& input, Vector& result);
  // All expressions; the output batch has the input's row count and order.
  Status EvaluateAll(const Batch& input, Batch& output);
  // Rows for which boolean expression i is TRUE: writes their numbers to `rows` (kVectorSize slots)
  // and their count to `count`. Conjuncts run on survivors only, in written order where they can
  // fail.
  Status Select(size_t i, const Batch& input, uint32_t* rows, size_t& count);

 private:
  class State;
  std::unique_ptr<State> state_;
};

// Value of an expression without columns (constant folding, LIMIT, VALUES).
Result<Value> EvaluateConstant(const ExpressionPtr& expression, const EvaluationContext& context);

}  // namespace trivet
