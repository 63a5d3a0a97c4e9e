#include <algorithm>
#include <span>

#include "base/string_concat.h"
#include "expression/rewrite.h"
#include "sql/binder/conversion.h"
#include "sql/binder/table_binder.h"

namespace trivet::binder {

// A join while its condition is bound.
struct TableBinder::JoinParts {
  JoinKind kind;
  PlanPtr left;
  PlanPtr right;
  FromScope scope;   // of both sides
  size_t left_star;  // places of `*` that the left side has
  bool dependent = false;
  std::vector<ExpressionPtr> conditions;
  PendingJoins above;   // subqueries of the condition of an inner join
  PendingJoins inside;  // of another join, speaking of both sides
};

namespace {

JoinKind BoundKind(syntax::JoinKind kind) {
  switch (kind) {
    case syntax::JoinKind::kLeft: return JoinKind::kLeft;
    case syntax::JoinKind::kRight: return JoinKind::kRight;
    case syntax::JoinKind::kFull: return JoinKind::kFull;
    case syntax::JoinKind::kSemi: return JoinKind::kSemi;
    case syntax::JoinKind::kAnti: return JoinKind::kAnti;
    default: return JoinKind::kInner;
  }
}

bool Intersects(const std::set<ColumnId>& a, const std::set<ColumnId>& b) {
  return std::ranges::any_of(a, [&](ColumnId id) { return b.contains(id); });
}

std::string SideNames(std::span<const StarColumn> side) {
  std::string names;
  for (const StarColumn& column : side) {
    names += StrCat(names.empty() ? "" : ", ", column.relation, ".", column.name);
  }
  return names;
}

// The one column of a side that USING names.
Result<size_t> UsingColumn(const syntax::Identifier& name, std::span<const StarColumn> columns,
                           std::string_view side) {
  std::vector<size_t> places;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (syntax::EqualIgnoringCase(columns[i].name, name.text)) places.push_back(i);
  }
  if (places.size() == 1) return places[0];
  if (places.empty()) {
    return Status::InvalidInput(
               StrCat("Column \"", name.text, "\" does not exist on ", side, " side of join!"))
        .WithPosition(name.position);
  }
  return Status::InvalidInput(StrCat("Column name \"", name.text,
                                     "\" is ambiguous: it exists more than "
                                     "once on ",
                                     side, " side of join."))
      .WithPosition(name.position);
}

}  // namespace

Result<BoundTable> TableBinder::BindList(const std::vector<syntax::TableReferencePtr>& list,
                                         QueryLevel* outer) {
  if (list.empty()) {
    auto one_row = std::make_unique<LogicalValues>();
    one_row->rows.emplace_back();
    return BoundTable{std::move(one_row), {}};
  }
  TRIVET_ASSIGN_OR_RETURN(BoundTable bound, Bind(*list[0], outer));
  for (size_t i = 1; i < list.size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(bound,
                            Join(nullptr, JoinKind::kInner, std::move(bound), *list[i], outer));
  }
  return bound;
}

Result<BoundTable> TableBinder::BindJoin(const syntax::JoinTable& join, QueryLevel* outer) {
  if (join.asof) return Unsupported("ASOF JOIN is", join.position);
  if (join.join == syntax::JoinKind::kPositional) {
    return Unsupported("POSITIONAL JOIN is", join.position);
  }
  TRIVET_ASSIGN_OR_RETURN(BoundTable left, Bind(*join.left, outer));
  return Join(&join, BoundKind(join.join), std::move(left), *join.right, outer);
}

Result<BoundTable> TableBinder::Join(const syntax::JoinTable* written, JoinKind kind,
                                     BoundTable left, const syntax::TableReference& right,
                                     QueryLevel* outer) {
  TRIVET_RETURN_IF_ERROR(state_.CountOperator().WithPosition(right.position));
  QueryLevel lateral;
  lateral.outer = outer;
  lateral.from = &left.scope;
  lateral.clause = "FROM clause";
  TRIVET_ASSIGN_OR_RETURN(BoundTable bound, Bind(right, &lateral));
  const std::set<ColumnId> free = FreeColumns(*bound.plan);
  const bool dependent = !free.empty() && Intersects(free, OutputIds(*left.plan));
  if (dependent && kind != JoinKind::kInner && kind != JoinKind::kLeft) {
    return Status::InvalidInput(
               "The combining JOIN type must be INNER or LEFT for a LATERAL reference")
        .WithPosition(right.position);
  }
  const bool left_only = kind == JoinKind::kSemi || kind == JoinKind::kAnti;
  BoundTable joined;
  if (left_only) joined.scope = left.scope;
  const size_t left_star = left.scope.star().size();
  JoinParts parts{kind,
                  std::move(left.plan),
                  std::move(bound.plan),
                  std::move(left.scope),
                  left_star,
                  dependent,
                  {},
                  {},
                  {}};
  parts.scope.Append(std::move(bound.scope));
  if (written != nullptr) TRIVET_RETURN_IF_ERROR(BindCondition(*written, parts, outer));
  joined.plan = parts.inside.empty() ? PlanOf(parts) : PlanWithInside(parts);
  if (!left_only) joined.scope = std::move(parts.scope);
  return joined;
}

PlanPtr TableBinder::PlanOf(JoinParts& parts) {
  const bool filters_above = !parts.above.empty();
  auto node = std::make_unique<LogicalJoin>(
      parts.kind, std::move(parts.left), std::move(parts.right),
      filters_above ? std::vector<ExpressionPtr>{} : parts.conditions);
  node->dependent = parts.dependent;
  if (!filters_above) return node;
  PlanPtr plan = AttachJoins(std::move(node), std::move(parts.above));
  return std::make_unique<LogicalFilter>(std::move(plan), std::move(parts.conditions));
}

// L LEFT JOIN R ON p, where a subquery of p speaks of both sides, is L LEFT JOIN LATERAL (R WHERE
// p); semi and anti joins ask whether that has rows.
PlanPtr TableBinder::PlanWithInside(JoinParts& parts) {
  PlanPtr& outer = parts.kind == JoinKind::kRight ? parts.right : parts.left;
  PlanPtr& inner = parts.kind == JoinKind::kRight ? parts.left : parts.right;
  PlanPtr matches = AttachJoins(std::move(inner), std::move(parts.inside));
  matches = std::make_unique<LogicalFilter>(std::move(matches), std::move(parts.conditions));
  const bool left_only = parts.kind == JoinKind::kSemi || parts.kind == JoinKind::kAnti;
  auto node =
      std::make_unique<LogicalJoin>(left_only ? JoinKind::kMark : JoinKind::kLeft, std::move(outer),
                                    std::move(matches), std::vector<ExpressionPtr>{});
  node->dependent = true;
  if (!left_only) return node;
  node->mark = {state_.ids().Next(), "exists", TypeId::kBoolean};
  ExpressionPtr mark = node->mark.Reference();
  if (parts.kind == JoinKind::kAnti) mark = Expression::Not(std::move(mark));
  return std::make_unique<LogicalFilter>(std::move(node), std::vector{std::move(mark)});
}

Status TableBinder::BindCondition(const syntax::JoinTable& written, JoinParts& parts,
                                  QueryLevel* outer) {
  if (written.natural) {
    std::vector<syntax::Identifier> common;
    const std::span<const StarColumn> star = parts.scope.star();
    for (const StarColumn& column : star.first(parts.left_star)) {
      const auto same_name = [&](const StarColumn& other) {
        return syntax::EqualIgnoringCase(other.name, column.name);
      };
      if (std::ranges::any_of(star.subspan(parts.left_star), same_name)) {
        common.push_back({column.name, written.position});
      }
    }
    if (common.empty()) {
      return Status::InvalidInput(
                 StrCat(
                     "No columns found to join on in NATURAL JOIN.\nUse CROSS JOIN if you intended "
                     "for this to be a cross-product.\n   Left candidates: ",
                     SideNames(star.first(parts.left_star)),
                     "\n   Right candidates: ", SideNames(star.subspan(parts.left_star))))
          .WithPosition(written.position);
    }
    return BindUsing(common, parts);
  }
  if (!written.using_columns.empty()) return BindUsing(written.using_columns, parts);
  if (written.on == nullptr) return Status::OK();
  PendingJoins joins;
  QueryLevel level;
  level.outer = outer;
  level.from = &parts.scope;
  ClauseGuard guard(level, "JOIN condition", AliasRule::kHidden, &joins, false);
  ExpressionBinder binder(state_, queries_, level, ctes_);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr condition, binder.BindCondition(*written.on));
  parts.conditions = SplitConjuncts(condition);
  return PlaceJoins(std::move(joins), written.on->position, parts);
}

// Subqueries of an inner join's condition are joined above it, with the condition as a filter.
// Those of other joins go below, on the side that they speak of, where each speaks of one.
Status TableBinder::PlaceJoins(PendingJoins joins, size_t position, JoinParts& parts) {
  if (parts.kind == JoinKind::kInner) {
    parts.above = std::move(joins);
    return Status::OK();
  }
  const std::set<ColumnId> left = OutputIds(*parts.left);
  const std::set<ColumnId> right = OutputIds(*parts.right);
  std::vector<bool> on_left;
  bool both = false;
  std::set<ColumnId> made_left;  // by subqueries placed on the left
  for (const PendingJoin& join : joins) {
    std::set<ColumnId> used = FreeColumns(*join.plan);
    if (join.comparison != nullptr) CollectColumns(join.comparison, used);
    for (ColumnId id : OutputIds(*join.plan)) used.erase(id);
    const bool uses_left = Intersects(used, left) || Intersects(used, made_left);
    both = both || (uses_left && Intersects(used, right));
    on_left.push_back(uses_left);
    if (!uses_left) continue;
    if (join.kind == JoinKind::kMark) made_left.insert(join.mark.id);
    made_left.merge(OutputIds(*join.plan));
  }
  if (both && parts.kind == JoinKind::kFull) {
    return Unsupported("a subquery that refers to both sides in the condition of a FULL JOIN is",
                       position);
  }
  if (both) {
    parts.inside = std::move(joins);
    return Status::OK();
  }
  for (size_t i = 0; i < joins.size(); ++i) {
    PlanPtr& side = on_left[i] ? parts.left : parts.right;
    PendingJoins one;
    one.push_back(std::move(joins[i]));
    side = AttachJoins(std::move(side), std::move(one));
  }
  return Status::OK();
}

Status TableBinder::BindUsing(const std::vector<syntax::Identifier>& names, JoinParts& parts) {
  for (const syntax::Identifier& name : names) TRIVET_RETURN_IF_ERROR(MergeColumn(name, parts));
  return Status::OK();
}

// Joins on one column of each side and gives both one place in `*`.
Status TableBinder::MergeColumn(const syntax::Identifier& name, JoinParts& parts) {
  auto& star = parts.scope.star();
  const std::span<const StarColumn> columns = star;
  TRIVET_ASSIGN_OR_RETURN(const size_t left_place,
                          UsingColumn(name, columns.first(parts.left_star), "left"));
  TRIVET_ASSIGN_OR_RETURN(const size_t right_place,
                          UsingColumn(name, columns.subspan(parts.left_star), "right"));
  const EvaluationContext* context = state_.input().context;
  const ExpressionPtr left = star[left_place].expression;
  const ExpressionPtr right = star[parts.left_star + right_place].expression;
  Result<ExpressionPtr> equal = MakeComparison(Comparison::kEqual, left, right, context);
  if (!equal.ok()) return std::move(equal).status().WithPosition(name.position);
  parts.conditions.push_back((*equal)->WithPosition(name.position));

  ExpressionPtr merged = parts.kind == JoinKind::kRight ? right : left;
  if (parts.kind == JoinKind::kFull) {
    std::vector<ExpressionPtr> both = {left, right};
    TRIVET_RETURN_IF_ERROR(UnifyTypes(both, true, "USING", context));
    merged = Expression::Coalesce(std::move(both));
  }
  star[left_place].expression = std::move(merged);
  star.erase(star.begin() + static_cast<std::ptrdiff_t>(parts.left_star + right_place));
  return Status::OK();
}

}  // namespace trivet::binder
