#include "plan/logical_window.h"

#include <algorithm>
#include <array>

#include "base/string_concat.h"

namespace trivet {

namespace {
constexpr std::array<std::string_view, 3> kNames = {"row_number", "rank", "dense_rank"};
}  // namespace

std::string_view RankingFunctionName(RankingFunction function) {
  return kNames[static_cast<size_t>(function)];
}

std::optional<RankingFunction> FindRankingFunction(std::string_view name) {
  if (name == "rank_dense") return RankingFunction::kDenseRank;
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<RankingFunction>(found - kNames.begin());
}

LogicalWindow::LogicalWindow(PlanPtr input, std::vector<Function> calls,
                             std::vector<ExpressionPtr> partition, std::vector<SortKey> order)
    : LogicalOperator(LogicalKind::kWindow),
      functions(std::move(calls)),
      partition_by(std::move(partition)),
      order_by(std::move(order)) {
  if (input) children_.push_back(std::move(input));
}

std::vector<std::pair<std::string, std::string>> LogicalWindow::Details() const {
  std::string calls;
  for (const Function& call : functions) {
    calls += StrCat(calls.empty() ? "" : ", ", RankingFunctionName(call.function));
  }
  std::vector<std::pair<std::string, std::string>> details{{"Functions", std::move(calls)}};
  std::string partition;
  for (const ExpressionPtr& key : partition_by) {
    partition += StrCat(partition.empty() ? "" : ", ", key->ToString());
  }
  if (!partition.empty()) details.emplace_back("Partition By", std::move(partition));
  std::string order;
  for (const SortKey& key : order_by) {
    order +=
        StrCat(order.empty() ? "" : ", ", key.expression->ToString(),
               key.descending ? " DESC" : " ASC", key.nulls_first ? " NULLS FIRST" : " NULLS LAST");
  }
  if (!order.empty()) details.emplace_back("Order By", std::move(order));
  if (limit) details.emplace_back("Limit", StrCat(*limit));
  return details;
}

std::vector<OutputColumn> LogicalWindow::Columns() const {
  std::vector<OutputColumn> columns = child().Columns();
  for (const Function& call : functions) columns.push_back(call.column);
  return columns;
}

void LogicalWindow::ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) {
  for (ExpressionPtr& key : partition_by) visit(key);
  for (SortKey& key : order_by) visit(key.expression);
}

PlanPtr LogicalWindow::Clone() const {
  auto copy = std::make_unique<LogicalWindow>(nullptr, functions, partition_by, order_by);
  copy->limit = limit;
  CopyChildrenTo(*copy);
  return copy;
}

}  // namespace trivet
