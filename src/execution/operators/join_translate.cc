// From logical joins to physical ones: equalities become keys, the rest a residual predicate.
#include <algorithm>

#include "base/string_concat.h"
#include "execution/operators/join.h"
#include "execution/operators/register.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

bool UsesOnly(const ExpressionPtr& expression, const std::set<ColumnId>& columns) {
  const std::set<ColumnId> used = ColumnsOf(expression);
  return std::includes(columns.begin(), columns.end(), used.begin(), used.end());
}

// Splits predicates into keys and the rest.
class KeyFinder {
 public:
  KeyFinder(const PhysicalPlanner::Translated& left, const PhysicalPlanner::Translated& right)
      : left_layout_(left.layout),
        right_layout_(right.layout),
        left_columns_(left.layout.begin(), left.layout.end()),
        right_columns_(right.layout.begin(), right.layout.end()) {}

  // True where the predicate is an equality between the sides; then it is among the keys.
  Result<bool> TakeKey(const ExpressionPtr& predicate, PhysicalJoin::Fields& fields) const {
    if (predicate->kind() != ExpressionKind::kComparison || predicate->is_volatile()) return false;
    const bool null_safe = predicate->comparison() == Comparison::kNotDistinctFrom;
    if (predicate->comparison() != Comparison::kEqual && !null_safe) return false;
    ExpressionPtr left = predicate->child(0);
    ExpressionPtr right = predicate->child(1);
    if (left->type().IsNested() || !left->has_columns() || !right->has_columns()) return false;
    if (!UsesOnly(left, left_columns_) || !UsesOnly(right, right_columns_)) std::swap(left, right);
    if (!UsesOnly(left, left_columns_) || !UsesOnly(right, right_columns_)) return false;
    if (null_safe) fields.null_safe_keys.push_back(fields.left_keys.size());
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr left_key, ResolveInputs(left, left_layout_));
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr right_key, ResolveInputs(right, right_layout_));
    fields.left_keys.push_back(std::move(left_key));
    fields.right_keys.push_back(std::move(right_key));
    return true;
  }

 private:
  const std::vector<ColumnId>& left_layout_;
  const std::vector<ColumnId>& right_layout_;
  std::set<ColumnId> left_columns_;
  std::set<ColumnId> right_columns_;
};

// Has the keys stand for the comparison of a mark where it is an equality, or a conjunction of
// them, and nothing else restricts the pairs.
Status UseComparisonAsKey(const LogicalJoin& join, const KeyFinder& finder,
                          PhysicalJoin::Fields& fields) {
  if (!join.comparison || !join.conditions.empty()) return Status::OK();
  PhysicalJoin::Fields trial = fields;
  for (const ExpressionPtr& conjunct : SplitConjuncts(join.comparison)) {
    if (conjunct->kind() == ExpressionKind::kComparison &&
        conjunct->comparison() != Comparison::kEqual) {
      return Status::OK();
    }
    TRIVET_ASSIGN_OR_RETURN(const bool is_key, finder.TakeKey(conjunct, trial));
    if (!is_key) return Status::OK();
  }
  fields = std::move(trial);
  fields.comparison_is_key = true;
  return Status::OK();
}

bool ShowsRight(JoinKind kind) {
  return kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark;
}

// Semi and anti joins build the side that is expected to be smaller.
bool ShouldBuildLeft(const LogicalJoin& join) {
  if ((join.join != JoinKind::kSemi && join.join != JoinKind::kAnti) || join.comparison ||
      join.reducer) {
    return false;
  }
  const auto left = join.child(0).estimated_rows;
  const auto right = join.child(1).estimated_rows;
  return left && right && *left < *right;
}

Result<PhysicalPlanner::Translated> TranslateJoin(const LogicalOperator& node,
                                                  PhysicalPlanner& planner) {
  const auto& join = static_cast<const LogicalJoin&>(node);
  if (join.dependent) {
    return Status::Internal("a dependent join was left over by the optimizer");
  }
  TRIVET_ASSIGN_OR_RETURN(auto left, planner.TranslateNode(join.child(0)));
  TRIVET_ASSIGN_OR_RETURN(auto right, planner.TranslateNode(join.child(1)));
  const KeyFinder finder(left, right);
  PhysicalJoin::Fields fields;
  fields.kind = join.join;
  std::vector<ExpressionPtr> residual;
  for (const ExpressionPtr& condition : join.conditions) {
    TRIVET_ASSIGN_OR_RETURN(const bool is_key, finder.TakeKey(condition, fields));
    if (!is_key) residual.push_back(condition);
  }
  std::vector<ColumnId> pair_layout = left.layout;
  pair_layout.insert(pair_layout.end(), right.layout.begin(), right.layout.end());
  if (!residual.empty()) {
    TRIVET_ASSIGN_OR_RETURN(fields.residual,
                            ResolveInputs(Expression::And(std::move(residual)), pair_layout));
  }
  if (join.comparison) {
    TRIVET_ASSIGN_OR_RETURN(fields.comparison, ResolveInputs(join.comparison, pair_layout));
    TRIVET_RETURN_IF_ERROR(UseComparisonAsKey(join, finder, fields));
  }
  fields.build_left = ShouldBuildLeft(join);
  fields.reducer = join.reducer;

  std::vector<PhysicalColumn> schema;
  std::vector<ColumnId> layout;
  const auto give = [&](const PhysicalPlanner::Translated& side, std::vector<uint64_t>& output) {
    for (size_t i = 0; i < side.layout.size(); ++i) {
      if (!planner.IsRequired(join, side.layout[i])) continue;
      output.push_back(i);
      schema.push_back(side.plan->schema()[i]);
      layout.push_back(side.layout[i]);
    }
  };
  give(left, fields.left_output);
  if (ShowsRight(join.join)) give(right, fields.right_output);
  if (join.join == JoinKind::kMark) {
    schema.push_back({join.mark.name, join.mark.type});
    layout.push_back(join.mark.id);
  }
  auto plan = std::make_shared<PhysicalJoin>(std::move(fields), std::move(schema),
                                             std::move(left.plan), std::move(right.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(layout)};
}

}  // namespace

void RegisterJoin(OperatorRegistry& registry) {
  registry.Add<PhysicalJoin>();
  registry.AddTranslation(LogicalKind::kJoin, TranslateJoin);
}

}  // namespace trivet
