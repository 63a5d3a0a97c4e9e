#pragma once

#include <memory>
#include <vector>

#include "expression/expression.h"
#include "vector/batch.h"

namespace trivet {

// Rows of a batch, ascending; null means rows [0, count).
struct RowSet {
  const uint32_t* rows = nullptr;
  size_t count = 0;
  uint32_t operator[](size_t i) const { return rows ? rows[i] : static_cast<uint32_t>(i); }
};

// An expression made ready to run by one thread: the mirror of an expression tree, with the scratch
// memory of each node. Nodes are compiled over kInput positions.
//
// All rows that a node is given are live. Errors are recorded by row of the batch given, and the
// rows are NULL in the result; a Status that is not OK means that evaluation itself cannot go on.
class EvaluationNode {
 public:
  explicit EvaluationNode(ExpressionPtr expression);
  virtual ~EvaluationNode() = default;
  EvaluationNode(const EvaluationNode&) = delete;
  EvaluationNode& operator=(const EvaluationNode&) = delete;

  // Computes all rows of the batch into `result`, whose memory is reused where nobody shares it.
  virtual Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) = 0;
  // The rows among `live` for which the boolean expression is TRUE, ascending. `out` has room for
  // live.count rows and may be the array that `live` reads.
  virtual Status Select(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                        size_t& out_count);

  // Evaluates on the given rows only: row i of the result is row rows[i].
  Status EvaluateRows(const Batch& input, RowSet rows, LaneErrors& errors, Vector& result);

  const Expression& expression() const { return *expression_; }
  const LogicalType& type() const { return expression_->type(); }
  // Input positions that the expression reads.
  const std::vector<uint32_t>& inputs() const { return inputs_; }

 private:
  // The columns that the expression reads, cut to the rows.
  void SliceInputs(const Batch& input, RowSet rows, Batch& sliced) const;

  ExpressionPtr expression_;
  std::vector<uint32_t> inputs_;
  Vector select_scratch_;
};

using EvaluationNodePtr = std::unique_ptr<EvaluationNode>;

// The node of an expression without kColumn references.
EvaluationNodePtr CompileExpression(const ExpressionPtr& expression,
                                    const EvaluationContext& context);

// What CompileExpression is made of: the node itself, without dictionary or constant caching.
EvaluationNodePtr CompileCall(const ExpressionPtr& expression, const EvaluationContext& context);
EvaluationNodePtr CompileCast(const ExpressionPtr& expression, const EvaluationContext& context);
EvaluationNodePtr CompileComparison(const ExpressionPtr& expression,
                                    const EvaluationContext& context);
EvaluationNodePtr CompileNullTest(const ExpressionPtr& expression,
                                  const EvaluationContext& context);
EvaluationNodePtr CompileNot(const ExpressionPtr& expression, const EvaluationContext& context);
EvaluationNodePtr CompileJunction(const ExpressionPtr& expression,
                                  const EvaluationContext& context);
EvaluationNodePtr CompileCase(const ExpressionPtr& expression, const EvaluationContext& context);
EvaluationNodePtr CompileCoalesce(const ExpressionPtr& expression,
                                  const EvaluationContext& context);
EvaluationNodePtr CompileIn(const ExpressionPtr& expression, const EvaluationContext& context);
// Wraps a node that reads one column: evaluated once per entry where that column is a dictionary.
EvaluationNodePtr CompileDictionary(EvaluationNodePtr inner, const EvaluationContext& context);
// Whether answers to a call are remembered by text, and the node that does so, of one text argument.
bool IsWorthRemembering(const Expression& call);
EvaluationNodePtr CompileMemo(const ExpressionPtr& expression, const EvaluationContext& context);
// Wraps a node that reads no column and is not volatile: evaluated once.
EvaluationNodePtr CompileOnce(EvaluationNodePtr inner);

// Rows of boolean `values` that are TRUE: out gets live[i] for row i.
size_t SelectTrue(const Vector& values, RowSet live, uint32_t* out);
// Rows of `all` that are not in `some`, which is a part of it. `out` may be the array of `all`.
size_t SubtractRows(RowSet all, RowSet some, uint32_t* out);
// Adds the errors of a slice to those of the batch it was cut from.
void MapErrors(const LaneErrors& slice_errors, RowSet rows, LaneErrors& errors);

}  // namespace trivet
