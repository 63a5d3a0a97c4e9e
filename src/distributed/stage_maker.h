#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "distributed/distributed_plan.h"
#include "distributed/exchange.h"
#include "distributed/partitioning_flow.h"

namespace trivet {

// Where a piece reads another stage.
struct Reading {
  std::shared_ptr<PhysicalExchangeSource> source;
  StageInput input;
  // The piece's rows are right, too, if its tasks share the rows of this reading out among them in
  // any way and each reads all of the others.
  bool may_be_dealt_out = true;
};

// A plan without exchanges inside: the part of a stage made so far.
struct Piece {
  PhysicalPlan plan;
  Spread spread;
  uint32_t tasks = 1;
  std::vector<Reading> readings;
  bool deterministic = true;
  // Every run of a task gives the same rows in the same order.
  bool repeatable = false;
  // Where not 0: whoever gathers the rows wants no more than the first so many.
  uint64_t row_limit = 0;
};

// What is taken for true where nothing is known.
inline constexpr double kUnknownRows = 1e6;
inline constexpr double kBytesPerValue = 12;

// Rows of an operator, and their bytes, by estimate.
double EstimatedRows(const PhysicalOperator& plan);
double EstimatedBytes(const PhysicalOperator& plan);

// Makes stages of pieces, producers first. Not synchronised.
class StageMaker {
 public:
  // Ends a piece: its rows are cut so.
  StageId Close(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys,
                uint32_t partitions, RangeKeys range = {});
  // What a stage of so many tasks reads of another.
  Piece Read(StageId producer, ExchangeKind kind, const std::vector<PhysicalColumn>& schema,
             std::optional<double> rows, uint32_t tasks);
  // Closes the piece and reads it through an exchange.
  Piece Exchange(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys, uint32_t tasks);
  // All rows of a piece that reads a cut stage, and nothing else, for so many tasks. Only the keys
  // where all columns take more than so many bytes, by estimate; they are then over what is read.
  Piece Send(const Piece& written, std::vector<ExpressionPtr>& keys, uint32_t tasks,
             double most_bytes);
  // The piece's rows in ranges of the keys, which are sampled when the piece has run; within a
  // range in the order that they have now.
  Piece CutIntoRanges(Piece piece, const std::vector<SortKey>& keys, uint32_t tasks);

  DistributedPlan Take() { return std::move(result_); }

 private:
  void MarkAdaptable(Stage& stage, const std::vector<Reading>& readings);

  DistributedPlan result_;
};

}  // namespace trivet
