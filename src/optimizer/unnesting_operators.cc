// Unnesting of operators with one input, of set operations and of constant rows: each gets the
// outer columns from its inputs, keeps rows of different outer values apart, and passes the columns
// on.

#include <algorithm>
#include <limits>

#include "optimizer/unnesting.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

// Equivalences in terms of what stands for each column in the input; those that cannot be
// expressed, or would evaluate something that must not move, are dropped.
std::vector<Equivalence> Translate(const std::vector<Equivalence>& equal, const ColumnMap& map,
                                   const ColumnSet& outer) {
  std::vector<Equivalence> translated;
  for (const Equivalence& equivalence : equal) {
    const ColumnSet used = ColumnsOf(equivalence.local);
    if (!std::ranges::all_of(used, [&](ColumnId id) { return map.contains(id); })) continue;
    ExpressionPtr local = ReplaceColumns(equivalence.local, map);
    if (!local->has_columns() || !IsMovable(local) || UsesAny(local, outer)) continue;
    translated.push_back({equivalence.outer, std::move(local)});
  }
  return translated;
}

ExpressionPtr InTermsOf(const ExpressionPtr& expression, const ColumnMap& map) {
  ExpressionPtr replaced = ReplaceColumns(expression, map);
  const bool same = replaced->kind() == ExpressionKind::kComparison &&
                    replaced->comparison() == Comparison::kEqual && IsMovable(replaced) &&
                    ExpressionsEqual(replaced->child(0), replaced->child(1));
  return same ? Expression::IsNotNull(replaced->child(0)) : replaced;
}

void RewriteExpressions(LogicalOperator& node, const Representation& representation) {
  const ColumnMap map = representation.Map();
  node.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = InTermsOf(expression, map); });
}

}  // namespace

Status Unnester::Unnest(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                        Representation& representation) {
  if (!Intersects(FreeColumns(*node), scope.outer_ids)) {
    return Attach(node, scope, equal, representation);
  }
  switch (node->kind()) {
    case LogicalKind::kFilter: return UnnestFilter(node, scope, equal, representation);
    case LogicalKind::kProject: return UnnestProject(node, scope, equal, representation);
    case LogicalKind::kValues: return UnnestValues(node, scope, representation);
    case LogicalKind::kAggregate: return UnnestAggregate(node, scope, equal, representation);
    case LogicalKind::kJoin: return UnnestJoin(node, scope, equal, representation);
    case LogicalKind::kSetOperation: return UnnestSetOperation(node, scope, equal, representation);
    case LogicalKind::kLimit: return UnnestLimit(node, scope, representation);
    case LogicalKind::kSort:
      TRIVET_RETURN_IF_ERROR(Unnest(node->children()[0], scope, equal, representation));
      RewriteExpressions(*node, representation);
      return Status::OK();
    case LogicalKind::kTopN:
      TRIVET_RETURN_IF_ERROR(Unnest(node->children()[0], scope, {}, representation));
      RewriteExpressions(*node, representation);
      for (const auto& [outer, column] : representation.columns) {
        As<LogicalTopN>(node)->partition_by.push_back(column.Reference());
      }
      return Status::OK();
    case LogicalKind::kWindow:
      TRIVET_RETURN_IF_ERROR(Unnest(node->children()[0], scope, {}, representation));
      RewriteExpressions(*node, representation);
      for (const auto& [outer, column] : representation.columns) {
        As<LogicalWindow>(node)->partition_by.push_back(column.Reference());
      }
      return Status::OK();
    case LogicalKind::kDistinctOn:
      TRIVET_RETURN_IF_ERROR(Unnest(node->children()[0], scope, {}, representation));
      RewriteExpressions(*node, representation);
      for (const auto& [outer, column] : representation.columns) {
        As<LogicalDistinctOn>(node)->keys.push_back(column.Reference());
      }
      return Status::OK();
    case LogicalKind::kCte:
      TRIVET_RETURN_IF_ERROR(EliminateBelow(node->children()[0]));
      return Unnest(node->children()[1], scope, equal, representation);
    case LogicalKind::kCustom:
      return Status::NotImplemented("a custom operator over a correlated subquery");
    case LogicalKind::kScan:  // filters that use outer columns are no scan's
    case LogicalKind::kCteScan: break;
  }
  return Status::Internal("unnesting met outer columns in a scan");
}

Status Unnester::UnnestFilter(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                              Representation& representation) {
  auto& filter = *As<LogicalFilter>(node);
  Equivalences all = EquivalencesOf(filter.predicates, scope.outer_ids, OutputIds(filter.child()));
  all.insert(all.end(), equal.begin(), equal.end());
  TRIVET_RETURN_IF_ERROR(Unnest(filter.children()[0], scope, all, representation));
  RewriteExpressions(filter, representation);
  return Status::OK();
}

Status Unnester::UnnestProject(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                               Representation& representation) {
  auto& project = *As<LogicalProject>(node);
  const Equivalences below = Translate(equal, DefinitionsOf(project), scope.outer_ids);
  TRIVET_RETURN_IF_ERROR(Unnest(project.children()[0], scope, below, representation));
  ColumnSet passed;
  const ColumnMap map = representation.Map();
  for (auto& entry : project.entries) {
    entry.expression = ReplaceColumns(entry.expression, map);
    if (PassesOn(entry)) passed.insert(entry.column.id);
  }
  for (const auto& [outer, column] : representation.columns) {
    if (passed.insert(column.id).second) project.entries.push_back(PassOn(column));
  }
  return Status::OK();
}

// Each row becomes a projection of the domain.
Status Unnester::UnnestValues(PlanPtr& node, CorrelationScope& scope,
                              Representation& representation) {
  auto& values = *As<LogicalValues>(node);
  const bool single = values.rows.size() == 1;
  auto all = std::make_unique<LogicalSetOperation>(SetOperationKind::kUnion, true);
  all->columns = values.columns;
  std::vector<PlanPtr> inputs;
  for (const auto& row : values.rows) {
    Representation of_row;
    PlanPtr input = ReadDomain(scope, of_row);
    std::vector<LogicalProject::Entry> entries;
    std::vector<ColumnId> columns;
    const ColumnMap map = of_row.Map();
    for (size_t i = 0; i < row.size(); ++i) {
      OutputColumn column = values.columns[i];
      if (!single) column.id = context_.ids.Next();
      columns.push_back(column.id);
      entries.push_back(Compute(column, ReplaceColumns(row[i], map)));
    }
    for (const auto& [outer, column] : of_row.columns) {
      entries.push_back(PassOn(column));
      columns.push_back(column.id);
    }
    inputs.push_back(std::make_unique<LogicalProject>(std::move(input), std::move(entries)));
    all->input_columns.push_back(std::move(columns));
    if (single) representation = of_row;
  }
  if (single) {
    node = std::move(inputs[0]);
    return Status::OK();
  }
  for (const OutputColumn& outer : scope.outer) {
    const OutputColumn column{context_.ids.Next(), outer.name, outer.type};
    all->columns.push_back(column);
    representation.columns[outer.id] = column;
  }
  all->children() = std::move(inputs);
  node = std::move(all);
  return Status::OK();
}

Status Unnester::UnnestAggregate(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                                 Representation& representation) {
  auto& aggregate = *As<LogicalAggregate>(node);
  Representation inner;
  if (aggregate.groups.empty()) {
    // One row for each value of the outer columns, also those without input rows.
    TRIVET_RETURN_IF_ERROR(Unnest(aggregate.children()[0], scope, {}, inner));
    PlanPtr domain = ReadDomain(scope, representation);
    const std::vector<OutputColumn> columns = aggregate.Columns();
    ColumnMap results;
    PlanPtr joined =
        JoinStaticAggregate(std::move(domain), representation, std::move(node), inner, results);
    std::vector<LogicalProject::Entry> entries;
    for (const auto& [outer, column] : representation.columns) entries.push_back(PassOn(column));
    for (const OutputColumn& column : columns) {
      entries.push_back(Compute(column, results.at(column.id)));
    }
    node = std::make_unique<LogicalProject>(std::move(joined), std::move(entries));
    return Status::OK();
  }
  ColumnMap groups;
  for (const auto& group : aggregate.groups) groups.emplace(group.column.id, group.expression);
  const Equivalences below = Translate(equal, groups, scope.outer_ids);
  TRIVET_RETURN_IF_ERROR(Unnest(aggregate.children()[0], scope, below, inner));
  RewriteExpressions(aggregate, inner);
  representation.null_free = inner.null_free;
  std::map<ColumnId, OutputColumn> keys;  // one for each column of the input
  for (const auto& [outer, column] : inner.columns) {
    auto [key, added] = keys.try_emplace(column.id, column);
    if (added) {
      key->second.id = context_.ids.Next();
      aggregate.groups.push_back({key->second, column.Reference()});
    }
    representation.columns[outer] = key->second;
  }
  return Status::OK();
}

// A limit counts for each value of the outer columns on its own.
Status Unnester::UnnestLimit(PlanPtr& node, CorrelationScope& scope,
                             Representation& representation) {
  auto& limit = *As<LogicalLimit>(node);
  if (limit.percent) {
    return Status::NotImplemented("LIMIT with a percentage in a correlated subquery");
  }
  std::vector<SortKey> keys;
  PlanPtr input = std::move(limit.children()[0]);
  const uint64_t offset = limit.offset;
  const uint64_t count = limit.limit.value_or(std::numeric_limits<uint64_t>::max() - offset);
  if (auto* sort = As<LogicalSort>(input)) {
    keys = std::move(sort->keys);
    PlanPtr below = std::move(sort->children()[0]);
    input = std::move(below);
  }
  node = std::make_unique<LogicalTopN>(std::move(input), std::move(keys), count, offset);
  auto& top = *As<LogicalTopN>(node);
  TRIVET_RETURN_IF_ERROR(Unnest(top.children()[0], scope, {}, representation));
  RewriteExpressions(top, representation);
  for (const auto& [outer, column] : representation.columns) {
    top.partition_by.push_back(column.Reference());
  }
  return Status::OK();
}

Status Unnester::UnnestSetOperation(PlanPtr& node, CorrelationScope& scope,
                                    const Equivalences& equal, Representation& representation) {
  auto& operation = *As<LogicalSetOperation>(node);
  const std::vector<OutputColumn> columns = operation.columns;
  for (const OutputColumn& outer : scope.outer) {
    const OutputColumn column{context_.ids.Next(), outer.name, outer.type};
    operation.columns.push_back(column);
    representation.columns[outer.id] = column;
  }
  representation.null_free = true;
  for (size_t i = 0; i < operation.children().size(); ++i) {
    PlanPtr& child = operation.children()[i];
    ColumnMap inputs;
    for (size_t j = 0; j < columns.size(); ++j) {
      inputs.emplace(columns[j].id, Expression::Column(operation.input_columns[i][j],
                                                       columns[j].type, columns[j].name));
    }
    Representation of_child;
    TRIVET_RETURN_IF_ERROR(
        Unnest(child, scope, Translate(equal, inputs, scope.outer_ids), of_child));
    for (const OutputColumn& outer : scope.outer) {
      operation.input_columns[i].push_back(of_child.columns.at(outer.id).id);
    }
    representation.null_free &= of_child.null_free;
  }
  return Status::OK();
}

}  // namespace trivet
