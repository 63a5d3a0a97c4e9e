#include "optimizer/plan_properties.h"

#include <algorithm>

#include "optimizer/null_rejection.h"

namespace trivet {

namespace {

// Keys beyond these are not worth their upkeep.
constexpr size_t kMaxKeys = 8;

using Keys = std::vector<ColumnSet>;

void AddKey(Keys& keys, ColumnSet key) {
  for (const ColumnSet& known : keys) {
    if (Contains(key, known)) return;
  }
  std::erase_if(keys, [&](const ColumnSet& known) { return Contains(known, key); });
  if (keys.size() < kMaxKeys) keys.push_back(std::move(key));
}

// Columns that a conjunct fixes to one value.
ColumnSet FixedColumns(const std::vector<ExpressionPtr>& conjuncts) {
  ColumnSet fixed;
  for (const ExpressionPtr& conjunct : conjuncts) {
    if (conjunct->kind() == ExpressionKind::kIsNull && conjunct->child(0)->IsColumn()) {
      fixed.insert(conjunct->child(0)->column());
    }
    if (conjunct->kind() != ExpressionKind::kComparison) continue;
    if (conjunct->comparison() != Comparison::kEqual &&
        conjunct->comparison() != Comparison::kNotDistinctFrom) {
      continue;
    }
    for (size_t side = 0; side < 2; ++side) {
      if (conjunct->child(side)->IsColumn() && conjunct->child(1 - side)->IsConstant()) {
        fixed.insert(conjunct->child(side)->column());
      }
    }
  }
  return fixed;
}

Keys WithoutColumns(const Keys& keys, const ColumnSet& fixed) {
  Keys reduced;
  for (const ColumnSet& key : keys) {
    ColumnSet rest;
    std::ranges::set_difference(key, fixed, std::inserter(rest, rest.end()));
    AddKey(reduced, std::move(rest));
  }
  return reduced;
}

Keys ProjectKeys(const LogicalProject& project) {
  std::map<ColumnId, ColumnId> names;
  for (const auto& entry : project.entries) {
    if (entry.expression->IsColumn()) {
      names.try_emplace(entry.expression->column(), entry.column.id);
    }
  }
  Keys keys;
  for (const ColumnSet& key : UniqueKeys(project.child())) {
    ColumnSet renamed;
    for (ColumnId id : key) {
      if (names.contains(id)) renamed.insert(names.at(id));
    }
    if (renamed.size() == key.size()) AddKey(keys, std::move(renamed));
  }
  return keys;
}

// Columns of one side that the conditions equate with something of the other.
ColumnSet EquatedColumns(const LogicalJoin& join, size_t side) {
  const ColumnSet left = OutputIds(join.child(0));
  const ColumnSet right = OutputIds(join.child(1));
  ColumnSet columns;
  for (const ExpressionPtr& condition : join.conditions) {
    if (const auto equality = AsJoinEquality(condition, left, right)) {
      const ExpressionPtr& mine = side == 0 ? equality->left : equality->right;
      if (mine->IsColumn()) columns.insert(mine->column());
    }
  }
  std::vector<ExpressionPtr> local;
  for (const ExpressionPtr& condition : join.conditions) {
    if (UsesOnly(condition, side == 0 ? left : right)) local.push_back(condition);
  }
  columns.merge(FixedColumns(local));
  return columns;
}

Keys JoinKeys(const LogicalJoin& join) {
  Keys left = UniqueKeys(join.child(0));
  switch (join.join) {
    case JoinKind::kSemi:
    case JoinKind::kAnti:
    case JoinKind::kMark:
    case JoinKind::kSingle: return left;
    case JoinKind::kFull: return {};
    default: break;
  }
  const Keys right = UniqueKeys(join.child(1));
  Keys keys;
  if (join.join != JoinKind::kRight && MatchesAtMostOneRight(join)) keys = left;
  if (join.join != JoinKind::kLeft && MatchesAtMostOneLeft(join)) {
    for (const ColumnSet& key : right) AddKey(keys, key);
  }
  for (const ColumnSet& a : left) {
    for (const ColumnSet& b : right) {
      ColumnSet both = a;
      both.insert(b.begin(), b.end());
      AddKey(keys, std::move(both));
    }
  }
  return keys;
}

// The columns, if all expressions are columns.
std::optional<ColumnSet> AsColumns(const std::vector<ExpressionPtr>& expressions) {
  ColumnSet columns;
  for (const ExpressionPtr& expression : expressions) {
    if (!expression->IsColumn()) return std::nullopt;
    columns.insert(expression->column());
  }
  return columns;
}

}  // namespace

std::vector<ColumnSet> UniqueKeys(const LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
    case LogicalKind::kCteScan: return {};
    case LogicalKind::kValues:
      return As<LogicalValues>(plan)->rows.size() <= 1 ? Keys{ColumnSet{}} : Keys{};
    case LogicalKind::kFilter:
      return WithoutColumns(UniqueKeys(plan.child()),
                            FixedColumns(As<LogicalFilter>(plan)->predicates));
    case LogicalKind::kProject: return ProjectKeys(*As<LogicalProject>(plan));
    case LogicalKind::kJoin: return JoinKeys(*As<LogicalJoin>(plan));
    case LogicalKind::kAggregate: {
      ColumnSet groups;
      for (const auto& group : As<LogicalAggregate>(plan)->groups) groups.insert(group.column.id);
      return {groups};
    }
    case LogicalKind::kDistinctOn: {
      Keys keys = UniqueKeys(plan.child());
      if (auto columns = AsColumns(As<LogicalDistinctOn>(plan)->keys)) AddKey(keys, *columns);
      return keys;
    }
    case LogicalKind::kSort: return UniqueKeys(plan.child());
    case LogicalKind::kLimit:
      if (As<LogicalLimit>(plan)->limit.value_or(2) <= 1) return {ColumnSet{}};
      return UniqueKeys(plan.child());
    case LogicalKind::kTopN: {
      const auto& top = *As<LogicalTopN>(plan);
      Keys keys = UniqueKeys(plan.child());
      if (auto columns = AsColumns(top.partition_by); columns && top.limit <= 1) {
        AddKey(keys, *columns);
      }
      return keys;
    }
    case LogicalKind::kSetOperation: {
      const auto& operation = *As<LogicalSetOperation>(plan);
      if (operation.all) return {};
      return {OutputIds(plan)};
    }
    case LogicalKind::kCte: return UniqueKeys(plan.child(1));
  }
  return {};
}

bool IsUniqueOn(const LogicalOperator& plan, const ColumnSet& columns) {
  return std::ranges::any_of(UniqueKeys(plan),
                             [&](const ColumnSet& key) { return Contains(columns, key); });
}

bool GivesAtMostOneRow(const LogicalOperator& plan) { return IsUniqueOn(plan, {}); }

bool GivesExactlyOneRow(const LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kValues: return As<LogicalValues>(plan)->rows.size() == 1;
    case LogicalKind::kAggregate: return As<LogicalAggregate>(plan)->groups.empty();
    case LogicalKind::kProject:
    case LogicalKind::kSort: return GivesExactlyOneRow(plan.child());
    case LogicalKind::kCte: return GivesExactlyOneRow(plan.child(1));
    case LogicalKind::kJoin: {
      const auto& join = *As<LogicalJoin>(plan);
      if (!GivesExactlyOneRow(join.child(0))) return false;
      if (join.join == JoinKind::kMark || join.join == JoinKind::kSingle) return true;
      if (join.join == JoinKind::kLeft) return GivesAtMostOneRow(join.child(1));
      return join.join == JoinKind::kInner && join.conditions.empty() &&
             GivesExactlyOneRow(join.child(1));
    }
    default: return false;
  }
}

bool MatchesAtMostOneRight(const LogicalJoin& join) {
  return IsUniqueOn(join.child(1), EquatedColumns(join, 1));
}

bool MatchesAtMostOneLeft(const LogicalJoin& join) {
  return IsUniqueOn(join.child(0), EquatedColumns(join, 0));
}

namespace {

// Adds the columns that surviving rows cannot have as NULL.
void AddRejected(const std::vector<ExpressionPtr>& conjuncts, ColumnSet& non_null) {
  for (const ExpressionPtr& conjunct : conjuncts) {
    for (ColumnId id : ColumnsOf(conjunct)) {
      if (RejectsNulls(conjunct, {id})) non_null.insert(id);
    }
  }
}

ColumnSet NonNullOfScan(const LogicalScan& scan) {
  const TableStatistics statistics = scan.table->statistics();
  ColumnSet columns;
  for (const auto& column : scan.columns) {
    const bool counted = column.ordinal < statistics.columns.size() &&
                         statistics.columns[column.ordinal].null_count == 0;
    if (counted || scan.table->columns()[column.ordinal].not_null) columns.insert(column.id);
  }
  AddRejected(scan.filters, columns);
  return columns;
}

ColumnSet NonNullOfJoin(const LogicalJoin& join) {
  ColumnSet columns;
  const bool keeps_left = join.join != JoinKind::kRight && join.join != JoinKind::kFull;
  const bool keeps_right = join.join == JoinKind::kInner || join.join == JoinKind::kRight;
  if (keeps_left) columns.merge(NonNullColumns(join.child(0)));
  if (keeps_right) columns.merge(NonNullColumns(join.child(1)));
  if (join.join == JoinKind::kInner || join.join == JoinKind::kSemi) {
    AddRejected(join.conditions, columns);
  }
  if (join.join == JoinKind::kMark && !join.comparison) columns.insert(join.mark.id);
  return columns;
}

ColumnSet NonNullOfSetOperation(const LogicalSetOperation& operation) {
  std::vector<ColumnSet> inputs;
  for (const PlanPtr& child : operation.children()) inputs.push_back(NonNullColumns(*child));
  ColumnSet columns;
  for (size_t i = 0; i < operation.columns.size(); ++i) {
    const auto never_null = [&](size_t child) {
      return inputs[child].contains(operation.input_columns[child][i]);
    };
    bool all = never_null(0);
    if (operation.operation == SetOperationKind::kUnion) {
      for (size_t child = 1; child < inputs.size(); ++child) all &= never_null(child);
    }
    if (all) columns.insert(operation.columns[i].id);
  }
  return columns;
}

}  // namespace

bool IsNeverNull(const ExpressionPtr& expression, const ColumnSet& non_null) {
  const auto& children = expression->children();
  const auto never = [&](const ExpressionPtr& child) { return IsNeverNull(child, non_null); };
  switch (expression->kind()) {
    case ExpressionKind::kConstant: return !expression->value().is_null();
    case ExpressionKind::kColumn: return non_null.contains(expression->column());
    case ExpressionKind::kCast: return !expression->is_try() && never(children[0]);
    case ExpressionKind::kComparison:
      return expression->comparison() == Comparison::kDistinctFrom ||
             expression->comparison() == Comparison::kNotDistinctFrom ||
             std::ranges::all_of(children, never);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
    case ExpressionKind::kNot:
    case ExpressionKind::kIn: return std::ranges::all_of(children, never);
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull: return true;
    case ExpressionKind::kCoalesce: return std::ranges::any_of(children, never);
    case ExpressionKind::kCase:
      for (size_t i = 1; i < children.size(); i += 2) {
        if (!never(children[i])) return false;
      }
      return never(children.back());
    case ExpressionKind::kInput:
    case ExpressionKind::kCall: return false;
  }
  return false;
}

ColumnSet NonNullColumns(const LogicalOperator& plan) {
  ColumnSet columns;
  switch (plan.kind()) {
    case LogicalKind::kScan: return NonNullOfScan(*As<LogicalScan>(plan));
    case LogicalKind::kJoin: return NonNullOfJoin(*As<LogicalJoin>(plan));
    case LogicalKind::kSetOperation: return NonNullOfSetOperation(*As<LogicalSetOperation>(plan));
    case LogicalKind::kValues: {
      const auto& values = *As<LogicalValues>(plan);
      for (size_t i = 0; i < values.columns.size(); ++i) {
        if (std::ranges::all_of(values.rows, [&](const std::vector<ExpressionPtr>& row) {
              return IsNeverNull(row[i], {});
            })) {
          columns.insert(values.columns[i].id);
        }
      }
      return columns;
    }
    case LogicalKind::kFilter:
      columns = NonNullColumns(plan.child());
      AddRejected(As<LogicalFilter>(plan)->predicates, columns);
      return columns;
    case LogicalKind::kProject: {
      const ColumnSet inputs = NonNullColumns(plan.child());
      for (const auto& entry : As<LogicalProject>(plan)->entries) {
        if (IsNeverNull(entry.expression, inputs)) columns.insert(entry.column.id);
      }
      return columns;
    }
    case LogicalKind::kAggregate: {
      const auto& aggregate = *As<LogicalAggregate>(plan);
      const ColumnSet inputs = NonNullColumns(plan.child());
      for (const auto& group : aggregate.groups) {
        if (IsNeverNull(group.expression, inputs)) columns.insert(group.column.id);
      }
      for (const auto& call : aggregate.aggregates) {
        if (call.function.function->empty_is_zero) columns.insert(call.column.id);
      }
      return columns;
    }
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
    case LogicalKind::kTopN:
    case LogicalKind::kLimit: return NonNullColumns(plan.child());
    case LogicalKind::kCte: return NonNullColumns(plan.child(1));
    case LogicalKind::kCteScan: return columns;
  }
  return columns;
}

}  // namespace trivet
