#include "coordinator/simulation/plan.h"

#include <utility>

#include "base/hash.h"

namespace trivet {

namespace {

// Grows a graph from scans to one last stage.
class PlanBuilder {
 public:
  explicit PlanBuilder(SimulationRandom& random) : random_(random) {}

  SimulatedPlan Build() {
    for (uint64_t scans = random_.Between(1, 3); scans > 0; --scans) AddScan();
    while (open_.size() > 1 || (plan_.graph.stages.size() < 5 && random_.Chance(600))) {
      if (open_.size() > 1) {
        AddBinary();
      } else {
        AddUnary();
      }
    }
    Stage& result = plan_.graph.stages.back();
    result.repeatable_rows = random_.Chance(700);
    if (random_.Chance(60)) result.requirements.operators = {"custom"};
    CountTokens();
    return std::move(plan_);
  }

 private:
  Stage& Add(uint32_t tasks) {
    Stage& stage = plan_.graph.stages.emplace_back();
    stage.id = static_cast<StageId>(plan_.graph.stages.size() - 1);
    stage.task_count = tasks;
    stage.indeterminate = random_.Chance(120);
    open_.push_back(stage.id);
    plan_.counted.emplace_back();
    return stage;
  }

  void AddScan() { Add(static_cast<uint32_t>(random_.Between(1, 5))); }

  StageId TakeOpen() {
    const size_t i = random_.Between(0, open_.size() - 1);
    const StageId id = open_[i];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
    return id;
  }

  void Read(StageId reader, StageId producer, ExchangeKind kind, bool counts) {
    StageInput input;
    input.producer = producer;
    input.kind = kind;
    plan_.graph.stages[reader].inputs.push_back(input);
    plan_.counted[reader].push_back(counts);
  }

  void AddUnary() {
    const StageId from = TakeOpen();
    switch (random_.Between(0, 4)) {
      case 0: return AddShuffle(from, ExchangeKind::kHash);
      case 1: return AddShuffle(from, ExchangeKind::kRoundRobin);
      case 2: return AddGather(from);
      case 3: return AddSort(from);
      default: {
        Stage& stage = Add(plan_.graph.stages[from].task_count);
        Read(stage.id, from, ExchangeKind::kForward, true);
      }
    }
  }

  void AddShuffle(StageId from, ExchangeKind kind) {
    const auto partitions = static_cast<uint32_t>(random_.Between(2, 6));
    plan_.graph.stages[from].output_partitions = partitions;
    const StageId id = Add(partitions).id;
    Read(id, from, kind, true);
    plan_.graph.stages[id].inputs[0].splittable = random_.Chance(400);
  }

  void AddGather(StageId from) {
    if (random_.Chance(300)) {
      plan_.graph.stages[from].row_limit = random_.Between(1, 60);
      plan_.limited = true;
    }
    const StageId id = Add(1).id;
    Read(id, from, ExchangeKind::kGather, true);
  }

  // Sample, cut by ranges, sort each.
  void AddSort(StageId from) {
    plan_.graph.stages[from].samples_keys = true;
    const auto partitions = static_cast<uint32_t>(random_.Between(2, 5));
    const StageId cut = Add(plan_.graph.stages[from].task_count).id;
    open_.pop_back();
    plan_.graph.stages[cut].output_partitions = partitions;
    plan_.graph.stages[cut].bounds_from = from;
    Read(cut, from, ExchangeKind::kForward, true);
    const StageId sorted = Add(partitions).id;
    Read(sorted, cut, ExchangeKind::kRange, true);
  }

  void AddBinary() {
    const StageId left = TakeOpen();
    const StageId right = TakeOpen();
    switch (random_.Between(0, 2)) {
      case 0: return AddHashJoin(left, right);
      case 1: {  // broadcast join
        const auto partitions = static_cast<uint32_t>(random_.Between(2, 5));
        plan_.graph.stages[left].output_partitions = partitions;
        const StageId id = Add(partitions).id;
        Read(id, left, ExchangeKind::kHash, true);
        Read(id, right, ExchangeKind::kBroadcast, false);
        return;
      }
      default: {  // union
        const uint32_t first = plan_.graph.stages[left].task_count;
        const StageId id = Add(first + plan_.graph.stages[right].task_count).id;
        Read(id, left, ExchangeKind::kForward, true);
        Read(id, right, ExchangeKind::kForward, true);
        plan_.graph.stages[id].inputs[1].task_offset = first;
      }
    }
  }

  void AddHashJoin(StageId probe, StageId build) {
    const auto partitions = static_cast<uint32_t>(random_.Between(2, 6));
    plan_.graph.stages[probe].output_partitions = partitions;
    plan_.graph.stages[build].output_partitions = partitions;
    const StageId id = Add(partitions).id;
    Read(id, probe, ExchangeKind::kHash, true);
    Read(id, build, ExchangeKind::kHash, false);
    plan_.graph.stages[id].inputs[0].splittable = true;
    plan_.graph.stages[id].inputs[1].may_broadcast = true;
    if (build < probe && random_.Chance(500)) plan_.graph.stages[probe].start_after = {build};
  }

  void CountTokens() {
    const uint64_t scales[] = {1, 1ULL << 20, 16ULL << 20};
    plan_.bytes_per_token = scales[random_.Between(0, 2)];
    std::vector<uint64_t> tokens(plan_.graph.stages.size(), 0);
    for (const Stage& stage : plan_.graph.stages) {
      for (uint32_t task = 0; stage.inputs.empty() && task < stage.task_count; ++task) {
        tokens[stage.id] += ScanTokens(plan_, stage.id, task);
      }
      for (size_t i = 0; i < stage.inputs.size(); ++i) {
        if (plan_.counted[stage.id][i]) tokens[stage.id] += tokens[stage.inputs[i].producer];
      }
    }
    plan_.expected_tokens = tokens.back();
  }

  SimulationRandom& random_;
  SimulatedPlan plan_;
  std::vector<StageId> open_;  // stages that nobody reads yet
};

}  // namespace

SimulatedPlan RandomPlan(SimulationRandom& random) { return PlanBuilder(random).Build(); }

uint64_t ScanTokens(const SimulatedPlan& plan, StageId stage, uint32_t task) {
  return HashInt64(plan.bytes_per_token * 1000003 + stage * 1009 + task) % 40;
}

std::vector<uint64_t> LayTokens(const SimulatedPlan& plan, const AttemptId& attempt,
                                uint64_t tokens, uint32_t partitions) {
  std::vector<uint64_t> laid(partitions, 0);
  const TaskId& task = attempt.task;
  const bool indeterminate = plan.graph.stages[task.stage].indeterminate;
  if (indeterminate || task.stage % 3 == 2) {  // all in one place: skewed
    laid[(task.partition + (indeterminate ? attempt.attempt * 7 : 0)) % partitions] = tokens;
    return laid;
  }
  for (uint32_t p = 0; p < partitions; ++p) {
    laid[p] = tokens / partitions + (p < tokens % partitions ? 1 : 0);
  }
  return laid;
}

}  // namespace trivet
