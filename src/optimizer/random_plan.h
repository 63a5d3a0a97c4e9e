#pragma once

// Random logical plans over small tables, correlated at any depth, for comparing a plan with what
// the optimiser makes of it.

#include <random>

#include "optimizer/plan_interpreter.h"
#include "optimizer/plan_rewrite.h"

namespace trivet::testing {

class RandomPlans {
 public:
  explicit RandomPlans(uint64_t seed);

  ColumnIdGenerator& ids() { return ids_; }
  // A plan of at most `depth` operators one above the other.
  PlanPtr Make(int depth) { return MakePlan(depth, {}); }

 private:
  using Columns = std::vector<OutputColumn>;

  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool Chance(int percent) { return static_cast<int>(Below(100)) < percent; }

  PlanPtr MakePlan(int depth, const Columns& outer);
  PlanPtr MakeLeaf(const Columns& outer);
  PlanPtr MakeFilter(int depth, const Columns& outer);
  PlanPtr MakeProject(int depth, const Columns& outer);
  PlanPtr MakeAggregate(int depth, const Columns& outer, bool grouped);
  void AddOffsetSums(LogicalAggregate& aggregate, const Columns& columns);
  PlanPtr MakeJoin(int depth, const Columns& outer);
  PlanPtr MakeJoinChain(int depth, const Columns& outer);
  PlanPtr JoinTo(PlanPtr left, JoinKind kind, int depth, const Columns& outer);
  PlanPtr MakeLimit(int depth, const Columns& outer);
  PlanPtr MakeDistinctOn(int depth, const Columns& outer);
  PlanPtr MakeWindow(int depth, const Columns& outer);
  PlanPtr MakeSetOperation(int depth, const Columns& outer);
  PlanPtr MakeCte(int depth, const Columns& outer);
  PlanPtr SortedByAll(PlanPtr plan);

  // BIGINT over columns of `inner` (if any) and, now and then, of `outer`.
  ExpressionPtr MakeNumber(const Columns& inner, const Columns& outer, int depth);
  ExpressionPtr MakePredicate(const Columns& inner, const Columns& outer, int depth);
  std::vector<ExpressionPtr> MakePredicates(const Columns& inner, const Columns& outer);
  ExpressionPtr PickColumn(const Columns& inner, const Columns& outer);
  OutputColumn NewColumn(LogicalType type);

  std::mt19937_64 random_;
  ColumnIdGenerator ids_;
  std::vector<std::shared_ptr<FakeTable>> tables_;
  std::vector<std::pair<uint32_t, Columns>> ctes_;  // in scope
};

}  // namespace trivet::testing
