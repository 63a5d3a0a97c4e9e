#pragma once

#include <cstdint>
#include <string>

#include "coordinator/time_point.h"

namespace trivet {

// Faults built in on purpose, by which the simulation proves that it would find them. Tests only.
enum class PlantedBug : uint8_t {
  kNone = 0,
  kDropFencing = 1,         // reports of old attempts and incarnations are believed
  kForgetInvalidation = 2,  // outputs on a lost worker stay valid
  kLoseRequeue = 3,         // one running task of a lost worker is forgotten
};

// Every limit of the coordinator with its default; docs/distributed.md shows them as a table.
struct CoordinatorOptions {
  // Workers say so often that they live. Suspect after so many missing (no new tasks), lost after
  // so long without a word. Time in which the coordinator itself stood still counts as one
  // `max_silence_step` at most, so that neither a stopped coordinator nor a jumping clock kills
  // workers.
  Duration heartbeat_interval{1'000};
  uint32_t suspect_after_misses = 3;
  Duration worker_timeout{10'000};
  Duration max_silence_step{2'000};
  // An attempt that its worker does not know so long after it was launched is lost.
  Duration launch_timeout{5'000};
  // A worker that still runs an attempt so long after it was told to cancel it is fenced.
  Duration cancel_grace{10'000};

  // Attempts of one task that may fail, the worker's death included.
  uint32_t max_task_attempts = 4;
  // Attempts of one task for whatever reason (lost outputs, blacklisted workers, failed fetches).
  uint32_t max_task_launches = 16;
  // Re-runs of lost outputs of one stage because of failed fetches.
  uint32_t max_stage_reruns = 4;

  // Before attempt n + 1 after n failures: uniform in [0, min(ceiling, base * 2^(n-1))].
  Duration backoff_base{250};
  Duration backoff_ceiling{10'000};
  // Start of the generator for the jitter; its state is part of the coordinator's, so that a replay
  // draws the same.
  uint64_t seed = 0x7472697665740001;

  // So many failures in a row, in one query or over all, and a worker gets no tasks for so long;
  // but so many healthy workers always remain.
  uint32_t blacklist_query_failures = 3;
  uint32_t blacklist_failures = 3;
  Duration blacklist_decay{60'000};
  uint32_t min_healthy_workers = 1;

  // Tasks at once on one worker (0: its slots) and of one query.
  uint32_t max_concurrent_tasks_per_worker = 0;
  uint32_t max_concurrent_tasks_per_query = 32;
  // Queries at once; further ones wait, and one too many is refused.
  uint32_t max_active_queries = 16;
  uint32_t max_queued_queries = 128;

  // Queries fail after so long without any live worker, and after so long with live ones of which
  // none can do what a stage needs.
  Duration no_workers_timeout{30'000};
  Duration capability_grace{3'000};

  // What the handshake must show; an empty build id is not checked.
  std::string build_id;
  uint32_t protocol_version = 1;

  // Ended queries and lost workers that system tables still show.
  uint32_t max_ended_queries = 128;
  uint32_t max_lost_workers = 256;

  PlantedBug planted_bug = PlantedBug::kNone;
};

}  // namespace trivet
