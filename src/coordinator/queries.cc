#include "coordinator/queries.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "coordinator/attempts.h"
#include "coordinator/query_snapshot.h"

namespace trivet {

namespace {

uint32_t CountAdmitted(const CoordinatorState& state) {
  return static_cast<uint32_t>(std::count_if(
      state.queries.begin(), state.queries.end(),
      [](const auto& entry) { return entry.second.admitted && !entry.second.outcome; }));
}

void RememberEnded(Turn& turn, QuerySnapshot snapshot) {
  for (StageSnapshot& stage : snapshot.stages) stage.metrics.clear();
  auto& ended = turn.state.ended;
  ended.push_back(std::move(snapshot));
  if (ended.size() > turn.options.max_ended_queries) ended.erase(ended.begin());
}

// Cancels, deletes, tells; the query itself is erased by the caller.
void EndQuery(Turn& turn, QueryState& query) {
  for (const Stage& stage : query.graph.stages) {
    for (uint32_t partition = 0; partition < stage.task_count; ++partition) {
      if (query.stages[stage.id].tasks[partition].phase != TaskPhase::kRunning) continue;
      StopAttempt(turn, query, TaskIdOf(query, stage.id, partition), "its query ended");
    }
  }
  for (const WorkerIncarnation& worker : query.touched) {
    if (turn.FindLive(worker) != nullptr)
      turn.actions.push_back(DeleteShuffleData{query.id, worker});
  }
  std::erase(turn.state.queue, query.id);
  QuerySnapshot snapshot = SnapshotQuery(turn.state, query);
  RememberEnded(turn, snapshot);
  if (query.outcome->ok()) {
    turn.actions.push_back(QueryFinished{query.id, std::move(snapshot)});
  } else {
    turn.actions.push_back(FailQuery{query.id, *query.outcome, std::move(snapshot)});
  }
}

bool IsConsumed(const QueryState& query) {
  const uint32_t count = query.graph.result_stage().task_count;
  const auto& tasks = query.stages.back().tasks;
  return query.stages.back().laid_out &&
         std::all_of(tasks.begin(), tasks.begin() + count,
                     [](const TaskState& task) { return task.consumed; });
}

}  // namespace

void SubmitQuery(Turn& turn, const QuerySubmitted& event) {
  turn.state.last_query = event.query;
  QueryState& query = turn.state.queries[event.query];
  query.id = event.query;
  query.settings = event.settings;
  if (query.settings.deadline) *query.settings.deadline += turn.now() - turn.state.heard;
  query.submitted_at = turn.now();
  turn.changed = true;
  if (Status valid = event.graph.Validate(); !valid.ok()) {
    query.outcome = std::move(valid);
    return;
  }
  query.graph = event.graph;
  query.stages.resize(query.graph.stages.size());
  for (const Stage& stage : query.graph.stages) {
    StageState& state = query.stages[stage.id];
    state.planned_tasks = stage.task_count;
    state.tasks.resize(stage.task_count);
  }
  if (turn.state.queue.empty() && CountAdmitted(turn.state) < turn.options.max_active_queries) {
    query.admitted = true;
    return;
  }
  if (turn.state.queue.size() >= turn.options.max_queued_queries) {
    query.outcome =
        Status::ResourceExhausted(StrCat(turn.options.max_active_queries, " queries run and ",
                                         turn.state.queue.size(), " wait, as many as may"))
            .WithHint("try again when some have ended");
    return;
  }
  turn.state.queue.push_back(event.query);
}

void SweepQueries(Turn& turn) {
  for (auto& [id, query] : turn.state.queries) {
    if (query.settings.deadline && *query.settings.deadline <= turn.now()) {
      SetOutcome(turn, query, Status::Timeout("the query did not end before its deadline"));
      continue;
    }
    if (!turn.state.no_workers_since) continue;
    const TimePoint since = std::max(*turn.state.no_workers_since, query.submitted_at);
    if (turn.now() - since < turn.options.no_workers_timeout) continue;
    SetOutcome(turn, query,
               Status(StatusCode::kUnavailable,
                      StrCat("no worker has been live for ", (turn.now() - since).count(), " ms")));
  }
}

void SettleQueries(Turn& turn) {
  auto& queries = turn.state.queries;
  for (auto it = queries.begin(); it != queries.end();) {
    QueryState& query = it->second;
    if (!query.outcome && query.admitted && IsConsumed(query)) query.outcome = Status::OK();
    if (!query.outcome) {
      ++it;
      continue;
    }
    EndQuery(turn, query);
    it = queries.erase(it);
    turn.changed = true;
  }
  auto& queue = turn.state.queue;
  while (!queue.empty() && CountAdmitted(turn.state) < turn.options.max_active_queries) {
    queries.at(queue.front()).admitted = true;
    queue.erase(queue.begin());
    turn.changed = true;
  }
}

}  // namespace trivet
