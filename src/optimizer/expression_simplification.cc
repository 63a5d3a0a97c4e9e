#include <algorithm>

#include "expression/rewrite.h"
#include "optimizer/expression_rules.h"
#include "optimizer/expression_set.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Rounds over one expression; each makes it smaller or brings it closer to the normal form.
constexpr int kMaxRounds = 8;

ExpressionPtr BooleanConstant(bool value) { return Expression::Constant(Value::Boolean(value)); }

ExpressionPtr NullOf(const LogicalType& type) { return Expression::Constant(Value::Null(type)); }

ExpressionPtr SimplifyNot(const ExpressionPtr& node) {
  const ExpressionPtr& child = node->child(0);
  switch (child->kind()) {
    case ExpressionKind::kNot: return child->child(0);
    case ExpressionKind::kComparison:
      return Expression::Compare(Negate(child->comparison()), child->child(0), child->child(1));
    case ExpressionKind::kIsNull: return Expression::IsNotNull(child->child(0));
    case ExpressionKind::kIsNotNull: return Expression::IsNull(child->child(0));
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr: {  // De Morgan; the order of evaluation stays
      std::vector<ExpressionPtr> negated;
      for (const ExpressionPtr& part : child->children()) {
        negated.push_back(Expression::Not(part));
      }
      return child->kind() == ExpressionKind::kAnd ? Expression::Or(std::move(negated))
                                                   : Expression::And(std::move(negated));
    }
    default: return node;
  }
}

// IS NULL and IS NOT NULL of what is never NULL whatever the columns are.
ExpressionPtr SimplifyNullTest(const ExpressionPtr& node) {
  const ExpressionPtr& child = node->child(0);
  if (!IsMovable(child)) return node;
  const bool tests_null = node->kind() == ExpressionKind::kIsNull;
  const bool never_null = child->kind() == ExpressionKind::kIsNull ||
                          child->kind() == ExpressionKind::kIsNotNull ||
                          (child->IsConstant() && !child->value().is_null());
  if (never_null) return BooleanConstant(!tests_null);
  if (child->kind() == ExpressionKind::kCast && !child->is_try()) {
    return tests_null ? Expression::IsNull(child->child(0))
                      : Expression::IsNotNull(child->child(0));
  }
  return node;
}

ExpressionPtr SimplifyCase(const ExpressionPtr& node) {
  const auto& children = node->children();
  std::vector<ExpressionPtr> kept;
  ExpressionPtr otherwise = children.back();
  for (size_t i = 0; i + 1 < children.size(); i += 2) {
    if (children[i]->IsConstantFalseOrNull()) continue;
    if (children[i]->IsConstantTrue()) {
      otherwise = children[i + 1];
      break;
    }
    kept.push_back(children[i]);
    kept.push_back(children[i + 1]);
  }
  // Branches before ELSE that give what ELSE gives need no test.
  while (kept.size() >= 2 && ExpressionsEqual(kept.back(), otherwise) &&
         IsMovable(kept[kept.size() - 2]) && !otherwise->is_volatile()) {
    kept.resize(kept.size() - 2);
  }
  if (kept.size() + 1 == children.size()) return node;
  kept.push_back(std::move(otherwise));
  return kept.size() == 1 ? kept[0] : Expression::Case(std::move(kept));
}

ExpressionPtr SimplifyCoalesce(const ExpressionPtr& node) {
  std::vector<ExpressionPtr> kept;
  for (const ExpressionPtr& child : node->children()) {
    if (child->IsConstant() && child->value().is_null()) continue;
    const bool repeated =
        !child->is_volatile() && std::ranges::any_of(kept, [&](const ExpressionPtr& other) {
          return ExpressionsEqual(other, child);
        });
    if (!repeated) kept.push_back(child);
    if (child->IsConstant()) break;
  }
  if (kept.size() == node->children().size()) return node;
  return kept.empty() ? NullOf(node->type()) : Expression::Coalesce(std::move(kept));
}

ExpressionPtr SimplifyIn(const ExpressionPtr& node) {
  const auto& children = node->children();
  if (children.size() == 2) {
    return Expression::Compare(Comparison::kEqual, children[0], children[1]);
  }
  if (children[0]->IsConstant() && children[0]->value().is_null() && children.size() > 1 &&
      std::ranges::all_of(children, IsMovable)) {
    return NullOf(TypeId::kBoolean);
  }
  std::vector<ExpressionPtr> kept{children[0]};
  ExpressionSet known;
  for (size_t i = 1; i < children.size(); ++i) {
    if (!children[i]->IsConstant() || known.Insert(children[i]).second) {
      kept.push_back(children[i]);
    }
  }
  return kept.size() == children.size() ? node : Expression::In(std::move(kept));
}

// The operand of LIKE as a plain text, where the pattern has no wildcard.
std::optional<std::string> LiteralPattern(const ExpressionPtr& pattern) {
  if (!pattern->IsConstant() || pattern->value().is_null()) return std::nullopt;
  if (pattern->type().id() != TypeId::kVarchar) return std::nullopt;
  const std::string& text = pattern->value().string();
  if (text.find_first_of("%_\\") != std::string::npos) return std::nullopt;
  return text;
}

ExpressionPtr SimplifyCall(const ExpressionPtr& node) {
  const ScalarFunction& function = *node->function().function;
  const auto& arguments = node->children();
  const bool like = function.name == "~~" || function.name == "like";
  const bool not_like = function.name == "!~~" || function.name == "not_like";
  if ((like || not_like) && arguments.size() == 2 && LiteralPattern(arguments[1])) {
    return Expression::Compare(like ? Comparison::kEqual : Comparison::kNotEqual, arguments[0],
                               arguments[1]);
  }
  const bool null_argument = function.nulls == NullBehaviour::kPropagate &&
                             std::ranges::any_of(arguments, [](const ExpressionPtr& argument) {
                               return argument->IsConstant() && argument->value().is_null();
                             });
  if (null_argument && std::ranges::all_of(arguments, IsMovable) && !node->is_volatile()) {
    return NullOf(node->type());
  }
  return node;
}

ExpressionPtr SimplifyNode(const ExpressionPtr& node, const EvaluationContext& evaluation) {
  switch (node->kind()) {
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr: return SimplifyJunction(node);
    case ExpressionKind::kNot: return SimplifyNot(node);
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull: return SimplifyNullTest(node);
    case ExpressionKind::kCase: return SimplifyCase(node);
    case ExpressionKind::kCoalesce: return SimplifyCoalesce(node);
    case ExpressionKind::kIn: {
      ExpressionPtr in = SimplifyIn(node);
      return in == node ? SimplifyComparison(node, evaluation) : in;
    }
    case ExpressionKind::kComparison: return SimplifyComparison(node, evaluation);
    case ExpressionKind::kCast: return SimplifyCast(node);
    case ExpressionKind::kCall: return SimplifyCall(node);
    case ExpressionKind::kConstant:
    case ExpressionKind::kColumn:
    case ExpressionKind::kInput: return node;
  }
  return node;
}

// Where only TRUE counts: NULL becomes FALSE, and x = x asks for x not to be NULL.
ExpressionPtr RelaxPredicate(const ExpressionPtr& node) {
  if (node->IsConstantFalseOrNull()) return BooleanConstant(false);
  if (node->kind() == ExpressionKind::kComparison && IsMovable(node) &&
      ExpressionsEqual(node->child(0), node->child(1))) {
    switch (node->comparison()) {
      case Comparison::kEqual:
      case Comparison::kLessOrEqual:
      case Comparison::kGreaterOrEqual: return Expression::IsNotNull(node->child(0));
      case Comparison::kNotEqual:
      case Comparison::kLess:
      case Comparison::kGreater: return BooleanConstant(false);
      default: return node;
    }
  }
  if (node->kind() != ExpressionKind::kAnd && node->kind() != ExpressionKind::kOr) return node;
  std::vector<ExpressionPtr> children;
  bool changed = false;
  for (const ExpressionPtr& child : node->children()) {
    children.push_back(RelaxPredicate(child));
    changed |= children.back() != child;
  }
  if (!changed) return node;
  return node->kind() == ExpressionKind::kAnd ? Expression::And(std::move(children))
                                              : Expression::Or(std::move(children));
}

}  // namespace

ExpressionPtr SimplifyExpression(const ExpressionPtr& root, const EvaluationContext& evaluation) {
  ExpressionPtr current = root;
  for (int round = 0; round < kMaxRounds; ++round) {
    ExpressionPtr next = RewriteExpression(
        current, [&](const ExpressionPtr& node) { return SimplifyNode(node, evaluation); });
    if (ExpressionsEqual(next, current)) return next;
    current = std::move(next);
  }
  return current;
}

ExpressionPtr SimplifyPredicate(const ExpressionPtr& root, const EvaluationContext& evaluation) {
  const ExpressionPtr simple = SimplifyExpression(root, evaluation);
  const ExpressionPtr relaxed = RelaxPredicate(simple);
  return relaxed == simple ? simple : SimplifyExpression(relaxed, evaluation);
}

namespace {

// A list of conjuncts as one predicate and back; the list alone where nothing changed.
size_t SimplifyConjuncts(std::vector<ExpressionPtr>& conjuncts,
                         const EvaluationContext& evaluation) {
  if (conjuncts.empty()) return 0;
  const ExpressionPtr whole = Expression::And(conjuncts);
  const ExpressionPtr simple = SimplifyPredicate(whole, evaluation);
  if (ExpressionsEqual(whole, simple)) return 0;
  conjuncts.clear();
  AppendConjuncts(conjuncts, {simple});
  return 1;
}

size_t SimplifyNodeExpressions(LogicalOperator& node, const EvaluationContext& evaluation) {
  size_t changed = 0;
  std::vector<ExpressionPtr>* conjuncts = nullptr;
  if (auto* scan = As<LogicalScan>(node)) conjuncts = &scan->filters;
  if (auto* filter = As<LogicalFilter>(node)) conjuncts = &filter->predicates;
  if (auto* join = As<LogicalJoin>(node)) conjuncts = &join->conditions;
  if (conjuncts != nullptr) changed += SimplifyConjuncts(*conjuncts, evaluation);
  if (auto* aggregate = As<LogicalAggregate>(node)) {
    for (auto& call : aggregate->aggregates) {
      if (!call.filter) continue;
      ExpressionPtr filter = SimplifyPredicate(call.filter, evaluation);
      changed += !ExpressionsEqual(filter, call.filter);
      call.filter = filter->IsConstantTrue() ? nullptr : filter;
    }
  }
  node.ForEachExpression([&](ExpressionPtr& expression) {
    ExpressionPtr simple = SimplifyExpression(expression, evaluation);
    if (ExpressionsEqual(simple, expression)) return;
    expression = std::move(simple);
    ++changed;
  });
  return changed;
}

}  // namespace

Result<size_t> SimplifyExpressions(PlanPtr& plan, OptimizerContext& context) {
  size_t changed = 0;
  ForEachNode(plan, [&](PlanPtr& node) {
    changed += SimplifyNodeExpressions(*node, context.evaluation);
    auto* filter = As<LogicalFilter>(node);
    if (filter == nullptr || !filter->predicates.empty()) return;
    ReplaceByChild(node);
  });
  return changed;
}

}  // namespace trivet
