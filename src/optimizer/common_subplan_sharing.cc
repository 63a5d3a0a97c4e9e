// Equal parts of a plan that are worth keeping are computed once, as a common table expression.

#include <algorithm>
#include <unordered_map>

#include "optimizer/cardinality.h"
#include "optimizer/plan_equality.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Keeping a row and reading it again, in rows given by other operators.
constexpr double kKeepCost = 3;

bool HasWork(const LogicalOperator& plan) {
  if (plan.kind() == LogicalKind::kJoin || plan.kind() == LogicalKind::kAggregate) return true;
  return std::ranges::any_of(plan.children(), [](const PlanPtr& child) { return HasWork(*child); });
}

// Rows that the operators of a subtree give in all.
double WorkOf(const LogicalOperator& plan) {
  double rows = plan.estimated_rows.value_or(0);
  if (const auto* scan = As<LogicalScan>(plan)) {
    rows = static_cast<double>(scan->table->statistics().row_count.value_or(0));
  }
  for (const PlanPtr& child : plan.children()) rows += WorkOf(*child);
  return rows;
}

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

  static bool IsCandidate(const LogicalOperator& plan) {
    if (plan.kind() != LogicalKind::kJoin && plan.kind() != LogicalKind::kAggregate &&
        plan.kind() != LogicalKind::kProject && plan.kind() != LogicalKind::kFilter) {
      return false;
    }
    return HasWork(plan) && !plan.Columns().empty();
  }

  void Collect(PlanPtr& plan) {
    ForEachNodeTopDown(plan, [&](PlanPtr& node) {
      if (IsCandidate(*node)) places_[HashOfShape(*node)].push_back(&node);
      return true;
    });
  }

  void Visit(PlanPtr& node);
  // Replaces `first` and all places in `others` by readers of one definition.
  void MakeShared(PlanPtr& first, const std::vector<std::pair<PlanPtr*, PlanMatch>>& others);
  // A place inside of what was replaced is no longer part of the plan.
  bool IsGone(const PlanPtr* place) const { return std::ranges::find(gone_, place) != gone_.end(); }
  void MarkGone(PlanPtr& node) {
    gone_.push_back(&node);
    for (PlanPtr& child : node->children()) MarkGone(child);
  }
  static void Place(PlanPtr& plan, std::unique_ptr<LogicalCte> definition,
                    const std::set<uint32_t>& reads);

  OptimizerContext& context_;
  std::unordered_map<uint64_t, std::vector<PlanPtr*>> places_;  // looked up, never walked
  std::vector<const PlanPtr*> gone_;
  std::vector<PlanPtr> replaced_;  // kept alive: places inside are still compared by address
  std::vector<Definition> definitions_;
};

void SubplanSharing::Visit(PlanPtr& node) {
  if (IsCandidate(*node) && !IsVolatilePlan(*node)) {
    std::vector<std::pair<PlanPtr*, PlanMatch>> others;
    for (PlanPtr* place : places_[HashOfShape(*node)]) {
      if (place == &node || IsGone(place)) continue;
      PlanMatch match;
      if (match.Match(*node, **place)) others.emplace_back(place, std::move(match));
    }
    const double copies = static_cast<double>(others.size());
    const double rows = node->estimated_rows.value_or(0);
    if (!others.empty() && kKeepCost * rows * (copies + 1) < WorkOf(*node) * copies) {
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
    std::erase(gone_, &place);
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
