#include "plan/logical_operators.h"
#include "plan/logical_custom.h"

#include "base/string_concat.h"

namespace trivet {

namespace {

using DetailList = std::vector<std::pair<std::string, std::string>>;

template <typename List, typename Text>
std::string JoinText(const List& list, std::string_view separator, const Text& text) {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += separator;
    out += text(item);
  }
  return out;
}

std::string ExpressionList(const std::vector<ExpressionPtr>& list, std::string_view separator) {
  return JoinText(list, separator, [](const ExpressionPtr& e) { return e->ToString(); });
}

std::string SortKeyList(const std::vector<SortKey>& keys) {
  return JoinText(keys, ", ", [](const SortKey& key) {
    return key.expression->ToString() + (key.descending ? " DESC" : " ASC") +
           (key.nulls_first ? " NULLS FIRST" : " NULLS LAST");
  });
}

void Append(std::vector<OutputColumn>& columns, const std::vector<OutputColumn>& more) {
  columns.insert(columns.end(), more.begin(), more.end());
}

// A copy of the node itself whose children are copied by the caller.
template <typename Node>
std::unique_ptr<Node> MakeNode(auto&&... arguments) {
  return std::make_unique<Node>(std::forward<decltype(arguments)>(arguments)...);
}

}  // namespace

void LogicalOperator::CopyChildrenTo(LogicalOperator& copy) const {
  copy.children_.clear();
  for (const PlanPtr& child : children_) copy.children_.push_back(child->Clone());
  copy.estimated_rows = estimated_rows;
}

std::string_view JoinKindName(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner: return "INNER";
    case JoinKind::kLeft: return "LEFT";
    case JoinKind::kRight: return "RIGHT";
    case JoinKind::kFull: return "FULL";
    case JoinKind::kSemi: return "SEMI";
    case JoinKind::kAnti: return "ANTI";
    case JoinKind::kSingle: return "SINGLE";
    case JoinKind::kMark: return "MARK";
  }
  return "UNKNOWN";
}

// ---- scan ----
DetailList LogicalScan::Details() const {
  DetailList details{{"Table", alias}, {"Source", table->kind()}};
  details.emplace_back("Columns", JoinText(columns, ", ", [&](const ScanColumn& column) {
                         return table->columns()[column.ordinal].name +
                                (column.is_output ? "" : "*");
                       }));
  if (!filters.empty()) details.emplace_back("Filters", ExpressionList(filters, " AND "));
  return details;
}
std::vector<OutputColumn> LogicalScan::Columns() const {
  std::vector<OutputColumn> out;
  for (const ScanColumn& column : columns) {
    if (!column.is_output) continue;
    const ColumnDefinition& definition = table->columns()[column.ordinal];
    out.push_back({column.id, definition.name, definition.type});
  }
  return out;
}
void LogicalScan::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (ExpressionPtr& filter : filters) visit(filter);
}
PlanPtr LogicalScan::Clone() const {
  auto copy = MakeNode<LogicalScan>(table, alias);
  copy->columns = columns;
  copy->filters = filters;
  copy->estimated_rows = estimated_rows;
  return copy;
}

// ---- values ----
DetailList LogicalValues::Details() const { return {{"Rows", StrCat(rows.size())}}; }
std::vector<OutputColumn> LogicalValues::Columns() const { return columns; }
void LogicalValues::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (auto& row : rows) {
    for (ExpressionPtr& expression : row) visit(expression);
  }
}
PlanPtr LogicalValues::Clone() const {
  auto copy = MakeNode<LogicalValues>();
  copy->columns = columns;
  copy->rows = rows;
  copy->estimated_rows = estimated_rows;
  return copy;
}

// ---- filter ----
LogicalFilter::LogicalFilter(PlanPtr input, std::vector<ExpressionPtr> conjuncts)
    : LogicalOperator(LogicalKind::kFilter), predicates(std::move(conjuncts)) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalFilter::Details() const {
  return {{"Predicate", ExpressionList(predicates, " AND ")}};
}
std::vector<OutputColumn> LogicalFilter::Columns() const { return child().Columns(); }
void LogicalFilter::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (ExpressionPtr& predicate : predicates) visit(predicate);
}
PlanPtr LogicalFilter::Clone() const {
  auto copy = MakeNode<LogicalFilter>(nullptr, predicates);
  CopyChildrenTo(*copy);
  return copy;
}

// ---- project ----
LogicalProject::LogicalProject(PlanPtr input, std::vector<Entry> list)
    : LogicalOperator(LogicalKind::kProject), entries(std::move(list)) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalProject::Details() const {
  return {{"Expressions", JoinText(entries, ", ", [](const Entry& entry) {
             return entry.expression->ToString();
           })}};
}
std::vector<OutputColumn> LogicalProject::Columns() const {
  std::vector<OutputColumn> out;
  for (const Entry& entry : entries) out.push_back(entry.column);
  return out;
}
void LogicalProject::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (Entry& entry : entries) visit(entry.expression);
}
PlanPtr LogicalProject::Clone() const {
  auto copy = MakeNode<LogicalProject>(nullptr, entries);
  CopyChildrenTo(*copy);
  return copy;
}

// ---- join ----
LogicalJoin::LogicalJoin(JoinKind join_kind, PlanPtr left, PlanPtr right,
                         std::vector<ExpressionPtr> conjuncts)
    : LogicalOperator(LogicalKind::kJoin), join(join_kind), conditions(std::move(conjuncts)) {
  if (left) children_.push_back(std::move(left));
  if (right) children_.push_back(std::move(right));
}
DetailList LogicalJoin::Details() const {
  DetailList details{{"Kind", std::string(JoinKindName(join))}};
  if (!conditions.empty()) details.emplace_back("Conditions", ExpressionList(conditions, " AND "));
  if (comparison) details.emplace_back("Comparison", comparison->ToString());
  if (dependent) details.emplace_back("Dependent", "true");
  if (reducer) details.emplace_back("Reducer", "true");
  return details;
}
std::vector<OutputColumn> LogicalJoin::Columns() const {
  std::vector<OutputColumn> out = child(0).Columns();
  if (join == JoinKind::kMark) {
    out.push_back(mark);
  } else if (join != JoinKind::kSemi && join != JoinKind::kAnti) {
    Append(out, child(1).Columns());
  }
  return out;
}
void LogicalJoin::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (ExpressionPtr& condition : conditions) visit(condition);
  if (comparison) visit(comparison);
}
PlanPtr LogicalJoin::Clone() const {
  auto copy = MakeNode<LogicalJoin>(join, nullptr, nullptr, conditions);
  copy->comparison = comparison;
  copy->mark = mark;
  copy->dependent = dependent;
  copy->reducer = reducer;
  CopyChildrenTo(*copy);
  return copy;
}

// ---- aggregate ----
LogicalAggregate::LogicalAggregate(PlanPtr input) : LogicalOperator(LogicalKind::kAggregate) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalAggregate::Details() const {
  DetailList details;
  if (!groups.empty()) {
    details.emplace_back("Groups", JoinText(groups, ", ", [](const Group& group) {
                           return group.expression->ToString();
                         }));
  }
  if (!aggregates.empty()) {
    details.emplace_back("Aggregates", JoinText(aggregates, ", ", [](const Aggregate& aggregate) {
                           std::string text = aggregate.function.function->name + "(";
                           if (aggregate.distinct) text += "DISTINCT ";
                           text += ExpressionList(aggregate.arguments, ", ");
                           if (!aggregate.order_by.empty())
                             text += " ORDER BY " + SortKeyList(aggregate.order_by);
                           text += ')';
                           if (aggregate.filter)
                             text += " FILTER (WHERE " + aggregate.filter->ToString() + ")";
                           return text;
                         }));
  }
  return details;
}
std::vector<OutputColumn> LogicalAggregate::Columns() const {
  std::vector<OutputColumn> out;
  for (const Group& group : groups) out.push_back(group.column);
  for (const Aggregate& aggregate : aggregates) out.push_back(aggregate.column);
  return out;
}
void LogicalAggregate::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (Group& group : groups) visit(group.expression);
  for (Aggregate& aggregate : aggregates) {
    for (ExpressionPtr& argument : aggregate.arguments) visit(argument);
    if (aggregate.filter) visit(aggregate.filter);
    for (SortKey& key : aggregate.order_by) visit(key.expression);
  }
}
PlanPtr LogicalAggregate::Clone() const {
  auto copy = MakeNode<LogicalAggregate>(nullptr);
  copy->groups = groups;
  copy->aggregates = aggregates;
  CopyChildrenTo(*copy);
  return copy;
}

// ---- distinct on ----
LogicalDistinctOn::LogicalDistinctOn(PlanPtr input, std::vector<ExpressionPtr> on)
    : LogicalOperator(LogicalKind::kDistinctOn), keys(std::move(on)) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalDistinctOn::Details() const { return {{"Keys", ExpressionList(keys, ", ")}}; }
std::vector<OutputColumn> LogicalDistinctOn::Columns() const { return child().Columns(); }
void LogicalDistinctOn::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (ExpressionPtr& key : keys) visit(key);
}
PlanPtr LogicalDistinctOn::Clone() const {
  auto copy = MakeNode<LogicalDistinctOn>(nullptr, keys);
  CopyChildrenTo(*copy);
  return copy;
}

// ---- sort, top-n, limit ----
LogicalSort::LogicalSort(PlanPtr input, std::vector<SortKey> by)
    : LogicalOperator(LogicalKind::kSort), keys(std::move(by)) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalSort::Details() const { return {{"Keys", SortKeyList(keys)}}; }
std::vector<OutputColumn> LogicalSort::Columns() const { return child().Columns(); }
void LogicalSort::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (SortKey& key : keys) visit(key.expression);
}
PlanPtr LogicalSort::Clone() const {
  auto copy = MakeNode<LogicalSort>(nullptr, keys);
  CopyChildrenTo(*copy);
  return copy;
}

LogicalTopN::LogicalTopN(PlanPtr input, std::vector<SortKey> by, uint64_t count, uint64_t skip)
    : LogicalOperator(LogicalKind::kTopN), keys(std::move(by)), limit(count), offset(skip) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalTopN::Details() const {
  DetailList details{
      {"Keys", SortKeyList(keys)}, {"Limit", StrCat(limit)}, {"Offset", StrCat(offset)}};
  if (!partition_by.empty()) details.emplace_back("Per", ExpressionList(partition_by, ", "));
  return details;
}
std::vector<OutputColumn> LogicalTopN::Columns() const { return child().Columns(); }
void LogicalTopN::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (SortKey& key : keys) visit(key.expression);
  for (ExpressionPtr& part : partition_by) visit(part);
}
PlanPtr LogicalTopN::Clone() const {
  auto copy = MakeNode<LogicalTopN>(nullptr, keys, limit, offset);
  copy->partition_by = partition_by;
  CopyChildrenTo(*copy);
  return copy;
}

LogicalLimit::LogicalLimit(PlanPtr input, std::optional<uint64_t> count, uint64_t skip)
    : LogicalOperator(LogicalKind::kLimit), limit(count), offset(skip) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalLimit::Details() const {
  DetailList details;
  if (limit) details.emplace_back("Limit", StrCat(*limit));
  if (percent) details.emplace_back("Percent", std::to_string(*percent));
  if (offset != 0) details.emplace_back("Offset", StrCat(offset));
  return details;
}
std::vector<OutputColumn> LogicalLimit::Columns() const { return child().Columns(); }
void LogicalLimit::ForEachExpression(const std::function<void(ExpressionPtr&)>&) {}
PlanPtr LogicalLimit::Clone() const {
  auto copy = MakeNode<LogicalLimit>(nullptr, limit, offset);
  copy->percent = percent;
  CopyChildrenTo(*copy);
  return copy;
}

// ---- set operation ----
DetailList LogicalSetOperation::Details() const {
  constexpr std::string_view kNames[] = {"UNION", "INTERSECT", "EXCEPT"};
  return {{"Operation", std::string(kNames[static_cast<int>(operation)]) + (all ? " ALL" : "")}};
}
std::vector<OutputColumn> LogicalSetOperation::Columns() const { return columns; }
void LogicalSetOperation::ForEachExpression(const std::function<void(ExpressionPtr&)>&) {}
PlanPtr LogicalSetOperation::Clone() const {
  auto copy = MakeNode<LogicalSetOperation>(operation, all);
  copy->columns = columns;
  copy->input_columns = input_columns;
  CopyChildrenTo(*copy);
  return copy;
}

// ---- common table expressions ----
LogicalCte::LogicalCte(uint32_t id, std::string name, PlanPtr definition, PlanPtr body)
    : LogicalOperator(LogicalKind::kCte), cte_id(id), cte_name(std::move(name)) {
  if (definition) children_.push_back(std::move(definition));
  if (body) children_.push_back(std::move(body));
}
DetailList LogicalCte::Details() const { return {{"Name", cte_name}}; }
std::vector<OutputColumn> LogicalCte::Columns() const { return child(1).Columns(); }
void LogicalCte::ForEachExpression(const std::function<void(ExpressionPtr&)>&) {}
PlanPtr LogicalCte::Clone() const {
  auto copy = MakeNode<LogicalCte>(cte_id, cte_name, nullptr, nullptr);
  copy->materialized = materialized;
  CopyChildrenTo(*copy);
  return copy;
}

DetailList LogicalCteScan::Details() const { return {{"Name", cte_name}}; }
std::vector<OutputColumn> LogicalCteScan::Columns() const { return columns; }
void LogicalCteScan::ForEachExpression(const std::function<void(ExpressionPtr&)>&) {}
PlanPtr LogicalCteScan::Clone() const {
  auto copy = MakeNode<LogicalCteScan>(cte_id, cte_name);
  copy->columns = columns;
  copy->definition_columns = definition_columns;
  copy->estimated_rows = estimated_rows;
  return copy;
}

// ---- custom operators ----
LogicalCustom::LogicalCustom(CustomOperatorPtr called, std::vector<Value> constants, PlanPtr input)
    : LogicalOperator(LogicalKind::kCustom),
      op(std::move(called)),
      arguments(std::move(constants)) {
  if (input) children_.push_back(std::move(input));
}
DetailList LogicalCustom::Details() const {
  const CustomOperatorDeclaration& declaration = op->declaration();
  DetailList details{{"Operator", declaration.capability()},
                     {"Input", ExpressionList(inputs, ", ")},
                     {"Distribution", std::string(DistributionName(declaration.distribution))}};
  std::string constants;
  for (const Value& argument : arguments) {
    if (!constants.empty()) constants += ", ";
    constants += argument.ToString();
  }
  if (!constants.empty()) details.emplace_back("Arguments", constants);
  return details;
}
std::vector<OutputColumn> LogicalCustom::Columns() const { return columns; }
void LogicalCustom::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (ExpressionPtr& input : inputs) visit(input);
}
PlanPtr LogicalCustom::Clone() const {
  auto copy = MakeNode<LogicalCustom>(op, arguments, nullptr);
  copy->input_names = input_names;
  copy->inputs = inputs;
  copy->columns = columns;
  CopyChildrenTo(*copy);
  return copy;
}

}  // namespace trivet
