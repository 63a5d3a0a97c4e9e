#pragma once

#include <tuple>

#include "coordinator/encoding.h"
#include "coordinator/event.h"

// The fields of events, in the order in which they are encoded. Part of the journal's format: a
// change here needs a new version there.

namespace trivet {

template <>
struct FieldsOf<WorkerIncarnation> {
  static auto Tie(auto& v) { return std::tie(v.name, v.incarnation); }
};
template <>
struct FieldsOf<TaskId> {
  static auto Tie(auto& v) { return std::tie(v.query, v.stage, v.partition); }
};
template <>
struct FieldsOf<AttemptId> {
  static auto Tie(auto& v) { return std::tie(v.task, v.attempt); }
};
template <>
struct FieldsOf<WorkerCapabilities> {
  static auto Tie(auto& v) {
    return std::tie(v.build_id, v.protocol_version, v.simd_level, v.time_zone_version, v.operators,
                    v.functions, v.formats, v.labels);
  }
};
template <>
struct FieldsOf<WorkerJoined> {
  static auto Tie(auto& v) { return std::tie(v.worker, v.address, v.slots, v.capabilities); }
};
template <>
struct FieldsOf<AttemptProgress> {
  static auto Tie(auto& v) { return std::tie(v.attempt, v.rows, v.bytes); }
};
template <>
struct FieldsOf<WorkerHeartbeat> {
  static auto Tie(auto& v) { return std::tie(v.worker, v.sequence, v.running, v.stored_queries); }
};
template <>
struct FieldsOf<PartitionSize> {
  static auto Tie(auto& v) { return std::tie(v.rows, v.bytes); }
};
template <>
struct FieldsOf<TaskFinished> {
  static auto Tie(auto& v) {
    return std::tie(v.attempt, v.worker, v.partitions, v.key_samples, v.rows_read, v.bytes_read,
                    v.spilled_bytes, v.peak_memory_bytes, v.metrics);
  }
};
template <>
struct FieldsOf<TaskFailed> {
  static auto Tie(auto& v) { return std::tie(v.attempt, v.worker, v.status); }
};
template <>
struct FieldsOf<MapAttempt> {
  static auto Tie(auto& v) { return std::tie(v.map, v.attempt); }
};
template <>
struct FieldsOf<FetchFailed> {
  static auto Tie(auto& v) {
    return std::tie(v.attempt, v.worker, v.peer, v.producer, v.maps, v.status);
  }
};
template <>
struct FieldsOf<WorkerLost> {
  static auto Tie(auto& v) { return std::tie(v.worker, v.reason); }
};
template <>
struct FieldsOf<AdaptationOptions> {
  static auto Tie(auto& v) {
    return std::tie(v.coalesce, v.target_partition_bytes, v.split, v.split_median_factor,
                    v.split_minimum_bytes, v.broadcast, v.broadcast_bytes);
  }
};
template <>
struct FieldsOf<QuerySettings> {
  static auto Tie(auto& v) { return std::tie(v.deadline, v.max_concurrent_tasks, v.adaptation); }
};
template <>
struct FieldsOf<StageInput> {
  static auto Tie(auto& v) {
    return std::tie(v.producer, v.kind, v.task_offset, v.splittable, v.may_broadcast);
  }
};
template <>
struct FieldsOf<Requirements> {
  static auto Tie(auto& v) { return std::tie(v.operators, v.functions, v.labels, v.formats); }
};
template <>
struct FieldsOf<Stage> {
  static auto Tie(auto& v) {
    return std::tie(v.id, v.inputs, v.task_count, v.output_partitions, v.indeterminate,
                    v.samples_keys, v.requirements, v.fragment, v.description, v.start_after,
                    v.bounds_from, v.row_limit, v.repeatable_rows, v.estimated_bytes);
  }
};
template <>
struct FieldsOf<StageGraph> {
  static auto Tie(auto& v) { return std::tie(v.stages); }
};
template <>
struct FieldsOf<QuerySubmitted> {
  static auto Tie(auto& v) { return std::tie(v.query, v.graph, v.settings); }
};
template <>
struct FieldsOf<QueryCancelled> {
  static auto Tie(auto& v) { return std::tie(v.query, v.reason); }
};
template <>
struct FieldsOf<ResultConsumed> {
  static auto Tie(auto& v) { return std::tie(v.query, v.partition, v.attempt); }
};
template <>
struct FieldsOf<ResultFetchFailed> {
  static auto Tie(auto& v) {
    return std::tie(v.query, v.partition, v.attempt, v.worker, v.rows_taken, v.status);
  }
};
template <>
struct FieldsOf<ResultClosed> {
  static auto Tie(auto& v) { return std::tie(v.query); }
};
template <>
struct FieldsOf<CoordinatorRestarted> {
  static auto Tie(auto& /*v*/) { return std::tuple<>(); }
};
template <>
struct FieldsOf<Tick> {
  static auto Tie(auto& /*v*/) { return std::tuple<>(); }
};

}  // namespace trivet
