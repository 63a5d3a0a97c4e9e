#pragma once

#include "plan/logical_operators.h"

namespace trivet {

// Functions that number the rows of a partition by the window's order. All give BIGINT.
enum class RankingFunction : uint8_t {
  kRowNumber,  // 1, 2, 3 …
  kRank,       // rows of equal keys share the first one's number
  kDenseRank,  // the same without gaps
};

// The function's name in SQL.
std::string_view RankingFunctionName(RankingFunction function);
// By its name in lower case, or nothing.
std::optional<RankingFunction> FindRankingFunction(std::string_view name);

// Adds to each row of its input what functions make of its place within its partition: among the
// rows whose values of `partition_by` are equal (NULLs are equal), in the order of `order_by`, then
// of the input. Rows come in any order of partitions.
class LogicalWindow final : public LogicalOperator {
 public:
  struct Function {
    OutputColumn column;
    RankingFunction function;
  };
  LogicalWindow(PlanPtr input, std::vector<Function> calls, std::vector<ExpressionPtr> partition,
                std::vector<SortKey> order);
  TRIVET_LOGICAL_OPERATOR("WINDOW")

  std::vector<Function> functions;  // of one OVER
  std::vector<ExpressionPtr> partition_by;
  std::vector<SortKey> order_by;
  // Where set, only so many rows of each partition are kept: the first.
  std::optional<uint64_t> limit;
};

}  // namespace trivet
