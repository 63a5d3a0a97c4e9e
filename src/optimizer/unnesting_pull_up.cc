// The part of unnesting that needs no outer columns inside the right side: whatever can be
// evaluated at the dependent join or above it is moved there.

#include <algorithm>

#include "optimizer/null_rejection.h"
#include "optimizer/plan_properties.h"
#include "optimizer/unnesting.h"

namespace trivet {

namespace {

bool AnyVolatile(const std::vector<ExpressionPtr>& list) {
  return std::ranges::any_of(list, [](const ExpressionPtr& e) { return e->is_volatile(); });
}

bool IsExistence(const LogicalJoin& join) {
  return join.join == JoinKind::kSemi || join.join == JoinKind::kAnti ||
         join.join == JoinKind::kMark;
}

// The columns of the right side that the join itself reads.
ColumnSet RightColumnsRead(const LogicalJoin& join) {
  ColumnSet used;
  for (const ExpressionPtr& condition : join.conditions) CollectColumns(condition, used);
  if (join.comparison) CollectColumns(join.comparison, used);
  ColumnSet read;
  for (ColumnId id : OutputIds(join.child(1))) {
    if (used.contains(id)) read.insert(id);
  }
  return read;
}

void SubstituteInJoin(LogicalJoin& join, const ColumnMap& map) {
  join.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = ReplaceColumns(expression, map); });
}

// A filter's conjuncts become the first conditions of the join, all of them, so that their order
// stays.
bool PullUpFilter(LogicalJoin& join) {
  auto& filter = *As<LogicalFilter>(join.children()[1]);
  if (AnyVolatile(filter.predicates)) return false;
  std::vector<ExpressionPtr> conditions;
  AppendConjuncts(conditions, filter.predicates);
  AppendConjuncts(conditions, join.conditions);
  join.conditions = std::move(conditions);
  join.children()[1] = std::move(filter.children()[0]);
  return true;
}

// Whether there is a match does not depend on how many there are.
bool DropLimit(LogicalJoin& join) {
  if (!IsExistence(join) || !RightColumnsRead(join).empty()) return false;
  PlanPtr& right = join.children()[1];
  const auto* limit = As<LogicalLimit>(right);
  const auto* top = As<LogicalTopN>(right);
  const bool keeps_first = limit != nullptr
                               ? limit->offset == 0 && !limit->percent && limit->limit != 0
                               : top->offset == 0 && top->limit != 0;
  if (!keeps_first) return false;
  right = std::move(right->children()[0]);
  return true;
}

bool DropDistinct(LogicalJoin& join) {
  PlanPtr& right = join.children()[1];
  if (!IsExistence(join)) return false;
  if (As<LogicalDistinctOn>(right) != nullptr) {
    if (!RightColumnsRead(join).empty()) return false;
    right = std::move(right->children()[0]);
    return true;
  }
  auto& aggregate = *As<LogicalAggregate>(right);
  if (aggregate.groups.empty()) return false;
  const ColumnSet read = RightColumnsRead(join);
  ColumnMap map;
  for (const auto& group : aggregate.groups) {
    if (group.expression->is_volatile()) return false;
    map.emplace(group.column.id, group.expression);
  }
  for (const auto& call : aggregate.aggregates) {
    if (read.contains(call.column.id)) return false;
  }
  SubstituteInJoin(join, map);
  right = std::move(aggregate.children()[0]);
  return true;
}

bool AllMovable(const LogicalOperator& node) {
  bool movable = true;
  const_cast<LogicalOperator&>(node).ForEachExpression(
      [&](ExpressionPtr& expression) { movable &= IsMovable(expression); });
  return movable;
}

bool AllMovableBelow(const LogicalOperator& plan) {
  const LogicalJoin* join = As<LogicalJoin>(plan);
  if (!AllMovable(plan) || (join != nullptr && join->join == JoinKind::kSingle)) return false;
  return std::ranges::all_of(plan.children(),
                             [](const PlanPtr& child) { return AllMovableBelow(*child); });
}

// Takes correlated conjuncts out of filters and inner joins from where they may as well be
// evaluated above the whole subtree: nothing on the way may fail for the rows that then come
// through.
void HoistCorrelated(PlanPtr& node, const ColumnSet& outer, std::vector<ExpressionPtr>& hoisted) {
  if (!AllMovable(*node)) return;
  const auto take = [&](std::vector<ExpressionPtr>& conjuncts) {
    std::vector<ExpressionPtr> kept;
    for (ExpressionPtr& conjunct : conjuncts) {
      (UsesAny(conjunct, outer) ? hoisted : kept).push_back(std::move(conjunct));
    }
    conjuncts = std::move(kept);
  };
  if (auto* filter = As<LogicalFilter>(node)) {
    HoistCorrelated(filter->children()[0], outer, hoisted);
    take(filter->predicates);
    if (filter->predicates.empty()) {
      ReplaceByChild(node);
    }
    return;
  }
  auto* join = As<LogicalJoin>(node);
  if (join == nullptr) return;
  const bool dependent = Intersects(FreeColumns(join->child(1)), OutputIds(join->child(0)));
  if (dependent && !AllMovableBelow(join->child(1))) return;
  switch (join->join) {
    case JoinKind::kInner:
      HoistCorrelated(join->children()[0], outer, hoisted);
      HoistCorrelated(join->children()[1], outer, hoisted);
      take(join->conditions);
      return;
    case JoinKind::kLeft:
    case JoinKind::kSemi:
    case JoinKind::kAnti:
    case JoinKind::kMark: HoistCorrelated(join->children()[0], outer, hoisted); return;
    default: return;
  }
}

bool PullUpFromJoin(LogicalJoin& join, const ColumnSet& outer) {
  std::vector<ExpressionPtr> hoisted;
  HoistCorrelated(join.children()[1], outer, hoisted);
  if (hoisted.empty()) return false;
  AppendConjuncts(hoisted, join.conditions);
  join.conditions = std::move(hoisted);
  return true;
}

}  // namespace

Status Unnester::PullUp(PulledUp& pulled) {
  while (true) {
    LogicalJoin& join = *As<LogicalJoin>(*pulled.slot);
    const ColumnSet left = OutputIds(join.child(0));
    PlanPtr& right = join.children()[1];
    if (!Intersects(FreeColumns(*right), left)) return Status::OK();
    bool moved = false;
    switch (right->kind()) {
      case LogicalKind::kFilter: moved = PullUpFilter(join); break;
      case LogicalKind::kProject: moved = PullUpProject(pulled); break;
      case LogicalKind::kJoin: moved = PullUpFromJoin(join, left); break;
      case LogicalKind::kLimit:
      case LogicalKind::kTopN: moved = DropLimit(join); break;
      case LogicalKind::kAggregate:
      case LogicalKind::kDistinctOn: moved = DropDistinct(join); break;
      case LogicalKind::kSort:  // a join has no order
        right = std::move(right->children()[0]);
        moved = true;
        break;
      case LogicalKind::kCte: {  // its definition uses no outer columns: those were inlined
        PlanPtr cte = std::move(right);
        right = std::move(cte->children()[1]);
        TRIVET_RETURN_IF_ERROR(EliminateBelow(cte->children()[0]));
        cte->children()[1] = std::move(*pulled.slot);
        *pulled.slot = std::move(cte);
        pulled.slot = &(*pulled.slot)->children()[1];
        moved = true;
        break;
      }
      default: break;
    }
    if (!moved) return Status::OK();
  }
}

bool Unnester::PullUpProject(PulledUp& pulled) {
  LogicalJoin& join = *As<LogicalJoin>(*pulled.slot);
  auto& project = *As<LogicalProject>(join.children()[1]);
  const ColumnSet read = RightColumnsRead(join);
  for (const auto& entry : project.entries) {
    if (!entry.expression->is_volatile()) continue;
    if (join.join != JoinKind::kInner || read.contains(entry.column.id)) return false;
  }
  if (!IsExistence(join)) {
    PullUpProjectAbove(pulled);
    return true;
  }
  SubstituteInJoin(join, DefinitionsOf(project));
  join.children()[1] = std::move(project.children()[0]);
  return true;
}

// The projection moves above the join. Where the join gives a row without a match, the columns are
// NULL whatever they were computed as, for which a marker column tells matched rows.
void Unnester::PullUpProjectAbove(PulledUp& pulled) {
  LogicalJoin& join = *As<LogicalJoin>(*pulled.slot);
  PlanPtr owned = std::move(join.children()[1]);
  auto& project = *As<LogicalProject>(owned);
  PlanPtr input = std::move(project.children()[0]);
  const bool always_matches =
      join.join == JoinKind::kInner || (join.conditions.empty() && GivesExactlyOneRow(*input));
  const ColumnSet available = OutputIds(*input);
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : join.child(0).Columns()) entries.push_back(PassOn(column));
  for (const auto& entry : project.entries) {
    ExpressionPtr value = entry.expression;
    const bool null_if_unmatched = !value->can_fail() && IsNullOnNulls(value, available);
    if (!always_matches && !null_if_unmatched) {
      if (!pulled.marker) {
        pulled.marker = OutputColumn{context_.ids.Next(), "matched", TypeId::kBoolean};
      }
      value = Expression::Case({Expression::IsNotNull(pulled.marker->Reference()), value,
                                Expression::Constant(Value::Null(value->type()))});
    }
    entries.push_back(Compute(entry.column, std::move(value)));
  }
  if (pulled.marker) {
    // A marker of an earlier projection is read above this one.
    const bool listed = std::ranges::any_of(entries, [&](const LogicalProject::Entry& entry) {
      return entry.column.id == pulled.marker->id;
    });
    if (!listed) entries.push_back(PassOn(*pulled.marker));
  }
  SubstituteInJoin(join, DefinitionsOf(project));
  join.children()[1] = std::move(input);
  *pulled.slot = std::make_unique<LogicalProject>(std::move(*pulled.slot), std::move(entries));
  pulled.slot = &(*pulled.slot)->children()[0];
}

namespace {

// Replaces largest subexpressions over outer columns alone by columns, which `computed` gathers.
class OuterExpressionExtractor {
 public:
  OuterExpressionExtractor(const ColumnSet& outer, ColumnIdGenerator& ids)
      : outer_(outer), ids_(ids) {}

  ExpressionPtr Extract(const ExpressionPtr& expression) {
    if (!UsesAny(expression, outer_) || expression->IsColumn()) return expression;
    const bool computes =
        expression->kind() == ExpressionKind::kCast || expression->kind() == ExpressionKind::kCall;
    if (computes && UsesOnly(expression, outer_) && IsMovable(expression)) {
      return ColumnFor(expression);
    }
    std::vector<ExpressionPtr> children;
    for (const ExpressionPtr& child : expression->children()) children.push_back(Extract(child));
    return expression->WithChildren(std::move(children));
  }

  const std::vector<LogicalProject::Entry>& computed() const { return computed_; }

 private:
  ExpressionPtr ColumnFor(const ExpressionPtr& expression) {
    for (const auto& entry : computed_) {
      if (ExpressionsEqual(entry.expression, expression)) return entry.column.Reference();
    }
    const OutputColumn column{ids_.Next(), expression->ToString(), expression->type()};
    computed_.push_back(Compute(column, expression));
    return column.Reference();
  }

  const ColumnSet& outer_;
  ColumnIdGenerator& ids_;
  std::vector<LogicalProject::Entry> computed_;
};

void ExtractInPlan(LogicalOperator& plan, OuterExpressionExtractor& extractor) {
  plan.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = extractor.Extract(expression); });
  for (PlanPtr& child : plan.children()) ExtractInPlan(*child, extractor);
}

}  // namespace

// Casts and calls of outer columns are computed on the left side, so that comparisons with them
// become comparisons with a column, which columns of the right side can then stand for.
void Unnester::ExtractOuterExpressions(LogicalJoin& join) {
  const ColumnSet left = OutputIds(join.child(0));
  OuterExpressionExtractor extractor(left, context_.ids);
  ExtractInPlan(join.child(1), extractor);
  if (extractor.computed().empty()) return;
  auto project = ProjectAll(std::move(join.children()[0]));
  for (const auto& entry : extractor.computed()) project->entries.push_back(entry);
  join.children()[0] = std::move(project);
}

}  // namespace trivet
