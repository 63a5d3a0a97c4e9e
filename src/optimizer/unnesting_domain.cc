// Where the outer columns of a dependent join come from once its right side stands alone: from
// columns of the right side that are compared with them, or from a join with the domain.

#include <algorithm>

#include "optimizer/plan_properties.h"
#include "optimizer/unnesting.h"

namespace trivet {

namespace {

// Would it be seen if operators that use outer columns ran for values that the left side does not
// hold? Expressions may fail for them, and so may a scalar subquery that finds two rows.
bool MayFailOnForeignValues(const LogicalOperator& node, const ColumnSet& outer) {
  if (!Intersects(FreeColumns(node), outer)) return false;
  bool may_fail = false;
  const_cast<LogicalOperator&>(node).ForEachExpression([&](ExpressionPtr& expression) {
    may_fail |= expression->can_fail() || expression->is_volatile();
  });
  if (may_fail) return true;
  const LogicalJoin* join = As<LogicalJoin>(node);
  if (join != nullptr && join->join == JoinKind::kSingle && !GivesAtMostOneRow(join->child(1))) {
    return true;
  }
  return std::ranges::any_of(
      node.children(), [&](const PlanPtr& child) { return MayFailOnForeignValues(*child, outer); });
}

// Reading it twice costs less than keeping its rows.
bool IsCheapToRepeat(const LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
    case LogicalKind::kValues:
    case LogicalKind::kCteScan:
    case LogicalKind::kFilter:
    case LogicalKind::kProject: break;
    default: return false;
  }
  return std::ranges::all_of(plan.children(),
                             [](const PlanPtr& child) { return IsCheapToRepeat(*child); });
}

// Equal values of these types may differ in bits, so one cannot stand for the other.
bool HasDistinguishableEquals(const LogicalType& type) {
  return type.IsFloating() || type.id() == TypeId::kInterval || type.IsNested();
}

std::vector<OutputColumn> WithFreshIds(const std::vector<OutputColumn>& columns,
                                       ColumnIdGenerator& ids) {
  std::vector<OutputColumn> fresh = columns;
  for (OutputColumn& column : fresh) column.id = ids.Next();
  return fresh;
}

// The lowest plan that gives the same combinations of the outer columns, however often each: what
// stands above it keeps every row and takes the columns as they are.
PlanPtr* SourceOfDomain(PlanPtr& left, const ColumnSet& outer) {
  std::vector<PlanPtr*> path{&left};
  while (true) {
    LogicalOperator& node = **path.back();
    const auto* join = As<LogicalJoin>(node);
    const bool keeps_rows =
        node.kind() == LogicalKind::kProject || node.kind() == LogicalKind::kSort ||
        (join != nullptr && (join->join == JoinKind::kLeft || join->join == JoinKind::kSingle ||
                             join->join == JoinKind::kMark));
    if (!keeps_rows && node.kind() != LogicalKind::kCte) break;
    path.push_back(&node.children()[keeps_rows ? 0 : 1]);
  }
  while (path.size() > 1 && !Contains(OutputIds(**path.back()), outer)) path.pop_back();
  return path.back();
}

PlanPtr MakeCteReader(uint32_t id, const std::string& name, std::vector<OutputColumn> columns,
                      std::vector<ColumnId> definition_columns) {
  auto scan = std::make_unique<LogicalCteScan>(id, name);
  scan->columns = std::move(columns);
  scan->definition_columns = std::move(definition_columns);
  return scan;
}

}  // namespace

void WrapInCtes(PlanPtr& node, std::vector<PlanPtr> definitions) {
  for (auto cte = definitions.rbegin(); cte != definitions.rend(); ++cte) {
    (*cte)->children().push_back(std::move(node));
    node = std::move(*cte);
  }
}

std::vector<Equivalence> EquivalencesOf(const std::vector<ExpressionPtr>& conjuncts,
                                        const ColumnSet& outer, const ColumnSet& inner) {
  std::vector<Equivalence> found;
  for (const ExpressionPtr& conjunct : conjuncts) {
    if (!IsMovable(conjunct)) continue;
    const std::optional<JoinEquality> equality = AsJoinEquality(conjunct, outer, inner);
    if (equality && !equality->null_equal && equality->left->IsColumn()) {
      found.push_back({equality->left->column(), equality->right});
    }
  }
  return found;
}

CorrelationScope Unnester::MakeScope(const LogicalJoin& join, const LogicalOperator& path) const {
  CorrelationScope scope;
  const ColumnSet free = FreeColumns(join.child(1));
  for (const OutputColumn& column : join.child(0).Columns()) {
    if (free.contains(column.id)) scope.outer.push_back(column);
  }
  std::ranges::sort(scope.outer, {}, &OutputColumn::id);
  for (const OutputColumn& column : scope.outer) scope.outer_ids.insert(column.id);
  scope.may_substitute = !MayFailOnForeignValues(path, scope.outer_ids) &&
                         std::ranges::none_of(scope.outer, [](const OutputColumn& column) {
                           return HasDistinguishableEquals(column.type);
                         });
  return scope;
}

// Lets columns of the node stand for all outer columns, where each is compared with one.
bool Unnester::Substitute(PlanPtr& node, const CorrelationScope& scope, const Equivalences& equal,
                          Representation& representation) {
  if (!scope.may_substitute) return false;
  const ColumnSet available = OutputIds(*node);
  std::vector<std::pair<OutputColumn, ExpressionPtr>> chosen;
  for (const OutputColumn& outer : scope.outer) {
    const Equivalence* best = nullptr;
    for (const Equivalence& candidate : equal) {
      if (candidate.outer != outer.id || !UsesOnly(candidate.local, available)) continue;
      if (best == nullptr || (candidate.local->IsColumn() && !best->local->IsColumn())) {
        best = &candidate;
      }
    }
    if (best == nullptr) return false;
    chosen.emplace_back(outer, best->local);
  }
  std::unique_ptr<LogicalProject> project;
  for (const auto& [outer, local] : chosen) {
    if (local->IsColumn()) {
      representation.columns[outer.id] = {local->column(), local->name(), local->type()};
      continue;
    }
    if (!project) project = ProjectAll(std::move(node));
    const OutputColumn column{context_.ids.Next(), outer.name, outer.type};
    project->entries.push_back(Compute(column, local));
    representation.columns[outer.id] = column;
  }
  if (project) node = std::move(project);
  representation.null_free = true;
  return true;
}

PlanPtr Unnester::ReadDomain(CorrelationScope& scope, Representation& representation) {
  if (!scope.domain_cte) {
    scope.domain_cte = context_.ids.NextCteId();
    scope.domain_columns = WithFreshIds(scope.outer, context_.ids);
  }
  std::vector<OutputColumn> columns = WithFreshIds(scope.outer, context_.ids);
  std::vector<ColumnId> definition;
  representation.null_free = false;
  for (size_t i = 0; i < columns.size(); ++i) {
    definition.push_back(scope.domain_columns[i].id);
    representation.columns[scope.outer[i].id] = columns[i];
  }
  return MakeCteReader(*scope.domain_cte, "outer values", std::move(columns),
                       std::move(definition));
}

Status Unnester::Attach(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                        Representation& representation) {
  TRIVET_RETURN_IF_ERROR(EliminateBelow(node));
  if (Substitute(node, scope, equal, representation)) return Status::OK();
  PlanPtr domain = ReadDomain(scope, representation);
  const auto* values = As<LogicalValues>(node);
  if (values != nullptr && values->columns.empty() && values->rows.size() == 1) {
    node = std::move(domain);
  } else {
    node = std::make_unique<LogicalJoin>(JoinKind::kInner, std::move(domain), std::move(node),
                                         std::vector<ExpressionPtr>{});
  }
  return Status::OK();
}

void Unnester::DefineDomain(PlanPtr& whole_left, const CorrelationScope& scope) {
  if (!scope.domain_cte) return;
  PlanPtr& left = *SourceOfDomain(whole_left, scope.outer_ids);
  // Others may read definitions that were put here before: they must not be copied or replaced.
  std::vector<PlanPtr> definitions;
  TakeCtes(left, definitions);
  std::vector<std::pair<ColumnId, ColumnId>> mapping;
  PlanPtr source = CloneWithFreshColumns(*left, context_.ids, mapping);
  std::map<ColumnId, ColumnId> fresh(mapping.begin(), mapping.end());
  const auto fresh_of = [&](ColumnId id) { return fresh.contains(id) ? fresh.at(id) : id; };
  if (!IsCheapToRepeat(*left) || IsVolatilePlan(*left)) {
    // Both readers must see the very same rows, also where they are not determined.
    const uint32_t id = context_.ids.NextCteId();
    const std::vector<OutputColumn> columns = left->Columns();
    std::vector<ColumnId> definition;
    for (const OutputColumn& column : columns) definition.push_back(fresh_of(column.id));
    definitions.push_back(
        std::make_unique<LogicalCte>(id, "outer rows", std::move(source), nullptr));
    left = MakeCteReader(id, "outer rows", columns, definition);
    const std::vector<OutputColumn> again = WithFreshIds(columns, context_.ids);
    source = MakeCteReader(id, "outer rows", again, definition);
    for (size_t i = 0; i < columns.size(); ++i) fresh[columns[i].id] = again[i].id;
  }
  auto distinct = std::make_unique<LogicalAggregate>(std::move(source));
  for (size_t i = 0; i < scope.outer.size(); ++i) {
    const OutputColumn& outer = scope.outer[i];
    distinct->groups.push_back(
        {scope.domain_columns[i], Expression::Column(fresh_of(outer.id), outer.type, outer.name)});
  }
  definitions.push_back(std::make_unique<LogicalCte>(*scope.domain_cte, "outer values",
                                                     std::move(distinct), nullptr));
  WrapInCtes(left, std::move(definitions));
}

PlanPtr Unnester::JoinStaticAggregate(PlanPtr left, const Representation& in_left,
                                      PlanPtr aggregate_plan, const Representation& in_input,
                                      ColumnMap& results) {
  auto& aggregate = *As<LogicalAggregate>(aggregate_plan);
  const ColumnMap map = in_input.Map();
  aggregate.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = ReplaceColumns(expression, map); });
  Representation grouped;
  grouped.null_free = in_input.null_free;
  for (const auto& [outer, column] : in_input.columns) {
    const OutputColumn key{context_.ids.Next(), column.name, column.type};
    aggregate.groups.push_back({key, column.Reference()});
    grouped.columns[outer] = key;
  }
  for (auto& call : aggregate.aggregates) {
    const ColumnId old = call.column.id;
    call.column.id = context_.ids.Next();
    ExpressionPtr value = call.column.Reference();
    if (call.function.function->empty_is_zero) {
      const LogicalType& type = call.column.type;
      Value zero = type.IsFloating() ? Value::Double(0) : Value::Integer(type, 0);
      if (type.id() == TypeId::kFloat) zero = Value::Float(0);
      value = Expression::Coalesce({value, Expression::Constant(std::move(zero))});
    }
    results.emplace(old, std::move(value));
  }
  std::vector<ExpressionPtr> conditions;
  AddSameOuterValues(conditions, in_left, grouped);
  return std::make_unique<LogicalJoin>(JoinKind::kLeft, std::move(left), std::move(aggregate_plan),
                                       std::move(conditions));
}

}  // namespace trivet
