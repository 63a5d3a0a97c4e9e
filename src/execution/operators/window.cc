#include "execution/operators/window.h"

#include <algorithm>

#include "base/string_concat.h"
#include "execution/operators/register.h"
#include "execution/operators/sort.h"
#include "execution/operators/sort_pipelines.h"
#include "execution/plan_check.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

std::string NamesOf(const std::vector<RankingFunction>& functions) {
  std::string names;
  for (const RankingFunction function : functions) {
    names += StrCat(names.empty() ? "" : ", ", RankingFunctionName(function));
  }
  return names;
}

// Functions by such names; none where one is unknown.
std::vector<RankingFunction> FunctionsOf(std::string_view names) {
  std::vector<RankingFunction> functions;
  while (true) {
    const size_t comma = names.find(", ");
    const auto function = FindRankingFunction(names.substr(0, comma));
    if (!function) return {};
    functions.push_back(*function);
    if (comma == std::string_view::npos) return functions;
    names.remove_prefix(comma + 2);
  }
}

Result<PhysicalPlanner::Translated> TranslateWindow(const LogicalOperator& node,
                                                    PhysicalPlanner& planner) {
  const auto& window = static_cast<const LogicalWindow&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(window.child()));
  PhysicalWindow::Fields fields;
  fields.limit = window.limit;
  for (const ExpressionPtr& key : window.partition_by) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr resolved, ResolveInputs(key, child.layout));
    fields.partition_by.push_back(std::move(resolved));
  }
  TRIVET_ASSIGN_OR_RETURN(fields.order_by, ResolveSortKeys(window.order_by, child));
  if (!PhysicalPlanner::HasInputOrder(window.child())) {
    TRIVET_RETURN_IF_ERROR(BreakTiesByColumns(planner, child, fields.ties));
  }
  std::vector<PhysicalColumn> columns = child.plan->schema();
  for (const LogicalWindow::Function& call : window.functions) {
    fields.functions.push_back(call.function);
    columns.push_back({call.column.name, call.column.type});
    child.layout.push_back(call.column.id);
  }
  auto plan = std::make_shared<PhysicalWindow>(std::move(fields), std::move(columns),
                                               std::move(child.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(child.layout)};
}

}  // namespace

std::vector<SortKey> PhysicalWindow::Order() const {
  std::vector<SortKey> order = fields_.order_by;
  order.insert(order.end(), fields_.ties.begin(), fields_.ties.end());
  return order;
}

OperatorCapabilities PhysicalWindow::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = true;
  capabilities.order_preserving = true;
  capabilities.spillable = true;
  capabilities.required_inputs = {fields_.partition_by.empty()
                                      ? Partitioning::Single()
                                      : Partitioning::Hash(fields_.partition_by, 0)};
  const auto is_volatile = [](const SortKey& key) { return key.expression->is_volatile(); };
  capabilities.deterministic = std::ranges::none_of(fields_.order_by, is_volatile);
  for (const ExpressionPtr& key : fields_.partition_by) {
    if (key->is_volatile()) capabilities.deterministic = false;
  }
  return capabilities;
}

// With a limit: the first rows of each partition are among the first ones of its parts.
Result<std::optional<PhysicalOperator::Phases>> PhysicalWindow::SplitPhases() const {
  if (!fields_.limit) return std::optional<Phases>();
  PhysicalSort::Fields first;
  first.keys = Order();
  first.limit = fields_.limit;
  first.partition_by = fields_.partition_by;
  Phases phases;
  phases.local = std::make_shared<PhysicalSort>(std::move(first), children_.front());
  phases.global = [fields = fields_,
                   columns = schema_](PhysicalPlan input) -> Result<PhysicalPlan> {
    return std::make_shared<PhysicalWindow>(fields, columns, std::move(input));
  };
  return std::optional<Phases>(std::move(phases));
}

void PhysicalWindow::VisitFields(FieldVisitor& visitor) {
  const std::string names = NamesOf(fields_.functions);
  std::string functions = names;
  visitor.Field("Functions", functions);
  // Plans that are only read may be so by several threads.
  if (functions != names) fields_.functions = FunctionsOf(functions);
  visitor.Field("Partition By", fields_.partition_by);
  visitor.Field("Order By", fields_.order_by);
  visitor.Field("Ties By", fields_.ties);
  visitor.Field("Limit", fields_.limit);
}

Status PhysicalWindow::Validate() const {
  PlanCheck check(*this);
  const std::vector<LogicalType> columns = check.Child(0);
  std::vector<LogicalType> expected = columns;
  expected.insert(expected.end(), fields_.functions.size(), TypeId::kInt64);
  check.ChildCount(1).That(!fields_.functions.empty(), "Functions").Schema(expected);
  check.Expressions(fields_.partition_by, columns, "Partition By");
  check.SortKeys(fields_.order_by, columns, "Order By").SortKeys(fields_.ties, columns, "Ties By");
  return check.status();
}

// Without some values of a partition key, whole partitions are missing, and the others are as they
// are.
std::optional<PhysicalOperator::Origin> PhysicalWindow::OriginOf(size_t column) const {
  const bool is_key = std::ranges::any_of(fields_.partition_by, [&](const ExpressionPtr& key) {
    return key->kind() == ExpressionKind::kInput && key->input_index() == column;
  });
  if (!is_key) return std::nullopt;
  return Origin{0, column};
}

Status PhysicalWindow::BuildPipelines(PipelineBuilder& builder) const {
  std::vector<SortKey> keys;
  for (const ExpressionPtr& key : fields_.partition_by) keys.push_back({key, false, false});
  const std::vector<SortKey> order = Order();
  keys.insert(keys.end(), order.begin(), order.end());
  TRIVET_ASSIGN_OR_RETURN(SortShape shape, SortShape::Make(children_[0]->types(), keys));
  shape.partition_keys = fields_.partition_by.size();
  shape.peer_keys = shape.partition_keys + fields_.order_by.size();
  shape.functions = fields_.functions;
  return BuildSortPipelines(*this, std::move(shape), fields_.limit.value_or(kNoSortLimit), 0,
                            builder);
}

void RegisterWindow(OperatorRegistry& registry) {
  registry.Add<PhysicalWindow>();

  registry.AddTranslation(LogicalKind::kWindow, TranslateWindow);
}

}  // namespace trivet
