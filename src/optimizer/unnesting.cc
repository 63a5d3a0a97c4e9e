#include "optimizer/unnesting.h"

#include <algorithm>

#include "base/string_concat.h"
#include "optimizer/rules.h"

namespace trivet {

ColumnMap Representation::Map() const {
  ColumnMap map;
  for (const auto& [outer, column] : columns) map.emplace(outer, column.Reference());
  return map;
}

void AddSameOuterValues(std::vector<ExpressionPtr>& conditions, const Representation& left,
                        const Representation& right) {
  // Rows for a NULL are of no use on a side that compared the outer column with =.
  const Comparison comparison =
      left.null_free || right.null_free ? Comparison::kEqual : Comparison::kNotDistinctFrom;
  for (const auto& [outer, column] : left.columns) {
    AppendConjuncts(conditions, {Expression::Compare(comparison, column.Reference(),
                                                     right.columns.at(outer).Reference())});
  }
}

Status Unnester::Run(PlanPtr& plan) {
  InlineCorrelatedCtes(plan);
  return EliminateBelow(plan);
}

// A common table expression that uses outer columns is computed per outer row: each reference
// becomes a copy, unnested where it stands.
void Unnester::InlineCorrelatedCtes(PlanPtr& plan) {
  ForEachNodeTopDown(plan, [&](PlanPtr& node) {
    while (auto* cte = As<LogicalCte>(node)) {
      if (FreeColumns(cte->child(0)).empty()) break;
      PlanPtr definition = std::move(cte->children()[0]);
      const uint32_t cte_id = cte->cte_id;
      PlanPtr body = std::move(cte->children()[1]);
      ForEachNode(body, [&](PlanPtr& reader) {
        auto* scan = As<LogicalCteScan>(reader);
        if (scan == nullptr || scan->cte_id != cte_id) return;
        std::vector<std::pair<ColumnId, ColumnId>> mapping;
        PlanPtr copy = CloneWithFreshColumns(*definition, context_.ids, mapping);
        std::vector<LogicalProject::Entry> entries;
        for (size_t i = 0; i < scan->columns.size(); ++i) {
          const auto fresh = std::ranges::find(mapping, scan->definition_columns[i],
                                               &std::pair<ColumnId, ColumnId>::first);
          const ColumnId id = fresh == mapping.end() ? scan->definition_columns[i] : fresh->second;
          const OutputColumn& column = scan->columns[i];
          entries.push_back(Compute(column, Expression::Column(id, column.type, column.name)));
        }
        reader = std::make_unique<LogicalProject>(std::move(copy), std::move(entries));
      });
      node = std::move(body);
    }
    return true;
  });
}

Status Unnester::EliminateBelow(PlanPtr& node) {
  if (auto* join = As<LogicalJoin>(node)) {
    TRIVET_RETURN_IF_ERROR(EliminateBelow(join->children()[0]));
    if (Intersects(FreeColumns(join->child(1)), OutputIds(join->child(0)))) {
      return EliminateJoin(node);
    }
    join->dependent = false;
    return EliminateBelow(join->children()[1]);
  }
  for (PlanPtr& child : node->children()) TRIVET_RETURN_IF_ERROR(EliminateBelow(child));
  return Status::OK();
}

Status Unnester::EliminateJoin(PlanPtr& node) {
  const JoinKind kind = As<LogicalJoin>(node)->join;
  if (kind == JoinKind::kRight || kind == JoinKind::kFull) {
    return Status::NotImplemented(
        StrCat("a ", JoinKindName(kind), " JOIN whose right side refers to its left side"));
  }
  ++eliminated_;
  PulledUp pulled{&node, std::nullopt};
  TRIVET_RETURN_IF_ERROR(PullUp(pulled));
  LogicalJoin& join = *As<LogicalJoin>(*pulled.slot);
  const LogicalAggregate* aggregate = As<LogicalAggregate>(join.child(1));
  if (aggregate != nullptr && aggregate->groups.empty() &&
      Intersects(FreeColumns(*aggregate), OutputIds(join.child(0)))) {
    return EliminateOverStaticAggregate(pulled);
  }
  return EliminateInGeneral(pulled);
}

namespace {

Representation Identity(const CorrelationScope& scope) {
  Representation identity;
  for (const OutputColumn& column : scope.outer) identity.columns.emplace(column.id, column);
  return identity;
}

}  // namespace

Status Unnester::EliminateInGeneral(PulledUp& pulled) {
  LogicalJoin& join = *As<LogicalJoin>(*pulled.slot);
  if (pulled.marker) {
    auto marked = ProjectAll(std::move(join.children()[1]));
    marked->entries.push_back(Compute(*pulled.marker, Expression::Constant(Value::Boolean(true))));
    join.children()[1] = std::move(marked);
  }
  join.dependent = false;
  if (!Intersects(FreeColumns(join.child(1)), OutputIds(join.child(0)))) {
    return EliminateBelow(join.children()[1]);
  }
  ExtractOuterExpressions(join);
  CorrelationScope scope = MakeScope(join, join.child(1));
  std::vector<ExpressionPtr> predicates = join.conditions;
  if (join.join == JoinKind::kSemi && join.comparison) predicates.push_back(join.comparison);
  const Equivalences equal = EquivalencesOf(predicates, scope.outer_ids, OutputIds(join.child(1)));
  Representation representation;
  TRIVET_RETURN_IF_ERROR(Unnest(join.children()[1], scope, equal, representation));
  AddSameOuterValues(join.conditions, Identity(scope), representation);
  DefineDomain(join.children()[0], scope);
  return Status::OK();
}

namespace {

// What the join's kind makes of a right side that gives exactly one row for each left row, whose
// columns stand in `plan` as `results` says.
PlanPtr ApplyToOneRow(const LogicalJoin& join, PlanPtr plan,
                      const std::vector<OutputColumn>& left_columns,
                      const std::vector<OutputColumn>& right_columns, const ColumnMap& results) {
  std::vector<ExpressionPtr> conditions;
  for (const ExpressionPtr& condition : join.conditions) {
    conditions.push_back(ReplaceColumns(condition, results));
  }
  const ExpressionPtr matches = Expression::And(conditions);
  const ExpressionPtr comparison =
      join.comparison ? ReplaceColumns(join.comparison, results) : nullptr;
  const auto when_matched = [&](ExpressionPtr then, ExpressionPtr otherwise) {
    if (conditions.empty()) return then;
    return Expression::Case({matches, std::move(then), std::move(otherwise)});
  };
  const ExpressionPtr yes = Expression::Constant(Value::Boolean(true));
  const ExpressionPtr no = Expression::Constant(Value::Boolean(false));
  if (join.join == JoinKind::kSemi) {
    if (comparison) conditions.push_back(comparison);
    AddFilter(plan, conditions);
    return plan;
  }
  if (join.join == JoinKind::kAnti) {
    AddFilter(plan, {when_matched(comparison ? Expression::Not(comparison) : no, yes)});
    return plan;
  }
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : left_columns) entries.push_back(PassOn(column));
  if (join.join == JoinKind::kMark) {
    entries.push_back(Compute(join.mark, when_matched(comparison ? comparison : yes, no)));
    return std::make_unique<LogicalProject>(std::move(plan), std::move(entries));
  }
  const bool outer = join.join != JoinKind::kInner;
  for (const OutputColumn& column : right_columns) {
    ExpressionPtr value = results.at(column.id);
    if (outer) {
      value = when_matched(value, Expression::Constant(Value::Null(column.type)));
    }
    entries.push_back(Compute(column, std::move(value)));
  }
  if (!outer) AddFilter(plan, conditions);
  return std::make_unique<LogicalProject>(std::move(plan), std::move(entries));
}

}  // namespace

Status Unnester::EliminateOverStaticAggregate(PulledUp& pulled) {
  LogicalJoin& join = *As<LogicalJoin>(*pulled.slot);
  ExtractOuterExpressions(join);
  CorrelationScope scope = MakeScope(join, join.child(1));
  PlanPtr aggregate = std::move(join.children()[1]);
  std::vector<OutputColumn> right_columns = aggregate->Columns();
  Representation representation;
  TRIVET_RETURN_IF_ERROR(Unnest(aggregate->children()[0], scope, {}, representation));
  DefineDomain(join.children()[0], scope);
  PlanPtr left = std::move(join.children()[0]);
  const std::vector<OutputColumn> left_columns = left->Columns();
  ColumnMap results;
  PlanPtr joined = JoinStaticAggregate(std::move(left), Identity(scope), std::move(aggregate),
                                       representation, results);
  if (pulled.marker) {
    right_columns.push_back(*pulled.marker);
    results.emplace(pulled.marker->id, Expression::Constant(Value::Boolean(true)));
  }
  PlanPtr applied = ApplyToOneRow(join, std::move(joined), left_columns, right_columns, results);
  *pulled.slot = std::move(applied);
  return Status::OK();
}

void TakeCtes(PlanPtr& node, std::vector<PlanPtr>& definitions) {
  if (node->kind() == LogicalKind::kCte) {
    PlanPtr cte = std::move(node);
    PlanPtr body = std::move(cte->children()[1]);
    cte->children().pop_back();
    TakeCtes(cte->children()[0], definitions);
    definitions.push_back(std::move(cte));
    node = std::move(body);
    TakeCtes(node, definitions);
    return;
  }
  for (PlanPtr& child : node->children()) TakeCtes(child, definitions);
}

Result<size_t> UnnestSubqueries(PlanPtr& plan, OptimizerContext& context) {
  Unnester unnester(context);
  TRIVET_RETURN_IF_ERROR(unnester.Run(plan));
  std::vector<PlanPtr> definitions;
  TakeCtes(plan, definitions);
  WrapInCtes(plan, std::move(definitions));
  bool dependent = false;
  ForEachNode(plan, [&](PlanPtr& node) {
    const auto* join = As<LogicalJoin>(node);
    dependent |= join != nullptr && join->dependent;
  });
  if (dependent || !FreeColumns(*plan).empty()) {
    return Status::Internal("unnesting left a dependent join in the plan");
  }
  return unnester.eliminated();
}

}  // namespace trivet
