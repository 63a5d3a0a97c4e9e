// Equal parts of a plan that are worth keeping are computed once, as a common table expression.

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "optimizer/cardinality.h"
#include "optimizer/plan_equality.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Keeping a row and reading it again, in rows given by other operators.
constexpr double kKeepCost = 3;

class SubplanSharing {
 public:
  explicit SubplanSharing(OptimizerContext& context) : context_(context) {}

  size_t Share(PlanPtr& plan) {
    CardinalityEstimator().Estimate(*plan);
    Collect(plan);
    Visit(plan);
    for (auto& [definition, reads] : definitions_) Place(plan, std::move(definition), reads);
    return definitions_.size();
  }

 private:
  using Definition = std::pair<std::unique_ptr<LogicalCte>, std::set<uint32_t>>;

  // What is known of a subtree.
  struct Subtree {
    uint64_t hash = 0;
    double work = 0;        // rows that its operators give in all
    bool has_work = false;  // it joins or groups
    bool is_volatile = false;
  };

  Subtree Collect(PlanPtr& node);
  bool IsCandidate(const LogicalOperator& plan, const Subtree& subtree) const {
    const bool fits = plan.kind() == LogicalKind::kJoin || plan.kind() == LogicalKind::kAggregate ||
                      plan.kind() == LogicalKind::kProject || plan.kind() == LogicalKind::kFilter;
    return fits && subtree.has_work && !subtree.is_volatile && !OutputIds(plan).empty();
  }

  void Visit(PlanPtr& node);
  // Replaces `first` and all places in `others` by readers of one definition.
  void MakeShared(PlanPtr& first, const std::vector<std::pair<PlanPtr*, PlanMatch>>& others);
  // A place inside of what was replaced is no longer part of the plan.
  bool IsGone(const PlanPtr* place) const { return gone_.contains(place); }
  void MarkGone(PlanPtr& node) {
    gone_.insert(&node);
    for (PlanPtr& child : node->children()) MarkGone(child);
  }
  static void Place(PlanPtr& plan, std::unique_ptr<LogicalCte> definition,
                    const std::set<uint32_t>& reads);

  OptimizerContext& context_;
  // Looked up, never walked.
  std::unordered_map<uint64_t, std::vector<PlanPtr*>> places_;
  std::unordered_map<const PlanPtr*, Subtree> subtrees_;
  std::unordered_set<const PlanPtr*> gone_;
  std::vector<PlanPtr> replaced_;  // kept alive: places inside are still compared by address
  std::vector<Definition> definitions_;
};

SubplanSharing::Subtree SubplanSharing::Collect(PlanPtr& node) {
  Subtree subtree;
  subtree.hash = HashOfNode(*node);
  subtree.work = node->estimated_rows.value_or(0);
  subtree.has_work = node->kind() == LogicalKind::kJoin || node->kind() == LogicalKind::kAggregate;
  if (const auto* scan = As<LogicalScan>(node)) {
    subtree.work = static_cast<double>(scan->table->statistics().row_count.value_or(0));
  }
  node->ForEachExpression(
      [&](ExpressionPtr& expression) { subtree.is_volatile |= expression->is_volatile(); });
  for (PlanPtr& child : node->children()) {
    const Subtree below = Collect(child);
    subtree.hash = CombineHash(subtree.hash, below.hash);
    subtree.work += below.work;
    subtree.has_work |= below.has_work;
    subtree.is_volatile |= below.is_volatile;
  }
  if (IsCandidate(*node, subtree)) {
    subtrees_.emplace(&node, subtree);
    places_[subtree.hash].push_back(&node);
  }
  return subtree;
}

void SubplanSharing::Visit(PlanPtr& node) {
  // Equal subplans in great numbers are compared in pairs.
  if (context_.evaluation.cancellation().IsCancelled()) return;
  const auto subtree = subtrees_.find(&node);
  if (subtree != subtrees_.end()) {
    std::vector<std::pair<PlanPtr*, PlanMatch>> others;
    for (PlanPtr* place : places_.at(subtree->second.hash)) {
      if (place == &node || IsGone(place)) continue;
      PlanMatch match;
      if (match.Match(*node, **place)) others.emplace_back(place, std::move(match));
    }
    const double copies = static_cast<double>(others.size());
    const double rows = node->estimated_rows.value_or(0);
    if (!others.empty() && kKeepCost * rows * (copies + 1) < subtree->second.work * copies) {
      return MakeShared(node, others);
    }
  }
  for (PlanPtr& child : node->children()) Visit(child);
}

std::set<uint32_t> CtesReadBy(PlanPtr& plan) {
  std::set<uint32_t> read;
  ForEachNode(plan, [&](PlanPtr& node) {
    if (const auto* scan = As<LogicalCteScan>(node)) read.insert(scan->cte_id);
  });
  return read;
}

void SubplanSharing::MakeShared(PlanPtr& first,
                                const std::vector<std::pair<PlanPtr*, PlanMatch>>& others) {
  const uint32_t id = context_.ids.NextCteId();
  const std::string name = "shared";
  std::vector<std::pair<ColumnId, ColumnId>> mapping;
  PlanPtr copy = CloneWithFreshColumns(*first, context_.ids, mapping);
  const std::map<ColumnId, ColumnId> fresh(mapping.begin(), mapping.end());
  const auto read = [&](PlanPtr& place, const PlanMatch* match) {
    auto scan = std::make_unique<LogicalCteScan>(id, name);
    scan->columns = place->Columns();
    for (const OutputColumn& column : scan->columns) {
      const ColumnId of_first = match != nullptr ? *match->Of(column.id) : column.id;
      scan->definition_columns.push_back(fresh.at(of_first));
    }
    scan->estimated_rows = place->estimated_rows;
    MarkGone(place);
    replaced_.push_back(std::move(place));
    place = std::move(scan);
  };
  for (const auto& [place, match] : others) read(*place, &match);
  read(first, nullptr);
  std::set<uint32_t> reads = CtesReadBy(copy);
  definitions_.emplace_back(std::make_unique<LogicalCte>(id, name, std::move(copy), nullptr),
                            std::move(reads));
}

// Below the definitions that it reads, above everything else.
void SubplanSharing::Place(PlanPtr& plan, std::unique_ptr<LogicalCte> definition,
                           const std::set<uint32_t>& reads) {
  PlanPtr* place = &plan;
  for (PlanPtr* node = &plan; (*node)->kind() == LogicalKind::kCte;
       node = &(*node)->children()[1]) {
    if (reads.contains(As<LogicalCte>(*node)->cte_id)) place = &(*node)->children()[1];
  }
  definition->children().push_back(std::move(*place));
  *place = std::move(definition);
}

}  // namespace

Result<size_t> ShareCommonSubplans(PlanPtr& plan, OptimizerContext& context) {
  return SubplanSharing(context).Share(plan);
}

}  // namespace trivet
