#include "distributed/stage_maker.h"

#include <algorithm>
#include <utility>

#include "execution/operators/project.h"

namespace trivet {

namespace {

bool IsCut(const StageInput& input) { return input.kind == ExchangeKind::kHash; }

// True where the piece gives what another stage gives, task by task, and no less.
bool IsCopy(const Piece& piece) {
  if (piece.readings.size() != 1 || piece.row_limit > 0) return false;
  const Reading& reading = piece.readings.front();
  return piece.plan == reading.source && reading.input.kind == ExchangeKind::kForward &&
         reading.input.task_offset == 0;
}

}  // namespace

double EstimatedRows(const PhysicalOperator& plan) {
  return plan.estimated_rows().value_or(kUnknownRows);
}

double EstimatedBytes(const PhysicalOperator& plan) {
  return EstimatedRows(plan) * kBytesPerValue * std::max<double>(1, plan.schema().size());
}

// What the coordinator may change when it knows sizes: a large partition of rows that may be dealt
// out is shared by several tasks; a join's side is broadcast after all if the other side may be
// dealt out, for which that one must not have been written yet.
void StageMaker::MarkAdaptable(Stage& stage, const std::vector<Reading>& readings) {
  // One task may read tables, too, and of these every further task would read another part.
  if (stage.task_count == 1) return;
  std::vector<size_t> cut;
  for (size_t i = 0; i < readings.size(); ++i) {
    if (IsCut(stage.inputs[i])) cut.push_back(i);
    stage.inputs[i].splittable = IsCut(stage.inputs[i]) && readings[i].may_be_dealt_out;
  }
  const bool forwards =
      std::any_of(stage.inputs.begin(), stage.inputs.end(),
                  [](const StageInput& input) { return input.kind == ExchangeKind::kForward; });
  if (cut.size() != 2 || forwards) return;
  for (const size_t small : cut) {
    const size_t large = small == cut[0] ? cut[1] : cut[0];
    const StageId before = stage.inputs[small].producer;
    const StageId after = stage.inputs[large].producer;
    // MeetHash closes the smaller side first.
    if (before >= after || !readings[large].may_be_dealt_out) continue;
    stage.inputs[small].may_broadcast = true;
    result_.stages[after].stage.start_after.push_back(before);
  }
}

StageId StageMaker::Close(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys,
                          uint32_t partitions, RangeKeys range) {
  PlannedStage planned;
  Stage& stage = planned.stage;
  stage.id = static_cast<StageId>(result_.stages.size());
  stage.task_count = piece.tasks;
  stage.output_partitions = partitions;
  stage.indeterminate = !piece.deterministic || kind == ExchangeKind::kRoundRobin;
  stage.repeatable_rows = piece.repeatable;
  // Values are narrower than their estimate, and may be compressed.
  constexpr double kOnDisk = 1.0 / 2;
  stage.estimated_bytes =
      static_cast<uint64_t>(std::min(EstimatedBytes(*piece.plan) * kOnDisk, 1e18));
  if (kind == ExchangeKind::kGather) stage.row_limit = piece.row_limit;
  for (size_t i = 0; i < piece.readings.size(); ++i) {
    piece.readings[i].source->set_input(i);
    stage.inputs.push_back(piece.readings[i].input);
  }
  MarkAdaptable(stage, piece.readings);
  auto root =
      std::make_shared<PhysicalExchange>(kind, std::move(keys), partitions, std::move(piece.plan));
  root->set_estimated_rows(root->children().front()->estimated_rows());
  root->set_range(std::move(range));
  planned.plan = std::move(root);
  result_.stages.push_back(std::move(planned));
  return result_.stages.back().stage.id;
}

Piece StageMaker::Read(StageId producer, ExchangeKind kind,
                       const std::vector<PhysicalColumn>& schema, std::optional<double> rows,
                       uint32_t tasks) {
  auto source = std::make_shared<PhysicalExchangeSource>(kind, schema);
  source->set_estimated_rows(rows);
  Piece piece;
  piece.plan = source;
  piece.tasks = tasks;
  piece.repeatable = result_.stages[producer].stage.repeatable_rows;
  piece.readings.push_back({std::move(source), {producer, kind, 0}});
  return piece;
}

Piece StageMaker::Exchange(Piece piece, ExchangeKind kind, std::vector<ExpressionPtr> keys,
                           uint32_t tasks) {
  const std::vector<PhysicalColumn> schema = piece.plan->schema();
  const std::optional<double> rows = piece.plan->estimated_rows();
  const bool cut = kind == ExchangeKind::kHash;
  const StageId producer = !cut && IsCopy(piece)
                               ? piece.readings.front().input.producer
                               : Close(std::move(piece), kind, keys, cut ? tasks : 1);
  Piece read = Read(producer, kind, schema, rows, tasks);
  if (kind == ExchangeKind::kGather || tasks == 1) read.spread.push_back(Partitioning::Single());
  if (cut) read.spread.push_back(Partitioning::Hash(std::move(keys), tasks));
  if (kind == ExchangeKind::kBroadcast) {
    read.spread.push_back({PartitioningKind::kBroadcast, tasks, {}});
  }
  return read;
}

Piece StageMaker::Send(const Piece& written, std::vector<ExpressionPtr>& keys, uint32_t tasks,
                       double most_bytes) {
  const StageId producer = written.readings.front().input.producer;
  const std::vector<PhysicalColumn>& schema = written.plan->schema();
  const std::optional<double> rows = written.plan->estimated_rows();
  if (EstimatedBytes(*written.plan) <= most_bytes) {
    Piece sent = Read(producer, ExchangeKind::kBroadcast, schema, rows, tasks);
    sent.spread = {{PartitioningKind::kBroadcast, tasks, {}}};
    return sent;
  }
  Piece cut = Read(producer, ExchangeKind::kHash, schema, rows, written.tasks);
  std::vector<PhysicalColumn> columns;
  std::vector<ExpressionPtr> expressions = keys;
  for (size_t i = 0; i < keys.size(); ++i) {
    columns.push_back({keys[i]->ToString(), keys[i]->type()});
    keys[i] = Expression::Input(static_cast<uint32_t>(i), columns[i].type, columns[i].name);
  }
  auto project =
      std::make_shared<PhysicalProject>(std::move(expressions), std::move(columns), cut.plan);
  project->set_estimated_rows(rows);
  cut.plan = std::move(project);
  return Exchange(std::move(cut), ExchangeKind::kBroadcast, {}, tasks);
}

Piece StageMaker::CutIntoRanges(Piece piece, const std::vector<SortKey>& keys, uint32_t tasks) {
  const std::vector<PhysicalColumn> schema = piece.plan->schema();
  const std::optional<double> rows = piece.plan->estimated_rows();
  const RangeKeys range{keys, piece.repeatable};
  const uint32_t producers = piece.tasks;
  const StageId sampled = Close(std::move(piece), ExchangeKind::kForward, {}, 1, range);
  result_.stages[sampled].stage.samples_keys = true;
  Piece copied = Read(sampled, ExchangeKind::kForward, schema, rows, producers);
  const StageId cut = Close(std::move(copied), ExchangeKind::kRange, {}, tasks, range);
  result_.stages[cut].stage.bounds_from = sampled;
  Piece read = Read(cut, ExchangeKind::kRange, schema, rows, tasks);
  read.spread.push_back({PartitioningKind::kAny, tasks, {}});
  return read;
}

}  // namespace trivet
