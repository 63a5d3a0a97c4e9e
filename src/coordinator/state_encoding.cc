#include "coordinator/state_encoding.h"

#include <tuple>

#include "coordinator/event_fields.h"

namespace trivet {

template <>
struct FieldsOf<InputSlice> {
  static auto Tie(auto& v) {
    return std::tie(v.partition_begin, v.partition_end, v.map_begin, v.map_end);
  }
};
template <>
struct FieldsOf<HealthRecord> {
  static auto Tie(auto& v) {
    return std::tie(v.consecutive_failures, v.last_failure_at, v.blacklisted_until, v.last_failure);
  }
};
template <>
struct FieldsOf<WorkerState> {
  static auto Tie(auto& v) {
    return std::tie(v.worker, v.address, v.slots, v.capabilities, v.live, v.joined_at, v.heard_at,
                    v.lost_at, v.heard, v.heartbeat_sequence, v.running, v.cancelling, v.health);
  }
};
template <>
struct FieldsOf<TaskState> {
  static auto Tie(auto& v) {
    return std::tie(v.phase, v.launches, v.failures, v.fetch_failures, v.first_attempt,
                    v.not_before, v.started_at, v.took, v.worker, v.avoid, v.lost, v.measured,
                    v.rows, v.bytes, v.rows_read, v.bytes_read, v.spilled_bytes,
                    v.peak_memory_bytes, v.key_samples, v.metrics, v.last_failure, v.delivered,
                    v.consumed);
  }
};
template <>
struct FieldsOf<FetchLoss> {
  static auto Tie(auto& v) { return std::tie(v.map, v.attempt, v.consumer, v.peer); }
};
template <>
struct FieldsOf<StageState> {
  static auto Tie(auto& v) {
    return std::tie(v.planned_tasks, v.laid_out, v.layout, v.tasks, v.partitions, v.fetch_losses,
                    v.reruns, v.range_bounds, v.first_launch, v.last_finish, v.adapted);
  }
};
template <>
struct FieldsOf<QueryState> {
  static auto Tie(auto& v) {
    return std::tie(v.id, v.graph, v.settings, v.submitted_at, v.admitted, v.stages, v.health,
                    v.running, v.last_grant, v.touched, v.incapable_since, v.outcome);
  }
};
template <>
struct FieldsOf<StageSnapshot> {
  static auto Tie(auto& v) {
    return std::tie(v.stage, v.description, v.tasks, v.planned_tasks, v.finished_tasks,
                    v.running_tasks, v.attempts, v.retries, v.elapsed, v.task_time, v.rows, v.bytes,
                    v.progress_rows, v.rows_read, v.bytes_read, v.spilled_bytes,
                    v.peak_memory_bytes, v.skew_bytes, v.skew_time, v.metrics, v.adapted);
  }
};
template <>
struct FieldsOf<QuerySnapshot> {
  static auto Tie(auto& v) {
    return std::tie(v.query, v.condition, v.submitted_at, v.ended_at, v.deadline, v.status,
                    v.running_tasks, v.stages);
  }
};
template <>
struct FieldsOf<CoordinatorState> {
  static auto Tie(auto& v) {
    return std::tie(v.now, v.heard, v.awake, v.started, v.random, v.last_query, v.grants, v.workers,
                    v.queries, v.queue, v.ended, v.no_workers_since, v.schedule_due);
  }
};

std::string EncodeState(const CoordinatorState& state) {
  Encoder encoder;
  encoder.Write(state);
  return encoder.Take();
}

Status DecodeState(std::string_view bytes, CoordinatorState& state) {
  Decoder decoder(bytes);
  decoder.Read(state);
  if (!decoder.Finished()) return Status::Corruption("the coordinator's state cannot be read");
  return Status::OK();
}

}  // namespace trivet
