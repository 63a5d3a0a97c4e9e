// AND and OR: constants, repetitions, what all branches of an OR share, and equalities with one
// operand.

#include <algorithm>

#include "expression/rewrite.h"
#include "optimizer/expression_rules.h"
#include "optimizer/plan_rewrite.h"

namespace trivet {

namespace {

using List = std::vector<ExpressionPtr>;

bool Has(const List& list, const ExpressionPtr& expression) {
  return std::ranges::any_of(
      list, [&](const ExpressionPtr& other) { return ExpressionsEqual(other, expression); });
}

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
  List merged;
  std::vector<std::optional<Alternatives>> parsed;
  for (const ExpressionPtr& branch : branches) {
    std::optional<Alternatives> mine = AsAlternatives(branch);
    size_t place = merged.size();
    for (size_t i = 0; mine && i < merged.size(); ++i) {
      if (parsed[i] && ExpressionsEqual(parsed[i]->operand, mine->operand)) place = i;
    }
    if (place == merged.size()) {
      merged.push_back(branch);
      parsed.push_back(std::move(mine));
      continue;
    }
    for (const ExpressionPtr& constant : mine->constants) {
      if (!Has(parsed[place]->constants, constant)) parsed[place]->constants.push_back(constant);
    }
    List in{parsed[place]->operand};
    in.insert(in.end(), parsed[place]->constants.begin(), parsed[place]->constants.end());
    merged[place] = in.size() == 2 ? merged[place] : Expression::In(std::move(in));
  }
  return merged;
}

// (a AND b) OR (a AND c) → a AND (b OR c): holds in Kleene's logic too.
ExpressionPtr FactorOut(const List& branches) {
  if (!std::ranges::all_of(branches, IsMovable)) return nullptr;
  List common;
  for (const ExpressionPtr& part : SplitConjuncts(branches[0])) {
    const bool everywhere = std::ranges::all_of(
        branches, [&](const ExpressionPtr& branch) { return Has(SplitConjuncts(branch), part); });
    if (everywhere) common.push_back(part);
  }
  if (common.empty()) return nullptr;
  List rests;
  for (const ExpressionPtr& branch : branches) {
    List rest;
    for (const ExpressionPtr& part : SplitConjuncts(branch)) {
      if (!Has(common, part)) rest.push_back(part);
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
  for (const ExpressionPtr& child : node->children()) {
    const bool is_true = child->IsConstantTrue();
    const bool is_false = child->IsConstant() && !child->value().is_null() && !is_true;
    // What stands behind the deciding constant never runs; what stands ahead need not.
    if (conjunction ? is_false : is_true) return child;
    if (conjunction ? is_true : is_false) continue;
    if (!child->is_volatile() && Has(list, child)) continue;
    list.push_back(child);
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
