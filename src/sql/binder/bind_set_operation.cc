#include <algorithm>

#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/sort_binder.h"
#include "types/cast_rules.h"

namespace trivet::binder {

namespace {

std::vector<ColumnId> IdsOf(const std::vector<OutputColumn>& columns) {
  std::vector<ColumnId> ids;
  for (const OutputColumn& column : columns) ids.push_back(column.id);
  return ids;
}

std::vector<OutputColumn> FreshColumns(const std::vector<OutputColumn>& columns,
                                       ColumnIdGenerator& ids) {
  std::vector<OutputColumn> fresh = columns;
  for (OutputColumn& column : fresh) column.id = ids.Next();
  return fresh;
}

const OutputColumn* FindByName(const std::vector<OutputColumn>& columns, std::string_view name) {
  for (const OutputColumn& column : columns) {
    if (syntax::EqualIgnoringCase(column.name, name)) return &column;
  }
  return nullptr;
}

BoundQuery CombineTwo(SetOperationKind kind, bool all, BoundQuery left, BoundQuery right,
                      ColumnIdGenerator& ids) {
  auto node = std::make_unique<LogicalSetOperation>(kind, all);
  node->columns = FreshColumns(left.columns, ids);
  node->input_columns = {IdsOf(left.columns), IdsOf(right.columns)};
  node->children().push_back(std::move(left.plan));
  node->children().push_back(std::move(right.plan));
  std::vector<OutputColumn> columns = node->columns;
  return {std::move(node), std::move(columns)};
}

// All operands of a chain of UNION ALL in one node.
BoundQuery UnionAll(std::vector<BoundQuery> inputs, ColumnIdGenerator& ids) {
  auto node = std::make_unique<LogicalSetOperation>(SetOperationKind::kUnion, true);
  node->columns = FreshColumns(inputs[0].columns, ids);
  for (BoundQuery& input : inputs) {
    node->input_columns.push_back(IdsOf(input.columns));
    node->children().push_back(std::move(input.plan));
  }
  std::vector<OutputColumn> columns = node->columns;
  return {std::move(node), std::move(columns)};
}

// Where nothing else fits, strings hold the values of every type.
std::optional<LogicalType> CombinedType(const LogicalType& a, const LogicalType& b) {
  std::optional<LogicalType> common = CommonSupertype(a, b);
  const bool has_text = a.id() == TypeId::kVarchar || b.id() == TypeId::kVarchar;
  if (!common && has_text) common = LogicalType(TypeId::kVarchar);
  return common;
}

}  // namespace

Result<BoundQuery> QueryBinder::BindSetOperation(const syntax::SetOperationQuery& query,
                                                 QueryLevel* outer, CteFrame* ctes) {
  std::vector<BoundQuery> inputs;
  std::vector<std::vector<std::string>> names;
  for (const syntax::QueryPtr& operand : query.operands) {
    // A chain of UNION is one node however long; the others nest.
    if (query.operation != syntax::SetOperator::kUnion) {
      TRIVET_RETURN_IF_ERROR(state_.CountOperator().WithPosition(operand->position));
    }
    TRIVET_ASSIGN_OR_RETURN(BoundQuery bound, Bind(*operand, outer, ctes));
    names.emplace_back();
    for (const OutputColumn& column : bound.columns) names.back().push_back(column.name);
    inputs.push_back(std::move(bound));
  }
  TRIVET_ASSIGN_OR_RETURN(BoundQuery combined, Combine(query, std::move(inputs)));
  if (query.by_name) names.clear();
  return OrderOutput(query, std::move(combined), names, outer, ctes);
}

Result<BoundQuery> QueryBinder::Combine(const syntax::SetOperationQuery& query,
                                        std::vector<BoundQuery> inputs) {
  if (query.by_name) {
    if (query.operation != syntax::SetOperator::kUnion) {
      return Unsupported("BY NAME with INTERSECT or EXCEPT is", query.position);
    }
    TRIVET_RETURN_IF_ERROR(MatchByName(inputs));
  }
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i].columns.size() != inputs[0].columns.size()) {
      return Status::InvalidInput(
                 "Set operations can only apply to expressions with the same number of result "
                 "columns")
          .WithPosition(query.operands[i]->position);
    }
  }
  TRIVET_RETURN_IF_ERROR(UnifyColumns(query, inputs));
  if (query.operation == syntax::SetOperator::kUnion && (query.all || inputs.size() > 2)) {
    BoundQuery all = UnionAll(std::move(inputs), state_.ids());
    return query.all ? std::move(all) : MakeDistinct(std::move(all), state_.ids());
  }
  const SetOperationKind kind =
      query.operation == syntax::SetOperator::kUnion       ? SetOperationKind::kUnion
      : query.operation == syntax::SetOperator::kIntersect ? SetOperationKind::kIntersect
                                                           : SetOperationKind::kExcept;
  BoundQuery result = std::move(inputs[0]);
  for (size_t i = 1; i < inputs.size(); ++i) {
    result = CombineTwo(kind, query.all, std::move(result), std::move(inputs[i]), state_.ids());
  }
  return result;
}

// UNION BY NAME: all names in order of appearance; a column that an input lacks is NULL there.
Status QueryBinder::MatchByName(std::vector<BoundQuery>& inputs) {
  std::vector<OutputColumn> all;
  for (const BoundQuery& input : inputs) {
    for (const OutputColumn& column : input.columns) {
      if (FindByName(all, column.name) == nullptr) all.push_back(column);
    }
  }
  for (BoundQuery& input : inputs) {
    for (size_t i = 0; i < input.columns.size(); ++i) {
      if (FindByName(input.columns, input.columns[i].name) != &input.columns[i]) {
        return Status::InvalidInput(
            StrCat("UNION (ALL) BY NAME operation doesn't support duplicate "
                   "names in the SELECT list - the name \"",
                   input.columns[i].name, "\" occurs multiple times"));
      }
    }
    std::vector<ExpressionPtr> expressions;
    std::vector<OutputColumn> columns = all;
    for (const OutputColumn& column : all) {
      const OutputColumn* own = FindByName(input.columns, column.name);
      expressions.push_back(own ? own->Reference() : Expression::Constant(Value::Null()));
    }
    input.plan = ProjectColumns(std::move(input.plan), expressions, columns, state_.ids());
    input.columns = std::move(columns);
  }
  return Status::OK();
}

Status QueryBinder::UnifyColumns(const syntax::SetOperationQuery& query,
                                 std::vector<BoundQuery>& inputs) {
  std::vector<LogicalType> types;
  for (size_t column = 0; column < inputs[0].columns.size(); ++column) {
    LogicalType type = inputs[0].columns[column].type;
    for (size_t i = 1; i < inputs.size(); ++i) {
      const LogicalType& other = inputs[i].columns[column].type;
      const std::optional<LogicalType> common = CombinedType(type, other);
      if (!common) {
        return Status::InvalidInput(StrCat("Cannot combine types ", type.ToString(), " and ",
                                           other.ToString(),
                                           " in a set operation - an explicit cast is required"))
            .WithPosition(query.operands[i]->position);
      }
      type = *common;
    }
    types.push_back(type);
  }
  for (BoundQuery& input : inputs) {
    bool same = true;
    std::vector<ExpressionPtr> expressions;
    for (size_t column = 0; column < types.size(); ++column) {
      same = same && input.columns[column].type == types[column];
      expressions.push_back(
          CastTo(input.columns[column].Reference(), types[column], state_.input().context));
    }
    if (same) continue;
    input.plan = ProjectColumns(std::move(input.plan), expressions, input.columns, state_.ids());
  }
  return Status::OK();
}

Result<BoundQuery> QueryBinder::OrderOutput(
    const syntax::Query& query, BoundQuery bound,
    const std::vector<std::vector<std::string>>& operand_names, QueryLevel* outer, CteFrame* ctes) {
  if (!query.order_by.empty()) {
    FromScope scope;
    scope.Add(MakeRelation("", bound.columns));
    QueryLevel level;
    level.outer = outer;
    level.from = &scope;
    PendingJoins joins;
    ClauseGuard guard(level, "ORDER BY clause", AliasRule::kHidden, &joins, false);
    ExpressionBinder binder(state_, *this, level, ctes);
    std::vector<SortKey> keys;
    for (const syntax::OrderItem& item : query.order_by) {
      TRIVET_RETURN_IF_ERROR(BindOutputSortKey(item, bound.columns, operand_names, binder, keys));
    }
    bound.plan = AttachJoins(std::move(bound.plan), std::move(joins));
    const bool widened = bound.plan->Columns().size() != bound.columns.size();
    bound.plan = std::make_unique<LogicalSort>(std::move(bound.plan), std::move(keys));
    if (widened) {
      std::vector<LogicalProject::Entry> entries;
      for (const OutputColumn& column : bound.columns)
        entries.push_back({column, column.Reference()});
      bound.plan = std::make_unique<LogicalProject>(std::move(bound.plan), std::move(entries));
    }
  }
  TRIVET_ASSIGN_OR_RETURN(bound.plan, ApplyLimit(query, std::move(bound.plan)));
  return bound;
}

}  // namespace trivet::binder
