#include "distributed/distributed_planner.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "distributed/group_reduction.h"
#include "distributed/plan_changes.h"
#include "distributed/requirements.h"
#include "distributed/stage_maker.h"
#include "execution/operators/cte.h"
#include "execution/operators/project.h"

namespace trivet {

namespace {

// Where a written side takes so many times less than what may be broadcast, it is sent with all its
// columns to be looked up in: a stage for its keys alone would cost more.
constexpr double kFewColumns = 4;

class Planner {
 public:
  explicit Planner(const DistributedPlannerOptions& options) : options_(options) {}

  Result<DistributedPlan> Plan(const PhysicalPlan& root) {
    TRIVET_ASSIGN_OR_RETURN(Piece piece, Visit(root));
    stages_.Close(std::move(piece), ExchangeKind::kGather, {}, 1);
    DistributedPlan result = stages_.Take();
    TRIVET_RETURN_IF_ERROR(result.Graph().Validate());
    return result;
  }

 private:
  using Requirement = std::vector<Partitioning>;

  Result<Piece> Visit(const PhysicalPlan& plan);
  Result<Piece> VisitLeaf(const PhysicalPlan& plan);
  Result<Piece> VisitCte(const PhysicalPlan& plan);
  Result<Piece> VisitCteScan(const PhysicalPlan& plan);
  // The children's pieces as they are, under the operator.
  Result<Piece> Stack(const PhysicalPlan& plan, std::vector<Piece> children);
  Result<std::optional<Piece>> InTwoPhases(const PhysicalPlan& plan, Piece& child);
  Result<Piece> Union(const PhysicalPlan& plan, std::vector<Piece> children);

  // Rows that must move so that the children meet the requirement.
  double CostOf(const Requirement& requirement, const std::vector<Piece>& children) const;
  Status Meet(const PhysicalOperator& op, const Requirement& requirement,
              std::vector<Piece>& children);
  Status MeetHash(const PhysicalOperator& op, const Requirement& requirement,
                  std::vector<Piece>& children);
  // Every task that wants the piece's rows makes them itself: cheaper than to send them.
  bool IsReplicable(const Piece& piece) const;
  // A reducer pays where every task can read its right side for itself; it is not worth sending
  // any row.
  bool IsWorthKeeping(const PhysicalJoin& join) const {
    return ScannedBytes(*join.children()[1]) < static_cast<double>(options_.replicate_bytes);
  }
  Result<std::vector<Piece>> VisitChildren(const PhysicalPlan& plan);
  // A join's children, the other one's rows being sent to where those of the shrinking one are.
  Result<std::vector<Piece>> VisitReduced(const PhysicalPlan& plan,
                                          const GroupReduction& reduction);
  // Leaves out the rows on the join's right that have no partner on its left, before they move.
  Status ReduceRight(const PhysicalPlan& plan, std::vector<Piece>& children);
  // The same for either side of any join whose rows are about to be cut by its keys, the other
  // side's being written already.
  Status LeaveBehind(const PhysicalOperator& op, size_t side, std::vector<Piece>& children);

  const DistributedPlannerOptions& options_;
  StageMaker stages_;
  struct Definition {
    StageId stage;
    uint32_t tasks;
    Spread spread;
    std::vector<PhysicalColumn> schema;
    std::optional<double> rows;
  };
  std::map<uint64_t, Definition> definitions_;
  // What semi joins that were put in read on their right, instead of running it again.
  std::map<const PhysicalOperator*, Definition> partners_;
};

Result<Piece> Planner::VisitLeaf(const PhysicalPlan& plan) {
  const OperatorCapabilities capabilities = plan->capabilities();
  Piece piece;
  piece.plan = plan;
  piece.deterministic = capabilities.deterministic;
  piece.repeatable = capabilities.deterministic && capabilities.order_preserving;
  if (capabilities.delivered.kind == PartitioningKind::kAny) {
    piece.tasks = ScanTasks(ScannedRows(*plan), capabilities.delivered.partition_count, options_);
    if (options_.forced_scan_tasks != 0) piece.tasks = options_.forced_scan_tasks;
  }
  piece.spread.push_back(piece.tasks == 1 ? Partitioning::Single()
                                          : Partitioning{PartitioningKind::kAny, piece.tasks, {}});
  return piece;
}

Result<Piece> Planner::VisitCte(const PhysicalPlan& plan) {
  const auto& cte = static_cast<const PhysicalCte&>(*plan);
  TRIVET_ASSIGN_OR_RETURN(Piece definition, Visit(cte.children()[0]));
  Definition known;
  known.tasks = definition.tasks;
  known.spread = definition.spread;
  known.schema = definition.plan->schema();
  known.rows = definition.plan->estimated_rows();
  known.stage = stages_.Close(std::move(definition), ExchangeKind::kForward, {}, 1);
  definitions_[cte.cte_id()] = std::move(known);
  return Visit(cte.children()[1]);
}

Result<Piece> Planner::VisitCteScan(const PhysicalPlan& plan) {
  const auto& scan = static_cast<const PhysicalCteScan&>(*plan);
  const auto found = definitions_.find(scan.cte_id());
  if (found == definitions_.end()) return Status::Internal("a CTE is read before it is defined");
  const Definition& definition = found->second;
  Piece read = stages_.Read(definition.stage, ExchangeKind::kForward, definition.schema,
                            definition.rows, definition.tasks);
  std::vector<ExpressionPtr> columns;
  for (const uint64_t column : scan.columns()) {
    columns.push_back(Expression::Input(static_cast<uint32_t>(column),
                                        definition.schema[column].type,
                                        definition.schema[column].name));
  }
  auto project = std::make_shared<PhysicalProject>(std::move(columns), scan.schema(), read.plan);
  project->set_estimated_rows(scan.estimated_rows());
  read.spread = SpreadThrough(*project, 0, definition.spread);
  read.plan = std::move(project);
  return read;
}

Result<Piece> Planner::Stack(const PhysicalPlan& plan, std::vector<Piece> children) {
  const OperatorCapabilities capabilities = plan->capabilities();
  Piece piece;
  std::vector<PhysicalPlan> inputs;
  piece.deterministic = capabilities.deterministic;
  piece.repeatable = capabilities.deterministic && capabilities.order_preserving;
  for (size_t i = 0; i < children.size(); ++i) {
    Piece& child = children[i];
    const bool broadcast =
        AnySatisfies(child.spread, {PartitioningKind::kBroadcast, std::max(child.tasks, 2u), {}});
    if (!broadcast) {
      piece.tasks = std::max(piece.tasks, child.tasks);
    }
    inputs.push_back(child.plan);
    piece.deterministic &= child.deterministic;
    piece.repeatable &= child.repeatable;
    const bool may_be_dealt_out = MayBeDealtOut(capabilities, i);
    for (Reading& reading : child.readings) {
      reading.may_be_dealt_out &= may_be_dealt_out;
      piece.readings.push_back(std::move(reading));
    }
  }
  piece.repeatable |= piece.deterministic && TellRowsApart(capabilities.range_keys, plan->schema());
  std::shared_ptr<PhysicalOperator> stacked = plan->WithChildren(std::move(inputs));
  for (size_t i = 0; i < children.size(); ++i) {
    for (Partitioning& fact : SpreadThrough(*stacked, i, children[i].spread)) {
      if (fact.kind == PartitioningKind::kBroadcast) continue;
      piece.spread.push_back(std::move(fact));
    }
  }
  if (piece.tasks == 1) piece.spread = {Partitioning::Single()};
  piece.plan = std::move(stacked);
  return piece;
}

Result<Piece> Planner::Union(const PhysicalPlan& plan, std::vector<Piece> children) {
  Piece piece;
  piece.tasks = 0;
  piece.repeatable = true;
  std::vector<PhysicalPlan> inputs;
  for (Piece& child : children) {
    const uint32_t tasks = child.tasks;
    Piece read = stages_.Exchange(std::move(child), ExchangeKind::kForward, {}, tasks);
    read.readings.front().input.task_offset = piece.tasks;
    piece.readings.push_back(std::move(read.readings.front()));
    piece.repeatable &= read.repeatable;
    inputs.push_back(std::move(read.plan));
    piece.tasks += tasks;
  }
  piece.plan = plan->WithChildren(std::move(inputs));
  piece.spread.push_back({PartitioningKind::kAny, piece.tasks, {}});
  return piece;
}

bool Planner::IsReplicable(const Piece& piece) const {
  return piece.readings.empty() && piece.deterministic &&
         ScannedBytes(*piece.plan) < static_cast<double>(options_.replicate_bytes);
}

Status Planner::ReduceRight(const PhysicalPlan& plan, std::vector<Piece>& children) {
  if (plan->name() != "HASH_JOIN" || options_.reduction_factor == 0) return Status::OK();
  const auto& join = static_cast<const PhysicalJoin&>(*plan);
  Piece& left = children[0];
  Piece& right = children[1];
  const double left_rows = EstimatedRows(*left.plan);
  const JoinKind kind = join.fields().kind;
  if ((kind != JoinKind::kSemi && kind != JoinKind::kAnti) || !MayShrink(join, 1) ||
      right.tasks == 1 || IsReplicable(right) ||
      HashPositions(right.spread, Partitioning::Hash(join.fields().right_keys, 0)) ||
      EstimatedBytes(*left.plan) > static_cast<double>(options_.broadcast_bytes) ||
      EstimatedBytes(*right.plan) < static_cast<double>(options_.gather_bytes) ||
      EstimatedRows(*right.plan) < static_cast<double>(options_.reduction_factor) * left_rows) {
    return Status::OK();
  }
  const std::vector<PhysicalColumn> schema = left.plan->schema();
  const std::optional<double> rows = left.plan->estimated_rows();
  const uint32_t tasks = left.tasks;
  Spread spread = std::move(left.spread);
  const StageId stage = stages_.Close(std::move(left), ExchangeKind::kForward, {}, 1);
  std::vector<Piece> inputs;
  inputs.push_back(std::move(right));
  inputs.push_back(stages_.Read(stage, ExchangeKind::kBroadcast, schema, rows, inputs[0].tasks));
  inputs[1].spread = {{PartitioningKind::kBroadcast, inputs[0].tasks, {}}};
  const PhysicalPlan partners =
      PartnersOnly(join, 1, inputs[0].plan, inputs[1].plan, join.fields().left_keys);
  TRIVET_ASSIGN_OR_RETURN(children[1], Stack(partners, std::move(inputs)));
  children[0] = stages_.Read(stage, ExchangeKind::kForward, schema, rows, tasks);
  children[0].spread = std::move(spread);
  return Status::OK();
}

Status Planner::LeaveBehind(const PhysicalOperator& op, size_t side, std::vector<Piece>& children) {
  if (op.name() != "HASH_JOIN" || options_.reduction_factor == 0) return Status::OK();
  const auto& join = static_cast<const PhysicalJoin&>(op);
  const Piece& others = children[1 - side];
  Piece& rows = children[side];
  const bool written = others.readings.size() == 1 &&
                       others.plan == others.readings.front().source &&
                       others.readings.front().input.kind == ExchangeKind::kHash;
  if (!MayShrink(join, side) || !written || rows.tasks == 1) return Status::OK();
  std::vector<ExpressionPtr> keys = side == 0 ? join.fields().right_keys : join.fields().left_keys;
  const double share = EstimatedPartners(join, side) / std::max(1.0, EstimatedRows(*rows.plan));
  const double key_bytes =
      EstimatedRows(*others.plan) * kBytesPerValue * static_cast<double>(keys.size());
  // Rows that move are written and read; keys are, and every task of the rows makes a table of
  // them.
  constexpr double kMove = 3;
  const double saved = kMove * (1 - share) * EstimatedBytes(*rows.plan);
  constexpr double kWorthIt = 0.5;
  if (share > kWorthIt || key_bytes > 2 * static_cast<double>(options_.broadcast_bytes) ||
      EstimatedBytes(*rows.plan) < static_cast<double>(options_.gather_bytes) ||
      saved < kMove * key_bytes * (1 + rows.tasks)) {
    return Status::OK();
  }
  Piece sent = stages_.Send(others, keys, rows.tasks,
                            static_cast<double>(options_.broadcast_bytes) / kFewColumns);
  const PhysicalPlan partners = PartnersOnly(join, side, rows.plan, sent.plan, keys);
  std::vector<Piece> inputs;
  inputs.push_back(std::move(rows));
  inputs.push_back(std::move(sent));
  TRIVET_ASSIGN_OR_RETURN(children[side], Stack(partners, std::move(inputs)));
  return Status::OK();
}

Result<std::vector<Piece>> Planner::VisitReduced(const PhysicalPlan& plan,
                                                 const GroupReduction& reduction) {
  std::vector<Piece> children(2);
  const size_t small = 1 - reduction.side;
  TRIVET_ASSIGN_OR_RETURN(children[small], Visit(plan->children()[small]));
  if (!IsReplicable(children[small])) {
    Definition known;
    known.tasks = children[small].tasks;
    known.spread = std::move(children[small].spread);
    known.schema = children[small].plan->schema();
    known.rows = children[small].plan->estimated_rows();
    known.stage = stages_.Close(std::move(children[small]), ExchangeKind::kForward, {}, 1);
    children[small] =
        stages_.Read(known.stage, ExchangeKind::kForward, known.schema, known.rows, known.tasks);
    children[small].spread = known.spread;
    partners_[reduction.partners.get()] = std::move(known);
  }
  TRIVET_ASSIGN_OR_RETURN(children[reduction.side], Visit(reduction.plan));
  return children;
}

Result<std::vector<Piece>> Planner::VisitChildren(const PhysicalPlan& plan) {
  // A semi join that was put in reads what is known already, and is not changed once more.
  if (plan->name() == "HASH_JOIN" && !partners_.contains(plan.get())) {
    const auto reduction = FindGroupReduction(static_cast<const PhysicalJoin&>(*plan), options_);
    if (reduction) return VisitReduced(plan, *reduction);
  }
  std::vector<Piece> children;
  const auto partners = partners_.find(plan.get());
  for (const PhysicalPlan& child : plan->children()) {
    if (partners != partners_.end() && !children.empty()) {
      const Definition& known = partners->second;
      const uint32_t tasks = children[0].tasks;
      const ExchangeKind kind = tasks == 1 ? ExchangeKind::kGather : ExchangeKind::kBroadcast;
      children.push_back(stages_.Read(known.stage, kind, known.schema, known.rows, tasks));
      children[1].spread = {tasks == 1 ? Partitioning::Single()
                                       : Partitioning{PartitioningKind::kBroadcast, tasks, {}}};
      continue;
    }
    TRIVET_ASSIGN_OR_RETURN(Piece piece, Visit(child));
    children.push_back(std::move(piece));
  }
  return children;
}

double Planner::CostOf(const Requirement& requirement, const std::vector<Piece>& children) const {
  double cost = 0;
  const bool all_single = std::all_of(children.begin(), children.end(),
                                      [](const Piece& child) { return child.tasks == 1; });
  for (size_t i = 0; i < children.size(); ++i) {
    // One task's rows meet those of several others only where they are cut, too.
    const bool must_be_cut =
        requirement[i].kind == PartitioningKind::kHash && children[i].tasks == 1 && !all_single;
    if (!must_be_cut && AnySatisfies(children[i].spread, requirement[i])) continue;
    if (requirement[i].kind == PartitioningKind::kBroadcast && IsReplicable(children[i])) continue;
    const double bytes = EstimatedBytes(*children[i].plan);
    // To write a row costs about twice as much as to read it, and what is moved is lost to the
    // filters that a join's build side gives its probe side's scan.
    constexpr double kWrite = 2;
    if (requirement[i].kind != PartitioningKind::kBroadcast) {
      cost += bytes * (kWrite + 1);
      continue;
    }
    uint32_t readers = 1;
    for (size_t other = 0; other < children.size(); ++other) {
      if (other != i) readers = std::max(readers, children[other].tasks);
    }
    cost += bytes * (kWrite + readers);
    constexpr double kTooLarge = 1e6;  // only where there is no other way
    if (bytes > static_cast<double>(options_.broadcast_bytes)) cost *= kTooLarge;
  }
  return cost;
}

// Brings several inputs together by hash: one that is hashed by some of its keys may stay, if the
// others are then hashed by the matching ones.
Status Planner::MeetHash(const PhysicalOperator& op, const Requirement& requirement,
                         std::vector<Piece>& children) {
  std::vector<size_t> positions;
  uint32_t tasks = options_.partitions;
  double largest = -1;
  for (size_t i = 0; i < children.size(); ++i) {
    const auto found = HashPositions(children[i].spread, requirement[i]);
    if (!found || children[i].tasks == 1 || EstimatedBytes(*children[i].plan) <= largest) continue;
    largest = EstimatedBytes(*children[i].plan);
    positions = *found;
    tasks = children[i].tasks;
  }
  if (largest < 0) {
    for (size_t i = 0; i < requirement.front().keys.size(); ++i) positions.push_back(i);
  }
  // The smallest first, and of two that seem alike the right one: what reads both may then still be
  // changed before the others are written.
  std::vector<size_t> order(children.size());
  std::iota(order.rbegin(), order.rend(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return EstimatedBytes(*children[a].plan) < EstimatedBytes(*children[b].plan);
  });
  for (const size_t i : order) {
    const auto found = HashPositions(children[i].spread, requirement[i]);
    if (found == positions && children[i].tasks == tasks) continue;
    std::vector<ExpressionPtr> keys;
    for (const size_t position : positions) keys.push_back(requirement[i].keys[position]);
    TRIVET_RETURN_IF_ERROR(LeaveBehind(op, i, children));
    children[i] =
        stages_.Exchange(std::move(children[i]), ExchangeKind::kHash, std::move(keys), tasks);
  }
  return Status::OK();
}

Status Planner::Meet(const PhysicalOperator& op, const Requirement& requirement,
                     std::vector<Piece>& children) {
  const bool all_single = std::all_of(children.begin(), children.end(),
                                      [](const Piece& child) { return child.tasks == 1; });
  if (all_single) return Status::OK();
  if (requirement.front().kind == PartitioningKind::kHash) {
    double bytes = 0;
    for (const Piece& child : children) bytes += EstimatedBytes(*child.plan);
    if (bytes >= static_cast<double>(options_.gather_bytes)) {
      return MeetHash(op, requirement, children);
    }
  }
  for (size_t i = 0; i < children.size(); ++i) {
    const bool in_one = requirement[i].kind == PartitioningKind::kSingle ||
                        requirement[i].kind == PartitioningKind::kHash;
    if (in_one && children[i].tasks > 1) {
      children[i] = stages_.Exchange(std::move(children[i]), ExchangeKind::kGather, {}, 1);
    }
  }
  uint32_t tasks = 1;
  for (size_t i = 0; i < children.size(); ++i) {
    if (requirement[i].kind != PartitioningKind::kBroadcast) {
      tasks = std::max(tasks, children[i].tasks);
    }
  }
  for (size_t i = 0; i < children.size(); ++i) {
    if (requirement[i].kind != PartitioningKind::kBroadcast) continue;
    if (tasks == 1 && children[i].tasks == 1) continue;
    if (IsReplicable(children[i])) {
      children[i].plan = ReadingWhole(children[i].plan);
      children[i].tasks = tasks;
      children[i].spread = {tasks == 1 ? Partitioning::Single()
                                       : Partitioning{PartitioningKind::kBroadcast, tasks, {}}};
      continue;
    }
    const ExchangeKind kind = tasks == 1 ? ExchangeKind::kGather : ExchangeKind::kBroadcast;
    children[i] = stages_.Exchange(std::move(children[i]), kind, {}, tasks);
  }
  return Status::OK();
}

// The local phase in the child's stage, the global one behind the exchange that it requires.
Result<std::optional<Piece>> Planner::InTwoPhases(const PhysicalPlan& plan, Piece& child) {
  TRIVET_ASSIGN_OR_RETURN(auto phases, plan->WithChildren({child.plan})->SplitPhases());
  if (!phases) return std::optional<Piece>();
  constexpr double kWorthIt = 0.7;  // rows that the local phase may leave, as a share
  const bool one_task =
      plan->capabilities().required_inputs.front().kind == PartitioningKind::kSingle;
  if (!one_task && EstimatedRows(*plan) > kWorthIt * EstimatedRows(*child.plan))
    return std::optional<Piece>();
  const OperatorCapabilities capabilities = phases->local->capabilities();
  child.deterministic &= capabilities.deterministic;
  child.repeatable &= capabilities.deterministic && capabilities.order_preserving;
  child.spread = {{PartitioningKind::kAny, child.tasks, {}}};
  // Every task may give each group.
  std::shared_ptr<PhysicalOperator> local = phases->local->Copy();
  if (plan->estimated_rows()) {
    local->set_estimated_rows(
        std::min(EstimatedRows(*child.plan), *plan->estimated_rows() * child.tasks));
  }
  child.plan = std::move(local);
  child.row_limit = phases->row_limit;
  TRIVET_ASSIGN_OR_RETURN(PhysicalPlan global, phases->global(child.plan));
  std::vector<Piece> children;
  children.push_back(std::move(child));
  TRIVET_RETURN_IF_ERROR(Meet(*global, global->capabilities().required_inputs, children));
  TRIVET_ASSIGN_OR_RETURN(Piece piece, Stack(global, std::move(children)));
  return std::optional<Piece>(std::move(piece));
}

// The reducer's left side as it is: joins above leave out what the reducer would have.
PhysicalPlan WithoutReducer(const PhysicalJoin& join) {
  std::vector<ExpressionPtr> columns;
  for (const uint64_t column : join.fields().left_output) {
    const PhysicalColumn& input = join.children()[0]->schema()[column];
    columns.push_back(Expression::Input(static_cast<uint32_t>(column), input.type, input.name));
  }
  auto project =
      std::make_shared<PhysicalProject>(std::move(columns), join.schema(), join.children()[0]);
  project->set_estimated_rows(join.children()[0]->estimated_rows());
  project->set_id(join.id());
  return project;
}

Result<Piece> Planner::Visit(const PhysicalPlan& plan) {
  if (plan->name() == "REDUCING_JOIN") {
    const auto& join = static_cast<const PhysicalJoin&>(*plan);
    if (!IsWorthKeeping(join)) return Visit(WithoutReducer(join));
  }
  if (plan->name() == "CTE") return VisitCte(plan);
  if (plan->name() == "CTE_SCAN") return VisitCteScan(plan);
  if (plan->children().empty()) return VisitLeaf(plan);
  TRIVET_ASSIGN_OR_RETURN(std::vector<Piece> children, VisitChildren(plan));
  if (partners_.contains(plan.get())) return Stack(plan, std::move(children));
  TRIVET_RETURN_IF_ERROR(ReduceRight(plan, children));
  const OperatorCapabilities capabilities = plan->capabilities();
  std::vector<Requirement> legal = capabilities.alternative_inputs;
  legal.insert(legal.begin(), capabilities.required_inputs);
  for (Requirement& requirement : legal) requirement.resize(children.size());
  if (children.size() > 1 &&
      std::all_of(legal.front().begin(), legal.front().end(), [](const Partitioning& required) {
        return required.kind == PartitioningKind::kAny;
      })) {
    const bool one_task = std::all_of(children.begin(), children.end(),
                                      [](const Piece& child) { return child.tasks == 1; });
    return one_task ? Stack(plan, std::move(children)) : Union(plan, std::move(children));
  }
  if (children.size() == 1 && !AnySatisfies(children.front().spread, legal.front().front())) {
    TRIVET_ASSIGN_OR_RETURN(auto piece, InTwoPhases(plan, children.front()));
    if (piece) return std::move(*piece);
  }
  if (!capabilities.range_keys.empty() && children.front().tasks > 1 && options_.partitions > 1 &&
      EstimatedBytes(*children.front().plan) >= static_cast<double>(options_.range_sort_bytes)) {
    children.front() = stages_.CutIntoRanges(std::move(children.front()), capabilities.range_keys,
                                             options_.partitions);
    return Stack(plan, std::move(children));
  }
  const auto best = std::min_element(legal.begin(), legal.end(), [&](const auto& a, const auto& b) {
    return CostOf(a, children) < CostOf(b, children);
  });
  TRIVET_RETURN_IF_ERROR(Meet(*plan, *best, children));
  return Stack(plan, std::move(children));
}

void AddNeeds(DistributedPlan& planned) {
  for (PlannedStage& stage : planned.stages) {
    PlanNeeds needs = NeedsOf(*stage.plan);
    stage.stage.requirements = std::move(needs.requirements);
    stage.code = std::move(needs.code);
  }
}

}  // namespace

Result<DistributedPlan> PlanDistributed(const PhysicalPlan& plan,
                                        const DistributedPlannerOptions& options) {
  if (ScannedBytes(*plan) < static_cast<double>(options.single_task_bytes)) {
    DistributedPlan small;
    small.small = true;
    PlannedStage planned;
    planned.plan = std::make_shared<PhysicalExchange>(ExchangeKind::kGather,
                                                      std::vector<ExpressionPtr>{}, 1, plan);
    small.stages.push_back(std::move(planned));
    AddNeeds(small);
    return small;
  }
  TRIVET_ASSIGN_OR_RETURN(DistributedPlan planned, Planner(options).Plan(plan));
  AddNeeds(planned);
  return planned;
}

}  // namespace trivet
