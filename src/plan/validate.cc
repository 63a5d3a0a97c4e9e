#include <map>
#include <set>
#include <unordered_map>

#include "base/string_concat.h"
#include "plan/logical_custom.h"
#include "plan/logical_operators.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

using TypeMap = std::unordered_map<ColumnId, LogicalType>;

// One check of one plan. Scopes are columns by id with the type they were made with.
class PlanValidator {
 public:
  // `outer`: columns that dependent joins above hand down.
  Status Check(const LogicalOperator& node, const TypeMap& outer);

 private:
  Status CheckChildren(const LogicalOperator& node, const TypeMap& outer);
  Status CheckMade(const LogicalOperator& node);
  Status CheckExpressions(const LogicalOperator& node, const TypeMap& outer);
  Status CheckExpression(const LogicalOperator& node, const Expression& root, const TypeMap& inputs,
                         const TypeMap& outer);
  Status CheckNode(const LogicalOperator& node);
  Status CheckSetOperation(const LogicalSetOperation& node);
  Status CheckCteScan(const LogicalCteScan& node);
  Status CheckAggregate(const LogicalAggregate& node);

  std::set<ColumnId> made_;
  std::map<uint32_t, TypeMap> ctes_;
};

Status Broken(const LogicalOperator& node, const std::string& what) {
  return Status::Internal(StrCat("plan node ", std::string(node.name()), ": ", what));
}

TypeMap OutputTypes(const LogicalOperator& node) {
  TypeMap types;
  for (const OutputColumn& column : node.Columns()) types.emplace(column.id, column.type);
  return types;
}

// What the node's own expressions may refer to, apart from outer columns.
TypeMap InputTypes(const LogicalOperator& node) {
  TypeMap types;
  if (node.kind() == LogicalKind::kScan) {
    const auto& scan = static_cast<const LogicalScan&>(node);
    for (const auto& column : scan.columns) {
      types.emplace(column.id, scan.table->columns()[column.ordinal].type);
    }
  }
  for (const PlanPtr& child : node.children()) types.merge(OutputTypes(*child));
  return types;
}

Status PlanValidator::Check(const LogicalOperator& node, const TypeMap& outer) {
  TRIVET_RETURN_IF_ERROR(CheckChildren(node, outer));
  TRIVET_RETURN_IF_ERROR(CheckMade(node));
  TRIVET_RETURN_IF_ERROR(CheckExpressions(node, outer));
  TRIVET_RETURN_IF_ERROR(CheckNode(node));
  std::set<ColumnId> seen;
  for (const OutputColumn& column : node.Columns()) {
    if (!seen.insert(column.id).second) {
      return Broken(node, StrCat("column ", column.name, " (", column.id, ") is given twice"));
    }
  }
  return Status::OK();
}

Status PlanValidator::CheckChildren(const LogicalOperator& node, const TypeMap& outer) {
  const auto& children = node.children();
  if (node.kind() == LogicalKind::kCte) {
    TRIVET_RETURN_IF_ERROR(Check(*children[0], outer));
    ctes_[static_cast<const LogicalCte&>(node).cte_id] = OutputTypes(*children[0]);
    return Check(*children[1], outer);
  }
  if (node.kind() == LogicalKind::kJoin && static_cast<const LogicalJoin&>(node).dependent) {
    TRIVET_RETURN_IF_ERROR(Check(*children[0], outer));
    TypeMap inner = OutputTypes(*children[0]);
    inner.insert(outer.begin(), outer.end());
    return Check(*children[1], inner);
  }
  for (const PlanPtr& child : children) TRIVET_RETURN_IF_ERROR(Check(*child, outer));
  return Status::OK();
}

Status PlanValidator::CheckMade(const LogicalOperator& node) {
  Status status;
  ForEachMadeColumn(const_cast<LogicalOperator&>(node), [&](ColumnId& id) {
    if (status.ok() && (id == kInvalidColumn || !made_.insert(id).second)) {
      status = Broken(node, StrCat("column ", id, " is made twice or has no id"));
    }
  });
  return status;
}

Status PlanValidator::CheckExpressions(const LogicalOperator& node, const TypeMap& outer) {
  const TypeMap inputs = InputTypes(node);
  Status status;
  const_cast<LogicalOperator&>(node).ForEachExpression([&](ExpressionPtr& expression) {
    if (status.ok()) status = CheckExpression(node, *expression, inputs, outer);
  });
  return status;
}

Status PlanValidator::CheckExpression(const LogicalOperator& node, const Expression& root,
                                      const TypeMap& inputs, const TypeMap& outer) {
  if (root.kind() == ExpressionKind::kInput) {
    return Broken(node, "refers to an input by position");
  }
  if (root.IsColumn()) {
    auto found = inputs.find(root.column());
    if (found == inputs.end()) {
      found = outer.find(root.column());
      if (found == outer.end()) {
        return Broken(node, StrCat("column ", root.ToString(), " (", root.column(),
                                   ") is not among its inputs"));
      }
    }
    if (!(found->second == root.type())) {
      return Broken(node, StrCat("column ", root.ToString(), " is used as ", root.type().ToString(),
                                 " but made as ", found->second.ToString()));
    }
  }
  for (const ExpressionPtr& child : root.children()) {
    TRIVET_RETURN_IF_ERROR(CheckExpression(node, *child, inputs, outer));
  }
  return Status::OK();
}

Status CheckBoolean(const LogicalOperator& node, const std::vector<ExpressionPtr>& predicates) {
  for (const ExpressionPtr& predicate : predicates) {
    if (predicate->type().id() != TypeId::kBoolean) {
      return Broken(node, predicate->ToString() + " is not boolean");
    }
  }
  return Status::OK();
}

Status PlanValidator::CheckNode(const LogicalOperator& node) {
  switch (node.kind()) {
    case LogicalKind::kScan:
      return CheckBoolean(node, static_cast<const LogicalScan&>(node).filters);
    case LogicalKind::kFilter:
      return CheckBoolean(node, static_cast<const LogicalFilter&>(node).predicates);
    case LogicalKind::kJoin: {
      const auto& join = static_cast<const LogicalJoin&>(node);
      if (join.comparison) TRIVET_RETURN_IF_ERROR(CheckBoolean(node, {join.comparison}));
      return CheckBoolean(node, join.conditions);
    }
    case LogicalKind::kValues: {
      const auto& values = static_cast<const LogicalValues&>(node);
      for (const auto& row : values.rows) {
        if (row.size() != values.columns.size()) return Broken(node, "a row has the wrong width");
        for (size_t i = 0; i < row.size(); ++i) {
          if (!(row[i]->type() == values.columns[i].type)) return Broken(node, "types differ");
        }
      }
      return Status::OK();
    }
    case LogicalKind::kProject:
      for (const auto& entry : static_cast<const LogicalProject&>(node).entries) {
        if (!(entry.column.type == entry.expression->type())) {
          return Broken(node, "type of " + entry.column.name + " differs from its expression's");
        }
      }
      return Status::OK();
    case LogicalKind::kAggregate: return CheckAggregate(static_cast<const LogicalAggregate&>(node));
    case LogicalKind::kSetOperation:
      return CheckSetOperation(static_cast<const LogicalSetOperation&>(node));
    case LogicalKind::kCteScan: return CheckCteScan(static_cast<const LogicalCteScan&>(node));
    case LogicalKind::kCustom: {
      const auto& custom = static_cast<const LogicalCustom&>(node);
      if (custom.inputs.size() != custom.input_names.size()) {
        return Broken(node, "an input has no name");
      }
      return Status::OK();
    }
    case LogicalKind::kWindow: {
      const auto& window = static_cast<const LogicalWindow&>(node);
      if (window.functions.empty()) return Broken(node, "has no function");
      for (const auto& call : window.functions) {
        if (call.column.type.id() != TypeId::kInt64) return Broken(node, "a number is no BIGINT");
      }
      return Status::OK();
    }
    default: return Status::OK();
  }
}

Status PlanValidator::CheckAggregate(const LogicalAggregate& node) {
  for (const auto& group : node.groups) {
    if (!(group.column.type == group.expression->type())) return Broken(node, "group type differs");
  }
  for (const auto& aggregate : node.aggregates) {
    if (!(aggregate.column.type == aggregate.function.return_type)) {
      return Broken(node, "type of " + aggregate.column.name + " differs from its function's");
    }
    if (aggregate.arguments.size() != aggregate.function.argument_types.size()) {
      return Broken(node, "arguments of " + aggregate.column.name + " differ from its function's");
    }
    for (size_t i = 0; i < aggregate.arguments.size(); ++i) {
      if (!(aggregate.arguments[i]->type() == aggregate.function.argument_types[i])) {
        return Broken(node, "arguments of " + aggregate.column.name + " are not of its types");
      }
    }
    if (aggregate.filter) TRIVET_RETURN_IF_ERROR(CheckBoolean(node, {aggregate.filter}));
  }
  return Status::OK();
}

Status PlanValidator::CheckSetOperation(const LogicalSetOperation& node) {
  if (node.children().size() != node.input_columns.size() || node.children().size() < 2) {
    return Broken(node, "inputs and input columns differ in number");
  }
  for (size_t i = 0; i < node.children().size(); ++i) {
    const TypeMap types = OutputTypes(*node.children()[i]);
    if (node.input_columns[i].size() != node.columns.size()) return Broken(node, "width differs");
    for (size_t j = 0; j < node.columns.size(); ++j) {
      const auto found = types.find(node.input_columns[i][j]);
      if (found == types.end()) {
        return Broken(node,
                      StrCat("column ", node.input_columns[i][j], " is not among its inputs"));
      }
      if (!(found->second == node.columns[j].type)) return Broken(node, "types differ");
    }
  }
  return Status::OK();
}

Status PlanValidator::CheckCteScan(const LogicalCteScan& node) {
  const auto cte = ctes_.find(node.cte_id);
  if (cte == ctes_.end())
    return Broken(node, "there is no common table expression " + node.cte_name);
  if (node.columns.size() != node.definition_columns.size()) return Broken(node, "width differs");
  for (size_t i = 0; i < node.columns.size(); ++i) {
    const auto found = cte->second.find(node.definition_columns[i]);
    if (found == cte->second.end() || !(found->second == node.columns[i].type)) {
      return Broken(node, "column " + node.columns[i].name + " is not the definition's");
    }
  }
  return Status::OK();
}

}  // namespace

Status ValidatePlan(const LogicalOperator& plan) { return PlanValidator().Check(plan, {}); }

}  // namespace trivet
