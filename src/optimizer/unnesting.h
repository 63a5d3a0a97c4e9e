#pragma once

#include <map>
#include <optional>
#include <vector>

#include "optimizer/optimizer.h"
#include "optimizer/plan_rewrite.h"

namespace trivet {

// A fact that a predicate above guarantees for every row that survives: outer = local.
struct Equivalence {
  ColumnId outer;
  ExpressionPtr local;  // over the outputs of the node at hand
};

// Where an unnested plan keeps the values of the outer columns that each of its rows belongs to.
struct Representation {
  std::map<ColumnId, OutputColumn> columns;  // outer column → column of the plan
  // The plan was restricted by outer = local comparisons, so rows for a NULL are of no use.
  bool null_free = false;

  ExpressionPtr Of(ColumnId outer) const { return columns.at(outer).Reference(); }
  ColumnMap Map() const;
};

// The dependent join being eliminated, as its right side sees it.
struct CorrelationScope {
  std::vector<OutputColumn> outer;  // columns of the left side that the right side uses, by id
  ColumnSet outer_ids;
  // May columns of the right side stand for outer columns that they are compared with? The right
  // side is then computed for all values that it holds, not only for those of the left side.
  bool may_substitute = false;
  // The domain: distinct values of the outer columns, a common table expression made when first
  // used.
  std::optional<uint32_t> domain_cte;
  std::vector<OutputColumn> domain_columns;
};

// Eliminates every dependent join of a plan: T. Neumann and A. Kemper, "Unnesting Arbitrary
// Queries" (BTW 2015), going top-down and preferring equivalent columns of the subquery to joins
// with the domain as in T. Neumann, "Improving Unnesting of Complex Queries" (BTW 2025).
//
// Outermost joins go first: a join inside a right side has the outer columns brought into its own
// left side, so that it depends on nothing else. What can be pulled out of a right side
// (predicates, projections) is, as that may already end the dependence; the rest gets the outer
// columns as further columns of every operator, from the leaves that use them upward.
class Unnester {
 public:
  explicit Unnester(OptimizerContext& context) : context_(context) {}

  Status Run(PlanPtr& plan);
  size_t eliminated() const { return eliminated_; }

 private:
  using Equivalences = std::vector<Equivalence>;
  struct PulledUp {
    PlanPtr* slot;                       // holds the join
    std::optional<OutputColumn> marker;  // a column of the right side, TRUE where a row matched
  };

  void InlineCorrelatedCtes(PlanPtr& plan);
  // Eliminates the dependent joins of a subtree that itself uses no outer columns.
  Status EliminateBelow(PlanPtr& node);
  // `node` is a join; its left side holds no dependent join.
  Status EliminateJoin(PlanPtr& node);
  Status EliminateOverStaticAggregate(PulledUp& pulled);
  Status EliminateInGeneral(PulledUp& pulled);

  // unnesting_pull_up.cc: moves what needs no unnesting from the right side to the join or above
  // it.
  Status PullUp(PulledUp& pulled);
  bool PullUpProject(PulledUp& pulled);
  void PullUpProjectAbove(PulledUp& pulled);
  void ExtractOuterExpressions(LogicalJoin& join);

  // unnesting_domain.cc
  CorrelationScope MakeScope(const LogicalJoin& join, const LogicalOperator& path) const;
  Status Attach(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                Representation& representation);
  bool Substitute(PlanPtr& node, const CorrelationScope& scope, const Equivalences& equal,
                  Representation& representation);
  PlanPtr ReadDomain(CorrelationScope& scope, Representation& representation);
  // Puts the definition of the domain, where it is read, into `left`, far below its readers maybe:
  // in the end all definitions are put on top of the plan, those below others behind them.
  void DefineDomain(PlanPtr& left, const CorrelationScope& scope);
  // Joins the rows of `left`, which hold the outer columns as `in_left` says, to the groups of an
  // aggregate that has been unnested over its input. `results` receives what stands for each of the
  // aggregate's columns, with its value over no rows where there is no group.
  PlanPtr JoinStaticAggregate(PlanPtr left, const Representation& in_left, PlanPtr aggregate,
                              const Representation& in_input, ColumnMap& results);

  // unnesting_operators.cc, unnesting_joins.cc: makes `node` give, besides its columns, the outer
  // columns that each row belongs to.
  Status Unnest(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                Representation& representation);
  Status UnnestFilter(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                      Representation& representation);
  Status UnnestProject(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                       Representation& representation);
  Status UnnestValues(PlanPtr& node, CorrelationScope& scope, Representation& representation);
  Status UnnestAggregate(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                         Representation& representation);
  Status UnnestLimit(PlanPtr& node, CorrelationScope& scope, Representation& representation);
  Status UnnestSetOperation(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                            Representation& representation);
  Status UnnestJoin(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                    Representation& representation);
  Status UnnestInnerJoin(LogicalJoin& join, CorrelationScope& scope, const Equivalences& equal,
                         Representation& representation);
  Status UnnestLeftJoin(LogicalJoin& join, CorrelationScope& scope, const Equivalences& equal,
                        Representation& representation);
  Status UnnestFullJoin(PlanPtr& node, CorrelationScope& scope, Representation& representation);
  Status UnnestNested(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                      Representation& representation);

  OptimizerContext& context_;
  size_t eliminated_ = 0;
};

// outer = local comparisons among conjuncts, where the local side uses columns of `inner` alone.
std::vector<Equivalence> EquivalencesOf(const std::vector<ExpressionPtr>& conjuncts,
                                        const ColumnSet& outer, const ColumnSet& inner);
// The condition that two plans' rows belong to the same values of the outer columns.
void AddSameOuterValues(std::vector<ExpressionPtr>& conditions, const Representation& left,
                        const Representation& right);

// Takes all definitions out of the subtree, those that others read first.
void TakeCtes(PlanPtr& node, std::vector<PlanPtr>& definitions);
// Puts the definitions, which lack what reads them, above the plan; the first one outermost.
void WrapInCtes(PlanPtr& node, std::vector<PlanPtr> definitions);

}  // namespace trivet
