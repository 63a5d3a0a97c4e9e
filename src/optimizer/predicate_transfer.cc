// Reduces inputs of joins by the keys of other inputs that they are joined with only later (Y. Yang
// et al., "Predicate Transfer: Efficient Pre-Filtering on Multi-Join Queries", CIDR 2024; J. Zhao
// et al., "Debunking the Myth of Join Ordering", SIGMOD 2025).
//
// A finished build side tells its keys to the scans of its probe side, so predicates travel from
// build sides to probe sides for free. They do not travel back: a relation that is built before the
// relations that would leave few of its rows are even read is read, decoded and put into a table
// as a whole. Such a relation is joined here with a copy of what would reduce it: the keys of a
// relation with a column of the same class of equal columns, behind its filters and semi-joined
// with its own reduced neighbours. The copy is built first, and the scan hears of its keys.
//
// A reducer is implied by the joins above it: every row that it leaves out would find no partner
// there. It is marked as one, so that whoever runs it may do without.

#include <algorithm>
#include <array>

#include "optimizer/join_graph.h"
#include "optimizer/reduction.h"
#include "optimizer/rules.h"
#include "optimizer/table_sampler.h"

namespace trivet {

namespace {

// Smaller regions have no relations but neighbours.
constexpr size_t kLeastRelations = 4;
// Relations that a reducer holds one below the other.
constexpr int kMostDepth = 3;
// Reducers that are weighed in one region, before those found so far must do.
constexpr size_t kMostTrials = 1'000;
constexpr size_t kMostReducers = 8;  // in one region

// Costs, in units of what it takes to decode a value. Estimates err: what is gained must exceed
// what is paid by kLeastGain, and by enough for anybody to notice.
constexpr double kBuildCost = 8;  // of a row put into a table
constexpr double kProbeCost = 3;  // of a row looked up
constexpr double kAskCost = 0.5;  // of a row that its scan asks a filter about
constexpr double kLeastGain = 2;
constexpr double kLeastRowsLeftOut = 10'000;
constexpr double kMostKept = 0.5;       // of the rows, by a reducer
constexpr double kMostKeptBelow = 0.8;  // by a reducer within another

// One input of a region: no join, or one that must stay as it is.
struct Relation {
  PlanPtr* place = nullptr;
  RowEstimate estimate;
  double rows = 0;  // that reach the first join, behind the filters that scans are told
  // What joins do to a row of it, at least.
  double row_cost = 0;
  RelationSet reached_by = 0;              // relations whose predicates reduce it already
  std::map<size_t, OutputColumn> members;  // by class of equal columns, its first column of it
  size_t column_count = 0;
  bool can_be_reduced = false;
  const LogicalScan* copied_scan = nullptr;  // where it is a table behind predicates
};

// A relation, reduced by neighbours of its own, as what another one is reduced by.
struct Reducer {
  size_t relation = 0;
  size_t key_class = 0;
  RowEstimate estimate;
  double cost = 0;
  RelationSet relations = 0;
  std::vector<Reducer> neighbours;
};

// A region of joins whose conditions cannot fail. What is on a side whose rows do not decide which
// rows the region has (the right one of a left join) is not part of it.
class Region {
 public:
  Region(CardinalityEstimator& estimator, OptimizerContext& context)
      : estimator_(estimator), context_(context), at_any_cost_(context.transfers_at_any_cost) {}

  // Which sides of the join decide, with it, which rows there are; none of other operators, nor
  // where the join must see all its rows.
  static std::array<bool, 2> SidesOf(const LogicalOperator& node);
  static bool IsPartOf(const LogicalOperator& node) {
    const std::array<bool, 2> sides = SidesOf(node);
    return sides[0] || sides[1];
  }

  // Puts reducers in; gives their number.
  Result<size_t> Run(PlanPtr& root);

 private:
  void Collect(PlanPtr& node);
  void AddRelation(PlanPtr& node);
  void FindClasses();
  // Follows what scans are told, as the run will: build sides first.
  struct Flow {
    RowEstimate estimate;
    RelationSet relations = 0;
  };
  Flow Follow(PlanPtr& node, double cost_above);
  void Tell(const LogicalJoin& join, const Flow& build);
  Flow OfRelation(PlanPtr& node, double cost_above);

  bool Pays(const Relation& reduced, double kept, double cost) const;
  double Gain(const Relation& reduced, double kept) const;
  // The share of the relation's rows that have a key among the reducer's.
  double KeptBy(const Relation& relation, const Reducer& reducer) const;
  std::optional<Reducer> Weigh(size_t relation, size_t key_class, RelationSet others, double most,
                               int depth);
  void AddNeighbours(Reducer& reducer, RelationSet others, double most, int depth);
  struct Choice {
    size_t relation = 0;
    Reducer reducer;
    double kept = 1;
    double gain = 0;
  };
  std::optional<Choice> BestFor(size_t relation);
  Status Reduce(const Choice& choice);
  PlanPtr Copy(const Reducer& reducer, OutputColumn& key);
  PlanPtr CopyOfTable(const Relation& relation, std::map<size_t, OutputColumn>& members) const;
  PlanPtr PartnersOf(PlanPtr plan, const OutputColumn& key, PlanPtr keys,
                     const OutputColumn& other) const;

  CardinalityEstimator& estimator_;
  OptimizerContext& context_;
  const bool at_any_cost_;
  std::vector<Relation> relations_;
  std::map<ColumnId, size_t> owners_;                // of columns: relations
  std::map<const LogicalOperator*, size_t> places_;  // looked up, never walked
  std::vector<std::pair<OutputColumn, OutputColumn>> equalities_;
  std::vector<RelationSet> classes_;
  size_t trials_ = 0;
};

std::array<bool, 2> Region::SidesOf(const LogicalOperator& node) {
  const auto* join = As<LogicalJoin>(node);
  if (join == nullptr || join->dependent) return {false, false};
  bool movable = true;
  const_cast<LogicalJoin*>(join)->ForEachExpression(
      [&](ExpressionPtr& expression) { movable &= IsMovable(expression); });
  if (!movable) return {false, false};
  switch (join->join) {
    case JoinKind::kInner:
    case JoinKind::kSemi: return {true, true};
    case JoinKind::kLeft:
    case JoinKind::kAnti:
    case JoinKind::kMark: return {true, false};
    case JoinKind::kRight: return {false, true};
    // A row of a single join may fail; one of a full join is there whatever its partners.
    case JoinKind::kSingle:
    case JoinKind::kFull: return {false, false};
  }
  return {false, false};
}

void Region::AddRelation(PlanPtr& node) {
  const size_t number = relations_.size();
  Relation& relation = relations_.emplace_back();
  relation.place = &node;
  for (const OutputColumn& column : node->Columns()) owners_.emplace(column.id, number);
  relation.column_count = node->Columns().size();
  relation.can_be_reduced = CanBeReduced(*node);
  if (relation.can_be_reduced) relation.copied_scan = TableBehind(*node);
  places_[node.get()] = number;
}

void Region::Collect(PlanPtr& node) {
  const std::array<bool, 2> sides = SidesOf(*node);
  if (!sides[0] && !sides[1]) return AddRelation(node);
  auto& join = *As<LogicalJoin>(node);
  for (size_t side = 0; side < 2; ++side) {
    if (sides[side]) Collect(join.children()[side]);
  }
  if (!sides[0] || !sides[1]) return;
  for (const ExpressionPtr& condition : join.conditions) {
    if (condition->kind() != ExpressionKind::kComparison ||
        condition->comparison() != Comparison::kEqual) {
      continue;
    }
    const ExpressionPtr& a = condition->child(0);
    const ExpressionPtr& b = condition->child(1);
    if (!a->IsColumn() || !b->IsColumn() || a->type() != b->type() || a->type().IsNested()) {
      continue;
    }
    equalities_.emplace_back(OutputColumn{a->column(), a->name(), a->type()},
                             OutputColumn{b->column(), b->name(), b->type()});
  }
}

void Region::FindClasses() {
  std::map<ColumnId, ColumnId> parent;
  const auto root = [&](ColumnId id) {
    while (parent.try_emplace(id, id).first->second != id) id = parent[id];
    return id;
  };
  for (const auto& [a, b] : equalities_) {
    const ColumnId x = root(a.id);
    const ColumnId y = root(b.id);
    parent[std::max(x, y)] = std::min(x, y);
  }
  std::map<ColumnId, size_t> numbers;
  for (const auto& [a, b] : equalities_) {
    const size_t number = numbers.try_emplace(root(a.id), numbers.size()).first->second;
    classes_.resize(numbers.size());
    for (const OutputColumn& column : {a, b}) {
      const auto owner = owners_.find(column.id);
      if (owner == owners_.end()) continue;
      relations_[owner->second].members.emplace(number, column);
      classes_[number] |= SetOf(owner->second);
    }
  }
}

// The scans that the join's keys reach, and what they leave of their rows.
void Region::Tell(const LogicalJoin& join, const Flow& build) {
  RelationSet told = build.relations;
  for (size_t i = 0; i < relations_.size(); ++i) {
    if (Overlap(build.relations, SetOf(i))) told |= relations_[i].reached_by;
  }
  std::map<size_t, std::vector<ExpressionPtr>> conditions;
  for (const ExpressionPtr& condition : join.conditions) {
    if (condition->kind() != ExpressionKind::kComparison ||
        condition->comparison() != Comparison::kEqual) {
      continue;
    }
    for (size_t i = 0; i < 2; ++i) {
      if (!condition->child(i)->IsColumn()) continue;
      const auto owner = owners_.find(condition->child(i)->column());
      if (owner == owners_.end() || Overlap(build.relations, SetOf(owner->second))) continue;
      conditions[owner->second].push_back(condition);
    }
  }
  for (const auto& [number, list] : conditions) {
    Relation& relation = relations_[number];
    const JoinShares shares = SharesOf(relation.estimate, build.estimate, list);
    if (!shares.has_keys) continue;
    relation.rows = std::min(relation.rows,
                             JoinRows(JoinKind::kSemi, shares, relation.rows, build.estimate.rows));
    relation.reached_by |= told & ~SetOf(number);
  }
}

Region::Flow Region::OfRelation(PlanPtr& node, double cost_above) {
  const size_t number = places_.at(node.get());
  Relation& relation = relations_[number];
  relation.row_cost = static_cast<double>(relation.column_count) + cost_above;
  return {relation.estimate, SetOf(number)};
}

Region::Flow Region::Follow(PlanPtr& node, double cost_above) {
  const std::array<bool, 2> sides = SidesOf(*node);
  if (!sides[0] && !sides[1]) return OfRelation(node, cost_above);
  auto& join = *As<LogicalJoin>(node);
  // As PhysicalJoin does it: the right side is built, of semi joins the smaller one.
  const size_t build =
      join.join == JoinKind::kSemi && join.child(0).estimated_rows < join.child(1).estimated_rows
          ? 0
          : 1;
  RelationSet relations = 0;
  for (const size_t side : {build, 1 - build}) {
    if (!sides[side]) continue;
    Flow flow = Follow(join.children()[side], side == build ? kBuildCost : cost_above + kProbeCost);
    if (side == build && sides[1 - side]) Tell(join, flow);
    relations |= flow.relations;
    estimator_.Remember(join.child(side), std::move(flow.estimate));
  }
  return {estimator_.Estimate(*node), relations};
}

double Region::KeptBy(const Relation& relation, const Reducer& reducer) const {
  const OutputColumn& own = relation.members.at(reducer.key_class);
  const OutputColumn& other = relations_[reducer.relation].members.at(reducer.key_class);
  const JoinShares shares =
      SharesOf(relation.estimate, reducer.estimate,
               {Expression::Compare(Comparison::kEqual, own.Reference(), other.Reference())});
  const double rows = std::max(relation.estimate.rows, 1.0);
  return std::min(1.0, JoinRows(JoinKind::kSemi, shares, rows, reducer.estimate.rows) / rows);
}

double Region::Gain(const Relation& reduced, double kept) const {
  return reduced.rows * ((1 - kept) * reduced.row_cost - kept * kProbeCost) -
         reduced.estimate.base_rows * kAskCost;
}

bool Region::Pays(const Relation& reduced, double kept, double cost) const {
  if (at_any_cost_) return true;
  return kept <= kMostKept && reduced.rows * (1 - kept) >= kLeastRowsLeftOut &&
         Gain(reduced, kept) >= kLeastGain * cost;
}

// Of relations in the reducer's other classes, those whose keys leave so few of its rows that they
// are worth their cost.
void Region::AddNeighbours(Reducer& reducer, RelationSet others, double most, int depth) {
  const Relation& relation = relations_[reducer.relation];
  for (const auto& [number, member] : relation.members) {
    if (number == reducer.key_class) continue;
    std::optional<Reducer> best;
    double best_kept = at_any_cost_ ? 1 : kMostKeptBelow;
    for (size_t i = 0; i < relations_.size(); ++i) {
      if (!Overlap(classes_[number], SetOf(i) & others)) continue;
      std::optional<Reducer> neighbour = Weigh(i, number, others, most / 2, depth - 1);
      if (!neighbour) continue;
      const double kept = KeptBy(relation, *neighbour);
      if (kept > best_kept || (best && kept == best_kept)) continue;
      best_kept = kept;
      best = std::move(neighbour);
    }
    if (!best) continue;
    reducer.estimate.rows *= best_kept;
    reducer.cost += best->cost;
    reducer.relations |= best->relations;
    others &= ~best->relations;
    reducer.neighbours.push_back(std::move(*best));
  }
}

// The relation and those of `others` that reduce it, as keys of the class; none where that costs
// more than `most`.
std::optional<Reducer> Region::Weigh(size_t number, size_t key_class, RelationSet others,
                                     double most, int depth) {
  const Relation& relation = relations_[number];
  if (relation.copied_scan == nullptr || depth == 0 || ++trials_ > kMostTrials) return std::nullopt;
  Reducer reducer;
  reducer.relation = number;
  reducer.key_class = key_class;
  reducer.relations = SetOf(number);
  reducer.estimate = relation.estimate;
  ColumnSet columns{relation.members.at(key_class).id};
  for (const ExpressionPtr& filter : relation.copied_scan->filters) CollectColumns(filter, columns);
  const double scan_cost = relation.estimate.base_rows * static_cast<double>(columns.size());
  if (scan_cost > most && !at_any_cost_) return std::nullopt;
  AddNeighbours(reducer, others & ~SetOf(number), most - scan_cost, depth);
  reducer.cost += scan_cost + reducer.estimate.rows * kBuildCost;
  if (reducer.cost > most && !at_any_cost_) return std::nullopt;
  return reducer;
}

std::optional<Region::Choice> Region::BestFor(size_t number) {
  const Relation& relation = relations_[number];
  if (!relation.can_be_reduced) return std::nullopt;
  const double most = Gain(relation, 0) / kLeastGain;
  if (!at_any_cost_ && (relation.rows < kLeastRowsLeftOut || most <= 0)) return std::nullopt;
  std::optional<Choice> best;
  for (const auto& [key_class, member] : relation.members) {
    const RelationSet others = classes_[key_class] & ~(relation.reached_by | SetOf(number));
    for (size_t i = 0; i < relations_.size(); ++i) {
      if (!Overlap(others, SetOf(i))) continue;
      const RelationSet below = ~(relation.reached_by | SetOf(number));
      std::optional<Reducer> reducer = Weigh(i, key_class, below, most, kMostDepth);
      if (!reducer) continue;
      const double kept = KeptBy(relation, *reducer);
      if (!Pays(relation, kept, reducer->cost)) continue;
      const double gain = Gain(relation, kept) - reducer->cost;
      if (best && gain <= best->gain) continue;
      best = Choice{number, std::move(*reducer), kept, gain};
    }
  }
  return best;
}

// A relation's table once more, with columns of its own.
PlanPtr Region::CopyOfTable(const Relation& relation,
                            std::map<size_t, OutputColumn>& members) const {
  const LogicalOperator* plan = relation.place->get();
  // Reducers of its own stand above it.
  while (const auto* join = As<LogicalJoin>(*plan)) plan = &join->child(0);
  std::vector<std::pair<ColumnId, ColumnId>> fresh;
  PlanPtr copy = CloneWithFreshColumns(*plan, context_.ids, fresh);
  const std::map<ColumnId, ColumnId> renamed(fresh.begin(), fresh.end());
  for (const auto& [number, column] : relation.members) {
    members[number] = {renamed.at(column.id), column.name, column.type};
  }
  return copy;
}

PlanPtr Region::PartnersOf(PlanPtr plan, const OutputColumn& key, PlanPtr keys,
                           const OutputColumn& other) const {
  const std::vector<ExpressionPtr> conditions{
      Expression::Compare(Comparison::kEqual, key.Reference(), other.Reference())};
  auto join =
      std::make_unique<LogicalJoin>(JoinKind::kSemi, std::move(plan), std::move(keys), conditions);
  join->reducer = true;
  return join;
}

PlanPtr Region::Copy(const Reducer& reducer, OutputColumn& key) {
  std::map<size_t, OutputColumn> members;
  PlanPtr plan = CopyOfTable(relations_[reducer.relation], members);
  for (const Reducer& neighbour : reducer.neighbours) {
    OutputColumn other;
    PlanPtr keys = Copy(neighbour, other);
    plan = PartnersOf(std::move(plan), members.at(neighbour.key_class), std::move(keys), other);
  }
  key = members.at(reducer.key_class);
  return plan;
}

Status Region::Reduce(const Choice& choice) {
  Relation& relation = relations_[choice.relation];
  OutputColumn key;
  PlanPtr keys = Copy(choice.reducer, key);
  // Only the key is read.
  std::optional<std::set<ColumnId>> required{{key.id}};
  std::swap(required, context_.required_columns);
  Result<size_t> pruned = PruneColumns(keys, context_);
  std::swap(required, context_.required_columns);
  if (!pruned.ok()) return std::move(pruned).status();
  const OutputColumn& own = relation.members.at(choice.reducer.key_class);
  *relation.place = PartnersOf(std::move(*relation.place), own, std::move(keys), key);
  relation.rows *= choice.kept;
  // Where its keys go, those of the reducer are known as well.
  for (Relation& other : relations_) {
    if (Overlap(other.reached_by, SetOf(choice.relation))) {
      other.reached_by |= choice.reducer.relations;
    }
  }
  relation.reached_by |= choice.reducer.relations;
  return Status::OK();
}

Result<size_t> Region::Run(PlanPtr& root) {
  Collect(root);
  if (relations_.size() < kLeastRelations || relations_.size() > kMaxRelations) return size_t{0};
  FindClasses();
  for (Relation& relation : relations_) {
    relation.estimate = estimator_.Estimate(**relation.place);
    relation.rows = relation.estimate.rows;
  }
  Follow(root, 0);
  size_t reducers = 0;
  while (reducers < kMostReducers) {
    std::optional<Choice> best;
    for (size_t i = 0; i < relations_.size(); ++i) {
      std::optional<Choice> choice = BestFor(i);
      if (choice && (!best || choice->gain > best->gain)) best = std::move(choice);
    }
    if (!best) break;
    TRIVET_RETURN_IF_ERROR(Reduce(*best));
    ++reducers;
  }
  return reducers;
}

// Regions from the root down; what is no part of one has regions of its own.
class Transfer {
 public:
  explicit Transfer(OptimizerContext& context)
      : context_(context), estimator_(context.sampler.get()) {}

  Status Visit(PlanPtr& node) {
    if (auto* cte = As<LogicalCte>(node)) {
      TRIVET_RETURN_IF_ERROR(Visit(cte->children()[0]));
      estimator_.Define(*cte);
      return Visit(cte->children()[1]);
    }
    std::vector<PlanPtr*> ends;
    FindEnds(node, ends);
    for (PlanPtr* end : ends) TRIVET_RETURN_IF_ERROR(Visit(*end));
    if (!Region::IsPartOf(*node)) return Status::OK();
    TRIVET_ASSIGN_OR_RETURN(const size_t reducers, Region(estimator_, context_).Run(node));
    reducers_ += reducers;
    return Status::OK();
  }
  size_t reducers() const { return reducers_; }

 private:
  // What stands directly below the region that begins here: children of its relations, and sides
  // that are no part of it.
  static void FindEnds(PlanPtr& node, std::vector<PlanPtr*>& ends) {
    const std::array<bool, 2> sides = Region::SidesOf(*node);
    for (size_t i = 0; i < node->children().size(); ++i) {
      PlanPtr& child = node->children()[i];
      const bool goes_on = (sides[0] || sides[1]) && sides[i];
      if (goes_on) {
        FindEnds(child, ends);
      } else {
        ends.push_back(&child);
      }
    }
  }

  OptimizerContext& context_;
  CardinalityEstimator estimator_;
  size_t reducers_ = 0;
};

}  // namespace

Result<size_t> TransferPredicates(PlanPtr& plan, OptimizerContext& context) {
  Transfer transfer(context);
  TRIVET_RETURN_IF_ERROR(transfer.Visit(plan));
  return transfer.reducers();
}

}  // namespace trivet
