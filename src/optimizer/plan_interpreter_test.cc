#include "optimizer/plan_interpreter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "optimizer/plan_rewrite.h"

namespace trivet::testing {

namespace {

constexpr size_t kMaxRows = 3000;

Row Merge(const Row& a, const Row& b) {
  Row row = a;
  row.insert(b.begin(), b.end());
  return row;
}

Row Nulls(const LogicalOperator& plan) {
  Row row;
  for (const OutputColumn& column : plan.Columns()) row[column.id] = Value::Null(column.type);
  return row;
}

Value Truth(std::optional<bool> value) {
  return value ? Value::Boolean(*value) : Value::Null(TypeId::kBoolean);
}

std::optional<bool> TruthOf(const Value& value) {
  if (value.is_null()) return std::nullopt;
  return value.boolean();
}

}  // namespace

void FakeTable::ComputeStatistics() {
  known_statistics.row_count = rows.size();
  known_statistics.columns.assign(columns_.size(), {});
  for (size_t i = 0; i < columns_.size(); ++i) {
    ColumnStatistics& column = known_statistics.columns[i];
    column.null_count = 0;
    std::set<std::string> distinct;
    for (const auto& row : rows) {
      const Value& value = row[i];
      if (value.is_null()) {
        ++*column.null_count;
        continue;
      }
      distinct.insert(value.ToString());
      if (!column.min || CompareValues(value, *column.min) < 0) column.min = value;
      if (!column.max || CompareValues(value, *column.max) > 0) column.max = value;
    }
    column.bounds_are_values = true;
    column.distinct_count = static_cast<double>(distinct.size());
  }
}

BoundAggregateFunction FakeAggregate(const std::string& name,
                                     std::vector<LogicalType> argument_types) {
  static std::map<std::string, std::unique_ptr<AggregateFunction>> functions;
  std::unique_ptr<AggregateFunction>& function = functions[name];
  const bool counts = name == "count" || name == "count_star";
  if (!function) {
    function = std::make_unique<AggregateFunction>();
    function->name = name;
    function->empty_is_zero = counts;
    function->ignores_duplicates = name == "min" || name == "max";
  }
  BoundAggregateFunction bound;
  bound.function = function.get();
  bound.return_type =
      counts || name == "sum" ? LogicalType(TypeId::kInt64) : argument_types.front();
  bound.argument_types = std::move(argument_types);
  return bound;
}

std::vector<std::string> Lines(const Rows& rows, const std::vector<OutputColumn>& columns) {
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    std::string line;
    for (const OutputColumn& column : columns) line += row.at(column.id).ToString() + "|";
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);
  return lines;
}

Result<bool> PlanInterpreter::AllTrue(const std::vector<ExpressionPtr>& predicates, const Row& row,
                                      const Row& outer) {
  for (const ExpressionPtr& predicate : predicates) {
    TRIVET_ASSIGN_OR_RETURN(const Value value, Compute(predicate, row, outer));
    if (TruthOf(value) != true) return false;
  }
  return true;
}

Result<std::string> PlanInterpreter::KeyOf(const std::vector<ExpressionPtr>& expressions,
                                           const Row& row, const Row& outer) {
  std::string key;
  for (const ExpressionPtr& expression : expressions) {
    TRIVET_ASSIGN_OR_RETURN(const Value value, Compute(expression, row, outer));
    key += value.ToString() + "|";
  }
  return key;
}

Result<Rows> PlanInterpreter::Filter(const std::vector<ExpressionPtr>& predicates, Rows input,
                                     const Row& outer) {
  Rows kept;
  for (Row& row : input) {
    TRIVET_ASSIGN_OR_RETURN(const bool passes, AllTrue(predicates, row, outer));
    if (passes) kept.push_back(std::move(row));
  }
  return kept;
}

Result<Rows> PlanInterpreter::Scan(const LogicalScan& scan, const Row& outer) {
  const auto& table = dynamic_cast<const FakeTable&>(*scan.table);
  Rows rows;
  for (const auto& values : table.rows) {
    Row row;
    for (const auto& column : scan.columns) row[column.id] = values[column.ordinal];
    rows.push_back(std::move(row));
  }
  return Filter(scan.filters, std::move(rows), outer);
}

Result<Rows> PlanInterpreter::Values(const LogicalValues& values, const Row& outer) {
  Rows rows;
  for (const auto& expressions : values.rows) {
    Row row;
    for (size_t i = 0; i < expressions.size(); ++i) {
      TRIVET_ASSIGN_OR_RETURN(row[values.columns[i].id], Compute(expressions[i], {}, outer));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<Rows> PlanInterpreter::Project(const LogicalProject& project, const Rows& input,
                                      const Row& outer) {
  Rows rows;
  for (const Row& row : input) {
    Row made;
    for (const auto& entry : project.entries) {
      TRIVET_ASSIGN_OR_RETURN(made[entry.column.id], Compute(entry.expression, row, outer));
    }
    rows.push_back(std::move(made));
  }
  return rows;
}

Status PlanInterpreter::RunClosedParts(const LogicalOperator& plan, const ColumnSet& left,
                                       const Row& outer) {
  if (plan.kind() == LogicalKind::kCte) return RunClosedParts(plan.child(1), left, outer);
  if (!Intersects(FreeColumns(plan), left)) {
    Result<Rows> rows = Evaluate(plan, outer);
    if (rows.ok() || rows.status().code() == StatusCode::kInternal) return Status::OK();
    return std::move(rows).status();
  }
  for (const PlanPtr& child : plan.children()) {
    TRIVET_RETURN_IF_ERROR(RunClosedParts(*child, left, outer));
  }
  return Status::OK();
}

namespace {

bool GivesPairs(JoinKind kind) {
  return kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark;
}

}  // namespace

Result<PlanInterpreter::Matches> PlanInterpreter::MatchesOf(const LogicalJoin& join,
                                                            const Row& left, const Rows& right,
                                                            const Row& outer) {
  Matches matches;
  for (size_t i = 0; i < right.size(); ++i) {
    const Row both = Merge(left, right[i]);
    TRIVET_ASSIGN_OR_RETURN(const bool matched, AllTrue(join.conditions, both, outer));
    if (!matched) continue;
    std::optional<bool> compared = true;
    if (join.comparison) {
      TRIVET_ASSIGN_OR_RETURN(const Value value, Compute(join.comparison, both, outer));
      compared = TruthOf(value);
    }
    if (matches.mark != true) matches.mark = compared == false ? matches.mark : compared;
    matches.rows.push_back(i);
  }
  return matches;
}

// What a left row gives: itself, padded or marked, beside its pairs.
Status PlanInterpreter::AddLeftRow(const LogicalJoin& join, const Row& left, const Matches& matches,
                                   Rows& result) {
  switch (join.join) {
    case JoinKind::kSingle:
      if (matches.rows.size() > 1) {
        return Status::InvalidInput("more than one row returned by a subquery");
      }
      [[fallthrough]];
    case JoinKind::kLeft:
    case JoinKind::kFull:
      if (matches.rows.empty()) result.push_back(Merge(left, Nulls(join.child(1))));
      break;
    case JoinKind::kSemi:
      if (matches.mark == true) result.push_back(left);
      break;
    case JoinKind::kAnti:
      if (matches.mark == false) result.push_back(left);
      break;
    case JoinKind::kMark: {
      Row marked = left;
      marked[join.mark.id] = Truth(matches.mark);
      result.push_back(std::move(marked));
      break;
    }
    case JoinKind::kInner:
    case JoinKind::kRight: break;
  }
  return Status::OK();
}

Result<Rows> PlanInterpreter::Join(const LogicalJoin& join, const Row& outer) {
  TRIVET_ASSIGN_OR_RETURN(const Rows left, Evaluate(join.child(0), outer));
  const bool keeps_right = join.join == JoinKind::kRight || join.join == JoinKind::kFull;
  Rows right;
  if (join.dependent && eager_) {
    TRIVET_RETURN_IF_ERROR(RunClosedParts(join.child(1), OutputIds(join.child(0)), outer));
  }
  if (!join.dependent && (keeps_right || eager_ || !left.empty())) {
    TRIVET_ASSIGN_OR_RETURN(right, Evaluate(join.child(1), outer));
  }
  std::vector<bool> right_matched(right.size());
  Rows result;
  for (const Row& row : left) {
    if (join.dependent) {
      TRIVET_ASSIGN_OR_RETURN(right, Evaluate(join.child(1), Merge(row, outer)));
      right_matched.assign(right.size(), false);
    }
    TRIVET_ASSIGN_OR_RETURN(const Matches matches, MatchesOf(join, row, right, outer));
    for (size_t i : matches.rows) {
      right_matched[i] = true;
      if (GivesPairs(join.join)) result.push_back(Merge(row, right[i]));
    }
    TRIVET_RETURN_IF_ERROR(AddLeftRow(join, row, matches, result));
    if (result.size() > kMaxRows) return Status::ResourceExhausted("too many rows");
  }
  for (size_t i = 0; i < right.size(); ++i) {
    if (keeps_right && !right_matched[i]) {
      result.push_back(Merge(Nulls(join.child(0)), right[i]));
    }
  }
  return result;
}

Result<Value> PlanInterpreter::Call(const LogicalAggregate::Aggregate& call, const Rows& group,
                                    const Row& outer) {
  const std::string& name = call.function.function->name;
  std::vector<Value> values;
  for (const Row& row : group) {
    if (call.filter) {
      TRIVET_ASSIGN_OR_RETURN(const bool passes, AllTrue({call.filter}, row, outer));
      if (!passes) continue;
    }
    Value value = Value::Boolean(true);
    if (!call.arguments.empty()) {
      TRIVET_ASSIGN_OR_RETURN(value, Compute(call.arguments[0], row, outer));
    }
    if (value.is_null()) continue;
    const bool seen = std::ranges::find(values, value) != values.end();
    if (!call.distinct || !seen) values.push_back(std::move(value));
  }
  if (name == "count" || name == "count_star") return Value::Int64(values.size());
  if (values.empty()) return Value::Null(call.column.type);
  if (name == "sum") {
    int128_t sum = 0;
    for (const Value& value : values) sum += value.integer();
    return Value::Integer(call.column.type, sum);
  }
  const auto less = [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; };
  return name == "min" ? *std::ranges::min_element(values, less)
                       : *std::ranges::max_element(values, less);
}

Result<Rows> PlanInterpreter::Aggregate(const LogicalAggregate& aggregate, const Rows& input,
                                        const Row& outer) {
  std::vector<ExpressionPtr> keys;
  for (const auto& group : aggregate.groups) keys.push_back(group.expression);
  std::map<std::string, Rows> groups;
  if (keys.empty()) groups[""] = {};
  for (const Row& row : input) {
    TRIVET_ASSIGN_OR_RETURN(const std::string key, KeyOf(keys, row, outer));
    groups[key].push_back(row);
  }
  Rows result;
  for (const auto& [key, rows] : groups) {
    Row made;
    for (const auto& group : aggregate.groups) {
      TRIVET_ASSIGN_OR_RETURN(made[group.column.id],
                              Compute(group.expression, rows.front(), outer));
    }
    for (const auto& call : aggregate.aggregates) {
      TRIVET_ASSIGN_OR_RETURN(made[call.column.id], Call(call, rows, outer));
    }
    result.push_back(std::move(made));
  }
  return result;
}

Result<Rows> PlanInterpreter::SetOperation(const LogicalSetOperation& operation, const Row& outer) {
  std::vector<std::map<std::string, std::pair<size_t, Row>>> counted;  // by child
  Rows all;
  for (size_t i = 0; i < operation.children().size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(const Rows rows, Evaluate(*operation.children()[i], outer));
    counted.emplace_back();
    for (const Row& row : rows) {
      Row made;
      std::string key;
      for (size_t j = 0; j < operation.columns.size(); ++j) {
        const Value& value = row.at(operation.input_columns[i][j]);
        made[operation.columns[j].id] = value;
        key += value.ToString() + "|";
      }
      all.push_back(made);
      auto& entry = counted.back()[key];
      entry.second = made;
      ++entry.first;
    }
  }
  const bool is_union = operation.operation == SetOperationKind::kUnion;
  if (is_union && operation.all) return all;
  if (is_union) {
    for (size_t i = 1; i < counted.size(); ++i)
      counted[0].insert(counted[i].begin(), counted[i].end());
  }
  Rows result;
  for (const auto& [key, entry] : counted[0]) {
    const size_t mine = entry.first;
    const size_t other = is_union || !counted[1].contains(key) ? 0 : counted[1].at(key).first;
    size_t copies = 1;
    if (operation.operation == SetOperationKind::kIntersect) {
      copies = operation.all ? std::min(mine, other) : other > 0;
    } else if (operation.operation == SetOperationKind::kExcept) {
      copies = operation.all ? mine - std::min(mine, other) : other == 0;
    }
    result.insert(result.end(), copies, entry.second);
  }
  return result;
}

Result<Rows> PlanInterpreter::Sort(const std::vector<SortKey>& keys, Rows input, const Row& outer) {
  std::vector<std::pair<std::vector<Value>, Row>> keyed;
  for (Row& row : input) {
    std::vector<Value> values;
    for (const SortKey& key : keys) {
      TRIVET_ASSIGN_OR_RETURN(Value value, Compute(key.expression, row, outer));
      values.push_back(std::move(value));
    }
    keyed.emplace_back(std::move(values), std::move(row));
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const Value& x = a.first[i];
      const Value& y = b.first[i];
      if (x.is_null() != y.is_null()) return x.is_null() == keys[i].nulls_first;
      const int order = x.is_null() ? 0 : CompareValues(x, y);
      if (order != 0) return keys[i].descending ? order > 0 : order < 0;
    }
    return false;
  });
  Rows sorted;
  for (auto& [values, row] : keyed) sorted.push_back(std::move(row));
  return sorted;
}

Result<Rows> PlanInterpreter::Top(const LogicalTopN& top, Rows input, const Row& outer) {
  TRIVET_ASSIGN_OR_RETURN(const Rows sorted, Sort(top.keys, std::move(input), outer));
  std::map<std::string, uint64_t> seen;
  Rows kept;
  for (const Row& row : sorted) {
    TRIVET_ASSIGN_OR_RETURN(const std::string key, KeyOf(top.partition_by, row, outer));
    const uint64_t place = seen[key]++;
    if (place >= top.offset && place - top.offset < top.limit) kept.push_back(row);
  }
  return kept;
}

Result<Rows> PlanInterpreter::Window(const LogicalWindow& window, Rows input, const Row& outer) {
  TRIVET_ASSIGN_OR_RETURN(const Rows sorted, Sort(window.order_by, std::move(input), outer));
  std::vector<ExpressionPtr> order;
  for (const SortKey& key : window.order_by) order.push_back(key.expression);
  std::map<std::string, std::vector<std::string>> before;  // order keys of a partition's rows
  Rows numbered;
  for (Row row : sorted) {
    TRIVET_ASSIGN_OR_RETURN(const std::string partition, KeyOf(window.partition_by, row, outer));
    TRIVET_ASSIGN_OR_RETURN(const std::string key, KeyOf(order, row, outer));
    std::vector<std::string>& keys = before[partition];
    keys.push_back(key);
    if (window.limit && keys.size() > *window.limit) continue;
    const auto first = std::find(keys.begin(), keys.end(), key);
    for (const auto& call : window.functions) {
      auto number = static_cast<int64_t>(keys.size());
      if (call.function == RankingFunction::kRank) number = first - keys.begin() + 1;
      if (call.function == RankingFunction::kDenseRank) {
        number = static_cast<int64_t>(std::set<std::string>(keys.begin(), keys.end()).size());
      }
      row[call.column.id] = Value::Int64(number);
    }
    numbered.push_back(std::move(row));
  }
  return numbered;
}

Result<Rows> PlanInterpreter::DistinctOn(const LogicalDistinctOn& distinct, Rows input,
                                         const Row& outer) {
  std::map<std::string, bool> seen;
  Rows kept;
  for (Row& row : input) {
    TRIVET_ASSIGN_OR_RETURN(const std::string key, KeyOf(distinct.keys, row, outer));
    if (seen.emplace(key, true).second) kept.push_back(std::move(row));
  }
  return kept;
}

Result<Rows> PlanInterpreter::CteScan(const LogicalCteScan& scan) {
  const auto found = ctes_.find(scan.cte_id);
  if (found == ctes_.end()) return Status::Internal("no definition of " + scan.cte_name);
  Cte& cte = found->second;
  if (!cte.rows) {
    TRIVET_ASSIGN_OR_RETURN(cte.rows, Evaluate(*cte.definition, cte.outer));
  }
  Rows rows;
  for (const Row& row : *cte.rows) {
    Row made;
    for (size_t i = 0; i < scan.columns.size(); ++i) {
      made[scan.columns[i].id] = row.at(scan.definition_columns[i]);
    }
    rows.push_back(std::move(made));
  }
  return rows;
}

Result<Rows> PlanInterpreter::Evaluate(const LogicalOperator& plan, const Row& outer) {
  switch (plan.kind()) {
    case LogicalKind::kScan: return Scan(*As<LogicalScan>(plan), outer);
    case LogicalKind::kValues: return Values(*As<LogicalValues>(plan), outer);
    case LogicalKind::kJoin: return Join(*As<LogicalJoin>(plan), outer);
    case LogicalKind::kSetOperation: return SetOperation(*As<LogicalSetOperation>(plan), outer);
    case LogicalKind::kCteScan: return CteScan(*As<LogicalCteScan>(plan));
    case LogicalKind::kCte:
      ctes_[As<LogicalCte>(plan)->cte_id] = {&plan.child(0), outer, std::nullopt};
      return Evaluate(plan.child(1), outer);
    default: break;
  }
  TRIVET_ASSIGN_OR_RETURN(Rows input, Evaluate(plan.child(), outer));
  switch (plan.kind()) {
    case LogicalKind::kFilter:
      return Filter(As<LogicalFilter>(plan)->predicates, std::move(input), outer);
    case LogicalKind::kProject: return Project(*As<LogicalProject>(plan), input, outer);
    case LogicalKind::kAggregate: return Aggregate(*As<LogicalAggregate>(plan), input, outer);
    case LogicalKind::kSort: return Sort(As<LogicalSort>(plan)->keys, std::move(input), outer);
    case LogicalKind::kTopN: return Top(*As<LogicalTopN>(plan), std::move(input), outer);
    case LogicalKind::kWindow: return Window(*As<LogicalWindow>(plan), std::move(input), outer);
    case LogicalKind::kDistinctOn:
      return DistinctOn(*As<LogicalDistinctOn>(plan), std::move(input), outer);
    case LogicalKind::kLimit: {
      const auto& limit = *As<LogicalLimit>(plan);
      const size_t from = std::min<size_t>(limit.offset, input.size());
      const size_t count =
          std::min<size_t>(limit.limit.value_or(input.size()), input.size() - from);
      return Rows(input.begin() + from, input.begin() + from + count);
    }
    default: return Status::Internal("unknown operator");
  }
}

}  // namespace trivet::testing
