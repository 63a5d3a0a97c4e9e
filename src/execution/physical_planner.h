#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "execution/physical_operator.h"
#include "execution/required_columns.h"
#include "plan/logical_operators.h"

namespace trivet {

class OperatorRegistry;

// Translates optimised logical plans into physical ones: picks operators, turns column ids into
// input positions. Each operator file registers how its logical node is translated
// (operators/register.h). Deterministic. Runtimes take the plan as it is (local) or put exchanges
// into it (distributed).
class PhysicalPlanner {
 public:
  // A translated subtree and which column ids its schema's columns are.
  struct Translated {
    std::shared_ptr<PhysicalOperator> plan;
    std::vector<ColumnId> layout;
  };
  using Translate =
      std::function<Result<Translated>(const LogicalOperator& node, PhysicalPlanner& planner)>;

  // With the built-in operators, or with others; these must outlive the planner.
  PhysicalPlanner();
  explicit PhysicalPlanner(const OperatorRegistry& operators) : operators_(operators) {}

  // The whole query; the plan's schema is `columns`, in order and under their names.
  Result<PhysicalPlan> Plan(const LogicalOperator& root, const std::vector<OutputColumn>& columns);

  // ---- for translators ----
  Result<Translated> TranslateNode(const LogicalOperator& node);
  // Whether anything above the node uses this column of its output.
  bool IsRequired(const LogicalOperator& node, ColumnId column) const {
    return required_.Contains(node, column);
  }
  // The query's result, left to right.
  const std::vector<ColumnId>& result_columns() const { return result_columns_; }
  // Which column ids the columns of a common table expression's definition are.
  void SetCteLayout(uint32_t cte_id, std::vector<ColumnId> layout) {
    cte_layouts_[cte_id] = std::move(layout);
  }
  const std::vector<ColumnId>& CteLayout(uint32_t cte_id) { return cte_layouts_[cte_id]; }
  // Sets of columns as physical schemas.
  static std::vector<PhysicalColumn> SchemaOf(const std::vector<OutputColumn>& columns);
  static std::vector<ColumnId> IdsOf(const std::vector<OutputColumn>& columns);

  // True where the rows of the node have an order that the query can rely on: scans, and what keeps
  // their order; false after joins and aggregates. There, ORDER BY ties break by the remaining
  // columns.
  static bool HasInputOrder(const LogicalOperator& node);

 private:
  const OperatorRegistry& operators_;
  std::map<uint32_t, std::vector<ColumnId>> cte_layouts_;
  RequiredColumns required_;
  std::vector<ColumnId> result_columns_;
};

}  // namespace trivet
