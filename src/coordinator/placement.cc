#include "coordinator/placement.h"

#include <algorithm>
#include <map>
#include <vector>

#include "coordinator/capabilities.h"
#include "coordinator/health.h"

namespace trivet {

uint32_t SlotLimit(const CoordinatorOptions& options, const WorkerState& worker) {
  const uint32_t limit = options.max_concurrent_tasks_per_worker;
  return limit == 0 ? worker.slots : std::min(limit, worker.slots);
}

namespace {

// Bytes of the task's forwarded and gathered inputs by worker. Inputs that are cut lie everywhere.
std::map<std::string, uint64_t> LocalBytes(const QueryState& query, TaskId task) {
  std::map<std::string, uint64_t> bytes;
  const Stage& stage = query.graph.stages[task.stage];
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    const StageInput& input = stage.inputs[i];
    if (input.kind != ExchangeKind::kForward && input.kind != ExchangeKind::kGather) continue;
    const InputSlice& slice = query.stages[task.stage].layout[task.partition][i];
    for (uint32_t map = slice.map_begin; map < slice.map_end; ++map) {
      const TaskState& producer = query.stages[input.producer].tasks[map];
      bytes[producer.worker.name] += producer.bytes;
    }
  }
  return bytes;
}

struct Candidate {
  WorkerState* worker = nullptr;
  uint64_t local_bytes = 0;
  uint32_t limit = 0;
  size_t rank = 0;  // breaks ties, differently from task to task
};

bool IsBetter(const Candidate& a, const Candidate& b) {
  if (a.local_bytes != b.local_bytes) return a.local_bytes > b.local_bytes;
  const uint64_t load_a = uint64_t{a.worker->occupied_slots()} * b.limit;
  const uint64_t load_b = uint64_t{b.worker->occupied_slots()} * a.limit;
  if (load_a != load_b) return load_a < load_b;
  return a.rank < b.rank;
}

// The workers that the query may use for the stage. Where blacklists leave none of the capable
// ones, these are lifted: a query never waits for nobody.
std::vector<WorkerState*> HealthyWorkers(Turn& turn, QueryState& query, const Stage& stage) {
  std::vector<WorkerState*> capable;
  std::vector<WorkerState*> healthy;
  for (auto& [name, worker] : turn.state.workers) {
    if (!worker.live || !IsCapable(worker, stage.requirements)) continue;
    capable.push_back(&worker);
    if (!IsBlacklisted(worker, &query)) healthy.push_back(&worker);
  }
  if (!healthy.empty()) return healthy;
  for (WorkerState* worker : capable) Readmit(turn, *worker, query);
  return capable;
}

}  // namespace

WorkerState* PlaceTask(Turn& turn, QueryState& query, TaskId task) {
  const Stage& stage = query.graph.stages[task.stage];
  std::vector<WorkerState*> workers = HealthyWorkers(turn, query, stage);
  std::erase_if(workers, [&](const WorkerState* worker) { return !IsResponsive(turn, *worker); });
  const std::string& avoid = query.stages[task.stage].tasks[task.partition].avoid;
  const bool can_avoid =
      std::any_of(workers.begin(), workers.end(),
                  [&](const WorkerState* worker) { return worker->worker.name != avoid; });
  const std::map<std::string, uint64_t> local = LocalBytes(query, task);
  std::optional<Candidate> best;
  for (size_t i = 0; i < workers.size(); ++i) {
    WorkerState* worker = workers[i];
    if (can_avoid && worker->worker.name == avoid) continue;
    Candidate candidate{worker, 0, SlotLimit(turn.options, *worker),
                        (i + task.query + task.partition) % workers.size()};
    if (worker->occupied_slots() >= candidate.limit) continue;
    const auto found = local.find(worker->worker.name);
    if (found != local.end()) candidate.local_bytes = found->second;
    if (!best || IsBetter(candidate, *best)) best = candidate;
  }
  return best ? best->worker : nullptr;
}

}  // namespace trivet
