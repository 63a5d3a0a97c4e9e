#include "distributed/distributed_planner.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/string_concat.h"
#include "distributed/exchange.h"
#include "distributed/partitioning_flow.h"
#include "execution/operators/cte.h"
#include "execution/operators/project.h"
#include "execution/operators/scan.h"

namespace trivet {

namespace {

constexpr double kUnknownRows = 1e6;

// Where a piece reads another stage.
struct Reading {
  std::shared_ptr<PhysicalExchangeSource> source;
  StageInput input;
};

// A plan without exchanges inside: the part of a stage made so far.
struct Piece {
  PhysicalPlan plan;
  Spread spread;
  uint32_t tasks = 1;
  std::vector<Reading> readings;
  bool deterministic = true;
};

double RowsOf(const PhysicalOperator& plan) { return plan.estimated_rows().value_or(kUnknownRows); }

double BytesOf(const PhysicalOperator& plan) {
  constexpr double kBytesPerValue = 12;
  return RowsOf(plan) * kBytesPerValue * std::max<double>(1, plan.schema().size());
}

class Planner {
 public:
  explicit Planner(const DistributedPlannerOptions& options) : options_(options) {}

  Result<DistributedPlan> Plan(const PhysicalPlan& root) {
    TRIVET_ASSIGN_OR_RETURN(Piece piece, Visit(root));
    Close(std::move(piece), ExchangeKind::kGather, {}, 1);
    TRIVET_RETURN_IF_ERROR(result_.Graph().Validate());
    return std::move(result_);
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
  void Meet(const Requirement& requirement, std::vector<Piece>& children);
  void MeetHash(const Requirement& requirement, std::vector<Piece>& children);

  StageId Close(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys,
                uint32_t partitions);
  Piece Read(StageId producer, ExchangeKind kind, const std::vector<PhysicalColumn>& schema,
             std::optional<double> rows, uint32_t tasks);
  // Closes the piece and reads it through an exchange.
  Piece Exchange(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys, uint32_t tasks);

  const DistributedPlannerOptions& options_;
  DistributedPlan result_;
  struct Definition {
    StageId stage;
    uint32_t tasks;
    Spread spread;
    std::vector<PhysicalColumn> schema;
    std::optional<double> rows;
  };
  std::map<uint64_t, Definition> definitions_;
};

StageId Planner::Close(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys,
                       uint32_t partitions) {
  PlannedStage planned;
  planned.stage.id = static_cast<StageId>(result_.stages.size());
  planned.stage.task_count = piece.tasks;
  planned.stage.output_partitions = partitions;
  planned.stage.indeterminate = !piece.deterministic || kind == ExchangeKind::kRoundRobin;
  for (size_t i = 0; i < piece.readings.size(); ++i) {
    piece.readings[i].source->set_input(i);
    planned.stage.inputs.push_back(piece.readings[i].input);
  }
  auto root =
      std::make_shared<PhysicalExchange>(kind, std::move(keys), partitions, std::move(piece.plan));
  root->set_estimated_rows(root->children().front()->estimated_rows());
  planned.plan = std::move(root);
  result_.stages.push_back(std::move(planned));
  return result_.stages.back().stage.id;
}

Piece Planner::Read(StageId producer, ExchangeKind kind, const std::vector<PhysicalColumn>& schema,
                    std::optional<double> rows, uint32_t tasks) {
  auto source = std::make_shared<PhysicalExchangeSource>(kind, schema);
  source->set_estimated_rows(rows);
  Piece piece;
  piece.plan = source;
  piece.tasks = tasks;
  piece.readings.push_back({std::move(source), {producer, kind, 0}});
  return piece;
}

Piece Planner::Exchange(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys,
                        uint32_t tasks) {
  const std::vector<PhysicalColumn> schema = piece.plan->schema();
  const std::optional<double> rows = piece.plan->estimated_rows();
  const bool cut = kind == ExchangeKind::kHash;
  const StageId producer = Close(std::move(piece), kind, keys, cut ? tasks : 1);
  Piece read = Read(producer, kind, schema, rows, tasks);
  if (kind == ExchangeKind::kGather || tasks == 1) read.spread.push_back(Partitioning::Single());
  if (cut) read.spread.push_back(Partitioning::Hash(std::move(keys), tasks));
  if (kind == ExchangeKind::kBroadcast) {
    read.spread.push_back({PartitioningKind::kBroadcast, tasks, {}});
  }
  return read;
}

Result<Piece> Planner::VisitLeaf(const PhysicalPlan& plan) {
  const OperatorCapabilities capabilities = plan->capabilities();
  Piece piece;
  piece.plan = plan;
  piece.deterministic = capabilities.deterministic;
  if (capabilities.delivered.kind == PartitioningKind::kAny && !result_.small) {
    const double rows = RowsOf(*plan);
    const auto by_rows = static_cast<uint64_t>(rows / static_cast<double>(std::max<uint64_t>(
                                                          1, options_.scan_task_rows))) +
                         1;
    piece.tasks = static_cast<uint32_t>(
        std::max<uint64_t>(1, std::min<uint64_t>({capabilities.delivered.partition_count,
                                                  options_.scan_tasks, by_rows})));
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
  known.stage = Close(std::move(definition), ExchangeKind::kForward, {}, 1);
  definitions_[cte.cte_id()] = std::move(known);
  return Visit(cte.children()[1]);
}

Result<Piece> Planner::VisitCteScan(const PhysicalPlan& plan) {
  const auto& scan = static_cast<const PhysicalCteScan&>(*plan);
  const auto found = definitions_.find(scan.cte_id());
  if (found == definitions_.end()) return Status::Internal("a CTE is read before it is defined");
  const Definition& definition = found->second;
  Piece read = Read(definition.stage, ExchangeKind::kForward, definition.schema, definition.rows,
                    definition.tasks);
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
  Piece piece;
  std::vector<PhysicalPlan> inputs;
  piece.deterministic = plan->capabilities().deterministic;
  for (size_t i = 0; i < children.size(); ++i) {
    Piece& child = children[i];
    const bool broadcast =
        AnySatisfies(child.spread, {PartitioningKind::kBroadcast, std::max(child.tasks, 2u), {}});
    if (!broadcast) {
      piece.tasks = std::max(piece.tasks, child.tasks);
    }
    inputs.push_back(child.plan);
    piece.deterministic &= child.deterministic;
    std::move(child.readings.begin(), child.readings.end(), std::back_inserter(piece.readings));
  }
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
  std::vector<PhysicalPlan> inputs;
  for (Piece& child : children) {
    const uint32_t tasks = child.tasks;
    Piece read = Exchange(std::move(child), ExchangeKind::kForward, {}, tasks);
    read.readings.front().input.task_offset = piece.tasks;
    piece.readings.push_back(std::move(read.readings.front()));
    inputs.push_back(std::move(read.plan));
    piece.tasks += tasks;
  }
  piece.plan = plan->WithChildren(std::move(inputs));
  piece.spread.push_back({PartitioningKind::kAny, piece.tasks, {}});
  return piece;
}

double Planner::CostOf(const Requirement& requirement, const std::vector<Piece>& children) const {
  double cost = 0;
  for (size_t i = 0; i < children.size(); ++i) {
    if (AnySatisfies(children[i].spread, requirement[i])) continue;
    const double bytes = BytesOf(*children[i].plan);
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
void Planner::MeetHash(const Requirement& requirement, std::vector<Piece>& children) {
  std::vector<size_t> positions;
  uint32_t tasks = options_.partitions;
  double largest = -1;
  for (size_t i = 0; i < children.size(); ++i) {
    const auto found = HashPositions(children[i].spread, requirement[i]);
    if (!found || children[i].tasks == 1 || BytesOf(*children[i].plan) <= largest) continue;
    largest = BytesOf(*children[i].plan);
    positions = *found;
    tasks = children[i].tasks;
  }
  if (largest < 0) {
    for (size_t i = 0; i < requirement.front().keys.size(); ++i) positions.push_back(i);
  }
  for (size_t i = 0; i < children.size(); ++i) {
    const auto found = HashPositions(children[i].spread, requirement[i]);
    if (found == positions && children[i].tasks == tasks) continue;
    std::vector<ExpressionPtr> keys;
    for (const size_t position : positions) keys.push_back(requirement[i].keys[position]);
    children[i] = Exchange(std::move(children[i]), ExchangeKind::kHash, std::move(keys), tasks);
  }
}

void Planner::Meet(const Requirement& requirement, std::vector<Piece>& children) {
  const bool all_single = std::all_of(children.begin(), children.end(),
                                      [](const Piece& child) { return child.tasks == 1; });
  if (all_single) return;
  if (requirement.front().kind == PartitioningKind::kHash) {
    MeetHash(requirement, children);
    return;
  }
  for (size_t i = 0; i < children.size(); ++i) {
    if (requirement[i].kind == PartitioningKind::kSingle && children[i].tasks > 1) {
      children[i] = Exchange(std::move(children[i]), ExchangeKind::kGather, {}, 1);
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
    const ExchangeKind kind = tasks == 1 ? ExchangeKind::kGather : ExchangeKind::kBroadcast;
    children[i] = Exchange(std::move(children[i]), kind, {}, tasks);
  }
}

// The local phase in the child's stage, the global one behind the exchange that it requires.
Result<std::optional<Piece>> Planner::InTwoPhases(const PhysicalPlan& plan, Piece& child) {
  TRIVET_ASSIGN_OR_RETURN(auto phases, plan->WithChildren({child.plan})->SplitPhases());
  if (!phases) return std::optional<Piece>();
  constexpr double kWorthIt = 0.7;  // rows that the local phase may leave, as a share
  const bool one_task =
      plan->capabilities().required_inputs.front().kind == PartitioningKind::kSingle;
  if (!one_task && RowsOf(*plan) > kWorthIt * RowsOf(*child.plan)) return std::optional<Piece>();
  child.deterministic &= plan->capabilities().deterministic;
  child.spread = {{PartitioningKind::kAny, child.tasks, {}}};
  child.plan = std::move(phases->local);
  TRIVET_ASSIGN_OR_RETURN(PhysicalPlan global, phases->global(child.plan));
  std::vector<Piece> children;
  children.push_back(std::move(child));
  Meet(global->capabilities().required_inputs, children);
  TRIVET_ASSIGN_OR_RETURN(Piece piece, Stack(global, std::move(children)));
  return std::optional<Piece>(std::move(piece));
}

Result<Piece> Planner::Visit(const PhysicalPlan& plan) {
  if (plan->name() == "CTE") return VisitCte(plan);
  if (plan->name() == "CTE_SCAN") return VisitCteScan(plan);
  if (plan->children().empty()) return VisitLeaf(plan);
  std::vector<Piece> children;
  for (const PhysicalPlan& child : plan->children()) {
    TRIVET_ASSIGN_OR_RETURN(Piece piece, Visit(child));
    children.push_back(std::move(piece));
  }
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
  const auto best = std::min_element(legal.begin(), legal.end(), [&](const auto& a, const auto& b) {
    return CostOf(a, children) < CostOf(b, children);
  });
  Meet(*best, children);
  return Stack(plan, std::move(children));
}

// Bytes that the scans below read, by estimate.
double ScannedBytes(const PhysicalOperator& plan) {
  if (plan.children().empty()) {
    const auto* scan = plan.name() == "SCAN" ? static_cast<const PhysicalScan*>(&plan) : nullptr;
    if (scan == nullptr) return BytesOf(plan);
    const auto rows = scan->table().statistics().row_count;
    constexpr double kBytesPerValue = 12;
    return static_cast<double>(rows.value_or(static_cast<uint64_t>(kUnknownRows))) *
           kBytesPerValue * std::max<double>(1, scan->schema().size());
  }
  double bytes = 0;
  for (const PhysicalPlan& child : plan.children()) bytes += ScannedBytes(*child);
  return bytes;
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
    return small;
  }
  return Planner(options).Plan(plan);
}

}  // namespace trivet
