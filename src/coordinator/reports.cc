#include "coordinator/reports.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "coordinator/attempts.h"
#include "coordinator/health.h"
#include "coordinator/lost_outputs.h"
#include "coordinator/workers.h"

namespace trivet {

namespace {

// True if the attempt was only to be stopped, and now has been.
bool NoteStopped(Turn& turn, const AttemptId& attempt, const WorkerIncarnation& worker) {
  WorkerState* live = turn.FindLive(worker);
  if (live == nullptr || live->cancelling.erase(attempt) == 0) return false;
  turn.changed = true;
  turn.actions.push_back(CancelAttempt{attempt, worker, "the attempt does not count"});
  return true;
}

DeliverResult DeliveryOf(const CoordinatorState& state, const QueryState& query,
                         uint32_t partition) {
  const Stage& stage = query.graph.result_stage();
  const TaskState& task = query.stages.back().tasks[partition];
  const auto worker = state.workers.find(task.worker.name);
  DeliverResult deliver;
  deliver.query = query.id;
  deliver.partition = partition;
  deliver.partition_count = stage.task_count;
  deliver.attempt = task.launches;
  deliver.location = {task.worker,
                      worker == state.workers.end() ? std::string() : worker->second.address};
  deliver.rows = task.rows;
  deliver.bytes = task.bytes;
  deliver.resumable = stage.repeatable_rows && !stage.indeterminate;
  return deliver;
}

void Deliver(Turn& turn, QueryState& query, uint32_t partition) {
  TaskState& task = query.result_state().tasks[partition];
  task.delivered = task.launches;
  turn.actions.push_back(DeliveryOf(turn.state, query, partition));
}

// Adds the sizes of a task that reports for the first time. A task that runs again adds nothing:
// what it writes is the same, and a stage of which that cannot be said starts over with empty sums.
void Measure(StageState& stage, TaskState& task, const TaskFinished& event) {
  if (task.measured) return;
  task.measured = true;
  stage.partitions.resize(event.partitions.size());
  for (size_t i = 0; i < event.partitions.size(); ++i) {
    stage.partitions[i].rows += event.partitions[i].rows;
    stage.partitions[i].bytes += event.partitions[i].bytes;
  }
}

void KeepReport(const Turn& turn, TaskState& task, const TaskFinished& event) {
  task.took = turn.now() - task.started_at;
  task.rows = 0;
  task.bytes = 0;
  for (const PartitionSize& size : event.partitions) {
    task.rows += size.rows;
    task.bytes += size.bytes;
  }
  task.rows_read = event.rows_read;
  task.bytes_read = event.bytes_read;
  task.spilled_bytes = event.spilled_bytes;
  task.peak_memory_bytes = event.peak_memory_bytes;
  task.key_samples = event.key_samples;
  task.metrics = event.metrics;
}

}  // namespace

void HandleFinished(Turn& turn, const TaskFinished& event) {
  NoteWord(turn, event.worker);
  if (NoteStopped(turn, event.attempt, event.worker)) return;
  const TaskId id = event.attempt.task;
  QueryState& query = *turn.FindQuery(id.query);
  const Stage& stage = query.graph.stages[id.stage];
  StageState& stage_state = query.stages[id.stage];
  TaskState& task = stage_state.tasks[id.partition];
  ReleaseAttempt(turn, query, id);
  if (event.partitions.size() != stage.output_partitions) {
    SetOutcome(
        turn, query,
        Status::Internal(StrCat("worker ", ToString(event.worker), " reports ",
                                event.partitions.size(), " partitions of ", ToString(event.attempt),
                                ", which has ", stage.output_partitions)));
    return;
  }
  NoteSuccess(turn, event.worker.name, query);
  task.phase = TaskPhase::kFinished;
  task.worker = event.worker;
  task.lost = false;
  KeepReport(turn, task, event);
  Measure(stage_state, task, event);
  stage_state.last_finish = turn.now();
  if (id.stage == query.graph.result_stage().id && !task.consumed) {
    Deliver(turn, query, id.partition);
  }
}

void HandleFailed(Turn& turn, const TaskFailed& event) {
  NoteWord(turn, event.worker);
  if (NoteStopped(turn, event.attempt, event.worker)) return;
  const TaskId id = event.attempt.task;
  QueryState& query = *turn.FindQuery(id.query);
  ReleaseAttempt(turn, query, id);
  if (!IsRetriable(event.status.code())) {
    // What the user did wrong goes to the user as the worker said it.
    SetOutcome(turn, query,
               event.status.ok()
                   ? Status::Internal(StrCat("worker ", ToString(event.worker), " reports that ",
                                             ToString(event.attempt), " failed, but not why"))
                   : event.status);
    return;
  }
  query.stages[id.stage].tasks[id.partition].avoid = event.worker.name;
  RetryAfterFailure(turn, query, id, event.status);
  NoteFailure(turn, event.worker.name, &query, event.status.message());
}

void HandleFetchFailed(Turn& turn, const FetchFailed& event) {
  NoteWord(turn, event.worker);
  if (NoteStopped(turn, event.attempt, event.worker)) return;
  HandleFetchFailure(turn, *turn.FindQuery(event.attempt.task.query), event);
}

void HandleResultConsumed(Turn& turn, const ResultConsumed& event) {
  QueryState& query = *turn.FindQuery(event.query);
  TaskState& task = query.result_state().tasks[event.partition];
  task.consumed = true;
  turn.changed = true;
}

void HandleResultFetchFailed(Turn& turn, const ResultFetchFailed& event) {
  HandleResultFetchFailure(turn, *turn.FindQuery(event.query), event);
}

std::vector<ResultOutput> OutputsOf(const CoordinatorState& state, const QueryState& query) {
  std::vector<ResultOutput> outputs(query.graph.result_stage().task_count);
  for (uint32_t partition = 0; partition < outputs.size(); ++partition) {
    const TaskState& task = query.stages.back().tasks[partition];
    outputs[partition].consumed = task.consumed;
    outputs[partition].finished = task.phase == TaskPhase::kFinished;
    if (outputs[partition].finished) {
      outputs[partition].delivery = DeliveryOf(state, query, partition);
    }
  }
  return outputs;
}

void OfferResultsAgain(Turn& turn) {
  for (auto& [id, query] : turn.state.queries) {
    if (!query.admitted || query.outcome) continue;
    for (uint32_t partition = 0; partition < query.graph.result_stage().task_count; ++partition) {
      const TaskState& task = query.result_state().tasks[partition];
      if (task.phase == TaskPhase::kFinished && !task.consumed) Deliver(turn, query, partition);
    }
  }
}

}  // namespace trivet
