// AND and OR: constants, repetitions, what all branches of an OR share, and equalities with one
// operand.

#include <algorithm>

#include "expression/rewrite.h"
#include "optimizer/expression_rules.h"
#include "optimizer/expression_set.h"
#include "optimizer/plan_rewrite.h"

namespace trivet {

namespace {

using List = std::vector<ExpressionPtr>;

ExpressionPtr Rebuild(bool conjunction, List list) {
  return conjunction ? Expression::And(std::move(list)) : Expression::Or(std::move(list));
}

// x = 1 and x IN (1, 2) as x and its constants.
struct Alternatives {
  ExpressionPtr operand;
  List constants;
};

std::optional<Alternatives> AsAlternatives(const ExpressionPtr& node) {
  if (!IsMovable(node)) return std::nullopt;
  if (node->kind() == ExpressionKind::kComparison && node->comparison() == Comparison::kEqual &&
      node->child(1)->IsConstant() && node->child(0)->has_columns()) {
    return Alternatives{node->child(0), {node->child(1)}};
  }
  if (node->kind() != ExpressionKind::kIn || !node->child(0)->has_columns()) return std::nullopt;
  List constants(node->children().begin() + 1, node->children().end());
  if (!std::ranges::all_of(constants, [](const ExpressionPtr& e) { return e->IsConstant(); })) {
    return std::nullopt;
  }
  return Alternatives{node->child(0), std::move(constants)};
}

// x = 1 OR x = 2 → x IN (1, 2), in the place of the first.
List MergeAlternatives(const List& branches) {
  struct Merged {
    size_t place;
    List constants;
    ExpressionSet known;
  };
  List merged;
  ExpressionSet operands;
  std::vector<Merged> groups;
  for (const ExpressionPtr& branch : branches) {
    std::optional<Alternatives> mine = AsAlternatives(branch);
    if (!mine) {
      merged.push_back(branch);
      continue;
    }
    const auto [number, added] = operands.Insert(mine->operand);
    if (added) {
      groups.push_back({merged.size(), {}, {}});
      merged.push_back(branch);
    }
    Merged& group = groups[number];
    for (const ExpressionPtr& constant : mine->constants) {
      if (group.known.Insert(constant).second) group.constants.push_back(constant);
    }
  }
  for (Merged& group : groups) {
    if (group.constants.size() < 2) continue;
    List in{AsAlternatives(merged[group.place])->operand};
    in.insert(in.end(), group.constants.begin(), group.constants.end());
    merged[group.place] = Expression::In(std::move(in));
  }
  return merged;
}

// (a AND b) OR (a AND c) → a AND (b OR c): holds in Kleene's logic too.
ExpressionPtr FactorOut(const List& branches) {
  if (!std::ranges::all_of(branches, IsMovable)) return nullptr;
  std::vector<ExpressionSet> sets;
  for (const ExpressionPtr& branch : branches) sets.emplace_back(SplitConjuncts(branch));
  List common;
  for (const ExpressionPtr& part : SplitConjuncts(branches[0])) {
    const bool everywhere =
        std::ranges::all_of(sets, [&](const ExpressionSet& parts) { return parts.Contains(part); });
    if (everywhere) common.push_back(part);
  }
  if (common.empty()) return nullptr;
  const ExpressionSet shared(common);
  List rests;
  for (const ExpressionPtr& branch : branches) {
    List rest;
    for (const ExpressionPtr& part : SplitConjuncts(branch)) {
      if (!shared.Contains(part)) rest.push_back(part);
    }
    if (rest.empty()) return Expression::And(common);  // a OR (a AND b) → a
    rests.push_back(Expression::And(std::move(rest)));
  }
  common.push_back(Expression::Or(std::move(rests)));
  return Expression::And(std::move(common));
}

}  // namespace

ExpressionPtr SimplifyJunction(const ExpressionPtr& node) {
  const bool conjunction = node->kind() == ExpressionKind::kAnd;
  List list;
  ExpressionSet known;
  for (const ExpressionPtr& child : node->children()) {
    const bool is_true = child->IsConstantTrue();
    const bool is_false = child->IsConstant() && !child->value().is_null() && !is_true;
    // What stands behind the deciding constant never runs; what stands ahead need not.
    if (conjunction ? is_false : is_true) return child;
    if (conjunction ? is_true : is_false) continue;
    if (known.Insert(child).second || child->is_volatile()) list.push_back(child);
  }
  if (!conjunction && list.size() > 1) {
    list = MergeAlternatives(list);
    if (list.size() > 1) {
      if (ExpressionPtr factored = FactorOut(list)) return factored;
    }
  }
  const bool same = std::ranges::equal(list, node->children());
  return same ? node : Rebuild(conjunction, std::move(list));
}

}  // namespace trivet
