#include "optimizer/plan_properties.h"

#include <algorithm>

#include "optimizer/null_rejection.h"
#include "plan/logical_window.h"

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

bool HasKeyWithin(const Keys& keys, const ColumnSet& columns) {
  return std::ranges::any_of(keys, [&](const ColumnSet& key) { return Contains(columns, key); });
}

Keys JoinKeys(const LogicalJoin& join) {
  if (join.join == JoinKind::kFull) return {};
  Keys left = UniqueKeys(join.child(0));
  if (join.join == JoinKind::kSemi || join.join == JoinKind::kAnti ||
      join.join == JoinKind::kMark || join.join == JoinKind::kSingle) {
    return left;
  }
  const Keys right = UniqueKeys(join.child(1));
  Keys keys;
  if (join.join != JoinKind::kRight && HasKeyWithin(right, EquatedColumns(join, 1))) keys = left;
  if (join.join != JoinKind::kLeft && HasKeyWithin(left, EquatedColumns(join, 0))) {
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

// No two rows of a partition have the same number.
Keys WindowKeys(const LogicalWindow& window) {
  Keys keys = UniqueKeys(window.child());
  const std::optional<ColumnSet> partition = AsColumns(window.partition_by);
  for (const auto& call : window.functions) {
    if (!partition || call.function != RankingFunction::kRowNumber) continue;
    ColumnSet columns = *partition;
    columns.insert(call.column.id);
    AddKey(keys, std::move(columns));
  }
  return keys;
}

}  // namespace

std::vector<ColumnSet> UniqueKeys(const LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
    case LogicalKind::kCustom:
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
    case LogicalKind::kWindow: return WindowKeys(*As<LogicalWindow>(plan));
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
  return HasKeyWithin(UniqueKeys(plan), columns);
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
  ColumnSet columns = NonNullBeforeFilters(scan);
  AddRejected(scan.filters, columns);
  return columns;
}

ColumnSet NonNullOfJoin(const LogicalJoin& join, NonNullAnalysis& analysis) {
  ColumnSet columns;
  const bool keeps_left = join.join != JoinKind::kRight && join.join != JoinKind::kFull;
  const bool keeps_right = join.join == JoinKind::kInner || join.join == JoinKind::kRight;
  if (keeps_left) columns = analysis.Of(join.child(0));
  if (keeps_right) {
    const ColumnSet& right = analysis.Of(join.child(1));
    columns.insert(right.begin(), right.end());
  }
  if (join.join == JoinKind::kInner || join.join == JoinKind::kSemi) {
    AddRejected(join.conditions, columns);
  }
  if (join.join == JoinKind::kMark && !join.comparison) columns.insert(join.mark.id);
  return columns;
}

ColumnSet NonNullOfSetOperation(const LogicalSetOperation& operation, NonNullAnalysis& analysis) {
  const bool any_input = operation.operation == SetOperationKind::kUnion;
  ColumnSet columns;
  for (size_t i = 0; i < operation.columns.size(); ++i) {
    bool never = true;
    for (size_t child = 0; child < (any_input ? operation.children().size() : 1); ++child) {
      never &= analysis.Of(operation.child(child)).contains(operation.input_columns[child][i]);
    }
    if (never) columns.insert(operation.columns[i].id);
  }
  return columns;
}

ColumnSet NonNullOfValues(const LogicalValues& values) {
  ColumnSet columns;
  for (size_t i = 0; i < values.columns.size(); ++i) {
    const bool never = std::ranges::all_of(values.rows, [&](const std::vector<ExpressionPtr>& row) {
      return IsNeverNull(row[i], {});
    });
    if (never) columns.insert(values.columns[i].id);
  }
  return columns;
}

}  // namespace

namespace {

// Equal values of the type are the same in every respect.
bool IsIdenticalWhenEqual(const LogicalType& type) {
  return !type.IsFloating() && type.id() != TypeId::kInterval && !type.IsNested();
}

class EqualityCollector {
 public:
  void Visit(const LogicalOperator& plan) {
    switch (plan.kind()) {
      case LogicalKind::kFilter:
        Add(As<LogicalFilter>(plan)->predicates);
        return Visit(plan.child());
      case LogicalKind::kSort:
      case LogicalKind::kTopN:
      case LogicalKind::kWindow:
      case LogicalKind::kLimit:
      case LogicalKind::kDistinctOn: return Visit(plan.child());
      case LogicalKind::kScan: return Add(As<LogicalScan>(plan)->filters);
      case LogicalKind::kProject:
        Visit(plan.child());
        for (const auto& entry : As<LogicalProject>(plan)->entries) Rename(entry);
        return;
      case LogicalKind::kAggregate:
        Visit(plan.child());
        for (const auto& group : As<LogicalAggregate>(plan)->groups) Rename(group);
        return;
      case LogicalKind::kJoin: {
        const auto& join = *As<LogicalJoin>(plan);
        if (join.join == JoinKind::kRight || join.join == JoinKind::kFull) return;
        Visit(join.child(0));
        if (join.join != JoinKind::kInner) return;
        Visit(join.child(1));
        return Add(join.conditions);
      }
      default: return;
    }
  }
  std::map<ColumnId, ColumnId> Result() {
    std::map<ColumnId, ColumnId> result;
    for (const auto& [id, parent] : parents_) result[id] = Root(id);
    return result;
  }

 private:
  void Add(const std::vector<ExpressionPtr>& conjuncts) {
    for (const ExpressionPtr& conjunct : conjuncts) {
      if (conjunct->kind() != ExpressionKind::kComparison ||
          conjunct->comparison() != Comparison::kEqual || !conjunct->child(0)->IsColumn() ||
          !conjunct->child(1)->IsColumn() || !IsIdenticalWhenEqual(conjunct->child(0)->type())) {
        continue;
      }
      Unite(conjunct->child(0)->column(), conjunct->child(1)->column());
    }
  }
  // A column that passes another on.
  template <typename Entry>
  void Rename(const Entry& entry) {
    if (entry.expression->IsColumn()) Unite(entry.column.id, entry.expression->column());
  }
  void Unite(ColumnId a, ColumnId b) {
    a = Root(a);
    b = Root(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }
  ColumnId Root(ColumnId id) {
    ColumnId root = id;
    while (parents_.try_emplace(root, root).first->second != root) root = parents_[root];
    return root;
  }

  std::map<ColumnId, ColumnId> parents_;
};

}  // namespace

std::map<ColumnId, ColumnId> EqualColumns(const LogicalOperator& plan) {
  EqualityCollector collector;
  collector.Visit(plan);
  return collector.Result();
}

ColumnSet NonNullBeforeFilters(const LogicalScan& scan) {
  const TableStatistics statistics = scan.table->statistics();
  ColumnSet columns;
  for (const auto& column : scan.columns) {
    const bool counted = column.ordinal < statistics.columns.size() &&
                         statistics.columns[column.ordinal].null_count == 0;
    if (counted || scan.table->columns()[column.ordinal].not_null) columns.insert(column.id);
  }
  return columns;
}

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

const ColumnSet& NonNullAnalysis::Of(const LogicalOperator& plan) {
  const auto known = columns_.find(&plan);
  if (known != columns_.end()) return known->second;
  ColumnSet columns = Compute(plan);
  return columns_[&plan] = std::move(columns);
}

ColumnSet NonNullAnalysis::Compute(const LogicalOperator& plan) {
  ColumnSet columns;
  switch (plan.kind()) {
    case LogicalKind::kScan: return NonNullOfScan(*As<LogicalScan>(plan));
    case LogicalKind::kValues: return NonNullOfValues(*As<LogicalValues>(plan));
    case LogicalKind::kJoin: return NonNullOfJoin(*As<LogicalJoin>(plan), *this);
    case LogicalKind::kSetOperation:
      return NonNullOfSetOperation(*As<LogicalSetOperation>(plan), *this);
    case LogicalKind::kFilter:
      columns = Of(plan.child());
      AddRejected(As<LogicalFilter>(plan)->predicates, columns);
      return columns;
    case LogicalKind::kProject:
      for (const auto& entry : As<LogicalProject>(plan)->entries) {
        if (IsNeverNull(entry.expression, Of(plan.child()))) columns.insert(entry.column.id);
      }
      return columns;
    case LogicalKind::kAggregate: {
      const auto& aggregate = *As<LogicalAggregate>(plan);
      for (const auto& group : aggregate.groups) {
        if (IsNeverNull(group.expression, Of(plan.child()))) columns.insert(group.column.id);
      }
      for (const auto& call : aggregate.aggregates) {
        if (call.function.function->empty_is_zero) columns.insert(call.column.id);
      }
      return columns;
    }
    case LogicalKind::kWindow:
      columns = Of(plan.child());
      for (const auto& call : As<LogicalWindow>(plan)->functions) columns.insert(call.column.id);
      return columns;
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
    case LogicalKind::kTopN:
    case LogicalKind::kLimit: return Of(plan.child());
    case LogicalKind::kCte: return Of(plan.child(1));
    case LogicalKind::kCustom:
    case LogicalKind::kCteScan: return columns;
  }
  return columns;
}

}  // namespace trivet
