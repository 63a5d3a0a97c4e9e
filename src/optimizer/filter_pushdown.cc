// Moves conjuncts as close to the data as they may go.
//
// A conjunct that cannot fail may run anywhere its columns are. One that can fail never runs before
// those written ahead of it, nor for rows that would not have reached it: it moves only where all
// conjuncts ahead of it move as well, and only through operators that pass on every row.

#include <algorithm>

#include "optimizer/expression_rules.h"
#include "optimizer/expression_set.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

using Conjuncts = std::vector<ExpressionPtr>;

// Are equal values of the type the same in every respect?
bool IsIdenticalWhenEqual(const LogicalType& type) {
  return !type.IsFloating() && type.id() != TypeId::kInterval && !type.IsNested();
}

// Gives equal answers for values that are equal but not identical (-0.0 and 0.0), of which an
// operator that removes duplicates keeps one.
bool DependsOnEqualityOnly(const ExpressionPtr& expression) {
  switch (expression->kind()) {
    case ExpressionKind::kColumn:
    case ExpressionKind::kConstant: return true;
    case ExpressionKind::kCall:
    case ExpressionKind::kCast:
    case ExpressionKind::kCase:
    case ExpressionKind::kCoalesce:
      return std::ranges::all_of(expression->children(), [](const ExpressionPtr& child) {
        return IsIdenticalWhenEqual(child->type()) && DependsOnEqualityOnly(child);
      });
    default: return std::ranges::all_of(expression->children(), DependsOnEqualityOnly);
  }
}

class FilterPushdown {
 public:
  explicit FilterPushdown(size_t& moved) : moved_(moved) {}

  // Makes `node` give only rows that satisfy the conjuncts, which are over its outputs (and, below
  // a dependent join, outer columns).
  void Push(PlanPtr& node, Conjuncts conjuncts);

 private:
  // Which conjuncts may leave a list: `fits` says where, `every_row` that all rows pass through.
  template <typename Fits>
  Conjuncts Take(Conjuncts& list, bool every_row, const Fits& fits) {
    Conjuncts taken;
    Conjuncts kept;
    for (ExpressionPtr& conjunct : list) {
      const bool may_move =
          !conjunct->is_volatile() && (!conjunct->can_fail() || (every_row && kept.empty()));
      (may_move && fits(conjunct) ? taken : kept).push_back(conjunct);
    }
    list = std::move(kept);
    moved_ += taken.size();
    return taken;
  }
  static Conjuncts Replace(const Conjuncts& list, const ColumnMap& map) {
    Conjuncts replaced;
    for (const ExpressionPtr& conjunct : list) replaced.push_back(ReplaceColumns(conjunct, map));
    return replaced;
  }

  void PushIntoScan(PlanPtr& node, Conjuncts conjuncts);
  void PushThroughFilter(PlanPtr& node, const Conjuncts& conjuncts);
  void PushThroughProject(PlanPtr& node, Conjuncts conjuncts);
  void PushThroughAggregate(PlanPtr& node, Conjuncts conjuncts);
  void PushThroughKeys(PlanPtr& node, const Conjuncts& keys, Conjuncts conjuncts);
  void PushThroughSetOperation(PlanPtr& node, Conjuncts conjuncts);
  void PushThroughJoin(PlanPtr& node, Conjuncts conjuncts);
  void PushThroughInnerJoin(PlanPtr& node, const Conjuncts& conjuncts);
  void Recurse(LogicalOperator& node) {
    for (PlanPtr& child : node.children()) Push(child, {});
  }

  size_t& moved_;
};

void FilterPushdown::Push(PlanPtr& node, Conjuncts conjuncts) {
  switch (node->kind()) {
    case LogicalKind::kScan: return PushIntoScan(node, std::move(conjuncts));
    case LogicalKind::kFilter: return PushThroughFilter(node, conjuncts);
    case LogicalKind::kProject: return PushThroughProject(node, std::move(conjuncts));
    case LogicalKind::kJoin: return PushThroughJoin(node, std::move(conjuncts));
    case LogicalKind::kAggregate: return PushThroughAggregate(node, std::move(conjuncts));
    case LogicalKind::kSetOperation: return PushThroughSetOperation(node, std::move(conjuncts));
    case LogicalKind::kDistinctOn:
      return PushThroughKeys(node, As<LogicalDistinctOn>(node)->keys, std::move(conjuncts));
    case LogicalKind::kTopN:
      return PushThroughKeys(node, As<LogicalTopN>(node)->partition_by, std::move(conjuncts));
    case LogicalKind::kWindow:
      return PushThroughKeys(node, As<LogicalWindow>(node)->partition_by, std::move(conjuncts));
    case LogicalKind::kSort: {
      Conjuncts below = Take(conjuncts, true, [](const ExpressionPtr&) { return true; });
      Push(node->children()[0], std::move(below));
      break;
    }
    case LogicalKind::kCte:
      Push(node->children()[0], {});
      return Push(node->children()[1], std::move(conjuncts));
    case LogicalKind::kLimit:
    case LogicalKind::kValues:
    case LogicalKind::kCteScan:
    case LogicalKind::kCustom: Recurse(*node); break;
  }
  AddFilter(node, conjuncts);
}

void FilterPushdown::PushIntoScan(PlanPtr& node, Conjuncts conjuncts) {
  auto& scan = *As<LogicalScan>(node);
  if (scan.table->capabilities().filters) {
    ColumnSet columns;
    for (const auto& column : scan.columns) columns.insert(column.id);
    AppendConjuncts(scan.filters, Take(conjuncts, true, [&](const ExpressionPtr& conjunct) {
                      return UsesOnly(conjunct, columns);
                    }));
  }
  AddFilter(node, conjuncts);
}

void FilterPushdown::PushThroughFilter(PlanPtr& node, const Conjuncts& conjuncts) {
  Conjuncts all;
  AppendConjuncts(all, As<LogicalFilter>(node)->predicates);
  AppendConjuncts(all, conjuncts);
  ReplaceByChild(node);
  Push(node, std::move(all));
}

void FilterPushdown::PushThroughProject(PlanPtr& node, Conjuncts conjuncts) {
  const auto& project = *As<LogicalProject>(node);
  const ColumnMap map = DefinitionsOf(project);
  Conjuncts below = Take(conjuncts, true, [&](const ExpressionPtr& conjunct) {
    return !ReplaceColumns(conjunct, map)->is_volatile();
  });
  Push(node->children()[0], Replace(below, map));
  AddFilter(node, conjuncts);
}

void FilterPushdown::PushThroughAggregate(PlanPtr& node, Conjuncts conjuncts) {
  const auto& aggregate = *As<LogicalAggregate>(node);
  ColumnMap map;
  ColumnSet groups;
  for (const auto& group : aggregate.groups) {
    map.emplace(group.column.id, group.expression);
    groups.insert(group.column.id);
  }
  Conjuncts below = Take(conjuncts, true, [&](const ExpressionPtr& conjunct) {
    return !groups.empty() && UsesAny(conjunct, groups) && UsesOnly(conjunct, groups) &&
           DependsOnEqualityOnly(conjunct) && !ReplaceColumns(conjunct, map)->is_volatile();
  });
  Push(node->children()[0], Replace(below, map));
  AddFilter(node, conjuncts);
}

// Whole groups of equal keys may be dropped before the first rows of each are chosen, or numbered.
void FilterPushdown::PushThroughKeys(PlanPtr& node, const Conjuncts& keys, Conjuncts conjuncts) {
  ColumnSet columns;
  for (const ExpressionPtr& key : keys) {
    if (key->IsColumn()) columns.insert(key->column());
  }
  // With OFFSET or LIMIT 0 a group may give no row: then its conjuncts would not have run.
  Conjuncts below = Take(conjuncts, false, [&](const ExpressionPtr& conjunct) {
    return conjunct->has_columns() && UsesOnly(conjunct, columns) &&
           DependsOnEqualityOnly(conjunct);
  });
  Push(node->children()[0], std::move(below));
  AddFilter(node, conjuncts);
}

void FilterPushdown::PushThroughSetOperation(PlanPtr& node, Conjuncts conjuncts) {
  auto& operation = *As<LogicalSetOperation>(node);
  const bool union_all = operation.operation == SetOperationKind::kUnion && operation.all;
  const Conjuncts below = Take(conjuncts, union_all, [&](const ExpressionPtr& conjunct) {
    return union_all || DependsOnEqualityOnly(conjunct);
  });
  for (size_t i = 0; i < operation.children().size(); ++i) {
    ColumnMap map;
    for (size_t j = 0; j < operation.columns.size(); ++j) {
      const OutputColumn& column = operation.columns[j];
      map.emplace(column.id,
                  Expression::Column(operation.input_columns[i][j], column.type, column.name));
    }
    Push(operation.children()[i], Replace(below, map));
  }
  AddFilter(node, conjuncts);
}

// From OR conjuncts over both sides, what each branch demands of `side` alone: implied, so it may
// run below, while the whole stays.
Conjuncts ImpliedByOrs(const Conjuncts& conjuncts, const ColumnSet& side) {
  Conjuncts implied;
  for (const ExpressionPtr& conjunct : conjuncts) {
    if (conjunct->kind() != ExpressionKind::kOr || !IsMovable(conjunct)) continue;
    if (!UsesAny(conjunct, side) || UsesOnly(conjunct, side)) continue;
    Conjuncts branches;
    for (const ExpressionPtr& branch : conjunct->children()) {
      Conjuncts local;
      for (const ExpressionPtr& part : SplitConjuncts(branch)) {
        if (part->has_columns() && UsesOnly(part, side)) local.push_back(part);
      }
      if (local.empty()) break;
      branches.push_back(Expression::And(std::move(local)));
    }
    if (branches.size() == conjunct->children().size()) {
      // In the form that simplification gives it, to be recognised when it is derived again.
      implied.push_back(SimplifyJunction(Expression::Or(std::move(branches))));
    }
  }
  return implied;
}

void FilterPushdown::PushThroughInnerJoin(PlanPtr& node, const Conjuncts& conjuncts) {
  auto& join = *As<LogicalJoin>(node);
  const ColumnSet left = OutputIds(join.child(0));
  const ColumnSet right = OutputIds(join.child(1));
  Conjuncts all;
  AppendConjuncts(all, join.conditions);
  const size_t from_join = all.size();
  AppendConjuncts(all, conjuncts);
  const auto within = [](const ColumnSet& side) {
    return [&side](const ExpressionPtr& conjunct) {
      return conjunct->has_columns() && UsesOnly(conjunct, side);
    };
  };
  Conjuncts to_left = Take(all, false, within(left));
  Conjuncts to_right = Take(all, false, within(right));
  AppendConjuncts(to_left, ImpliedByOrs(all, left));
  AppendConjuncts(to_right, ImpliedByOrs(all, right));
  const ExpressionSet conditions_before(join.conditions);
  Conjuncts conditions;
  Conjuncts above;
  for (const ExpressionPtr& conjunct : all) {
    // What can fail and was written above the join stays there, unless it is all that the join has.
    const bool was_condition = conditions_before.Contains(conjunct);
    const bool joins = UsesAny(conjunct, left) && UsesAny(conjunct, right);
    const bool fits = was_condition || (joins && above.empty() && !conjunct->is_volatile() &&
                                        (!conjunct->can_fail() || conditions.empty()));
    const bool free_to_join = joins && IsMovable(conjunct);
    (fits || free_to_join ? conditions : above).push_back(conjunct);
  }
  if (conditions.size() > from_join) moved_ += conditions.size() - from_join;
  join.conditions = std::move(conditions);
  Push(join.children()[0], std::move(to_left));
  Push(join.children()[1], std::move(to_right));
  AddFilter(node, above);
}

void FilterPushdown::PushThroughJoin(PlanPtr& node, Conjuncts conjuncts) {
  auto& join = *As<LogicalJoin>(node);
  if (join.join == JoinKind::kInner) return PushThroughInnerJoin(node, conjuncts);
  const ColumnSet left = OutputIds(join.child(0));
  const ColumnSet right = OutputIds(join.child(1));
  const auto only_left = [&](const ExpressionPtr& conjunct) {
    return conjunct->has_columns() && UsesOnly(conjunct, left);
  };
  const auto only_right = [&](const ExpressionPtr& conjunct) {
    return conjunct->has_columns() && UsesOnly(conjunct, right);
  };
  Conjuncts to_left;
  Conjuncts to_right;
  switch (join.join) {
    case JoinKind::kLeft:
    case JoinKind::kMark:
    case JoinKind::kSingle:
      to_left = Take(conjuncts, true, only_left);
      to_right = Take(join.conditions, false, only_right);
      break;
    case JoinKind::kSemi:
      to_left = Take(conjuncts, false, only_left);
      AppendConjuncts(to_left, Take(join.conditions, false, only_left));
      to_right = Take(join.conditions, false, only_right);
      break;
    case JoinKind::kAnti:
      to_left = Take(conjuncts, false, only_left);
      to_right = Take(join.conditions, false, only_right);
      break;
    case JoinKind::kRight:
      to_right = Take(conjuncts, true, only_right);
      to_left = Take(join.conditions, false, only_left);
      break;
    case JoinKind::kInner:
    case JoinKind::kFull: break;
  }
  if (join.join != JoinKind::kFull && join.join != JoinKind::kRight) {
    AppendConjuncts(to_right, ImpliedByOrs(join.conditions, right));
  }
  Push(join.children()[0], std::move(to_left));
  Push(join.children()[1], std::move(to_right));
  AddFilter(node, conjuncts);
}

}  // namespace

Result<size_t> PushDownFilters(PlanPtr& plan, OptimizerContext&) {
  size_t moved = 0;
  FilterPushdown(moved).Push(plan, {});
  return moved;
}

}  // namespace trivet
