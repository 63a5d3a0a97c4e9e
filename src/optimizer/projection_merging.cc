// Projections that only rename, and projections of projections. Renaming ones rise through joins,
// so that joins meet joins, and end in the projection or aggregate above.

#include <algorithm>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

bool IsTrivial(const ExpressionPtr& expression) {
  return expression->IsColumn() || expression->IsConstant();
}

bool OnlyRenames(const LogicalProject& project) {
  return std::ranges::all_of(project.entries, [](const LogicalProject::Entry& entry) {
    return entry.expression->IsColumn();
  });
}

void CountColumns(const ExpressionPtr& expression, std::map<ColumnId, size_t>& uses) {
  if (expression->IsColumn()) ++uses[expression->column()];
  for (const ExpressionPtr& child : expression->children()) CountColumns(child, uses);
}

// Does no computation happen more often when what reads the projection computes it itself?
bool IsWorthMerging(LogicalOperator& reader, const LogicalProject& project) {
  std::map<ColumnId, size_t> uses;
  reader.ForEachExpression([&](ExpressionPtr& expression) { CountColumns(expression, uses); });
  return std::ranges::all_of(project.entries, [&](const LogicalProject::Entry& entry) {
    return IsTrivial(entry.expression) ||
           (uses[entry.column.id] <= 1 && !entry.expression->is_volatile());
  });
}

// Puts what the projection below computes into the expressions of the reader.
void MergeIntoReader(LogicalOperator& reader) {
  auto& project = *As<LogicalProject>(reader.children()[0]);
  const ColumnMap map = DefinitionsOf(project);
  reader.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = ReplaceColumns(expression, map); });
  ReplaceByChild(reader.children()[0]);
}

// Aggregates keep computed arguments in a projection below: only renaming ones go.
bool MergeInto(LogicalOperator& reader) {
  if (reader.kind() != LogicalKind::kProject && reader.kind() != LogicalKind::kAggregate) {
    return false;
  }
  const auto* below = As<LogicalProject>(reader.children()[0]);
  if (below == nullptr) return false;
  const bool merge =
      reader.kind() == LogicalKind::kProject ? IsWorthMerging(reader, *below) : OnlyRenames(*below);
  if (merge) MergeIntoReader(reader);
  return merge;
}

// Lifts a renaming projection from below side `side` of a join to above the join.
bool LiftFromJoin(PlanPtr& node, size_t side) {
  auto& join = *As<LogicalJoin>(node);
  const auto* project = As<LogicalProject>(join.children()[side]);
  if (project == nullptr || !OnlyRenames(*project)) return false;
  const std::vector<OutputColumn> columns = join.Columns();
  const ColumnMap map = DefinitionsOf(*project);
  join.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = ReplaceColumns(expression, map); });
  ReplaceByChild(join.children()[side]);
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : columns) {
    const auto renamed = map.find(column.id);
    entries.push_back(renamed == map.end() ? PassOn(column) : Compute(column, renamed->second));
  }
  node = std::make_unique<LogicalProject>(std::move(node), std::move(entries));
  return true;
}

size_t MergeAt(PlanPtr& node) {
  size_t merged = 0;
  if (auto* join = As<LogicalJoin>(node); join != nullptr && !join->dependent) {
    // After the first lift the join is the projection's child.
    if (LiftFromJoin(node, 0)) {
      ++merged;
      if (LiftFromJoin(node->children()[0], 1)) {
        merged += 1 + MergeInto(*node);
      }
    } else {
      merged += LiftFromJoin(node, 1);
    }
    return merged;
  }
  while (!node->children().empty() && MergeInto(*node)) ++merged;
  return merged;
}

}  // namespace

Result<size_t> MergeProjections(PlanPtr& plan, OptimizerContext&) {
  size_t merged = 0;
  ForEachNode(plan, [&](PlanPtr& node) { merged += MergeAt(node); });
  return merged;
}

}  // namespace trivet
