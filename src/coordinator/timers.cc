#include "coordinator/timers.h"

#include <algorithm>

namespace trivet {

void AdvanceClocks(const CoordinatorOptions& options, CoordinatorState& state, TimePoint now) {
  if (!state.started) {
    state.started = true;
    state.now = now;
    state.heard = now;
    state.no_workers_since = now;
    return;
  }
  const Duration step = std::max<Duration>(now - state.heard, Duration{0});
  state.awake += std::min<Duration>(step, options.max_silence_step);
  state.now += step;
  state.heard = now;
}

std::optional<TimePoint> NextDue(const CoordinatorOptions& options, const CoordinatorState& state) {
  std::optional<TimePoint> due = state.schedule_due;
  const auto add = [&](TimePoint moment) { due = due ? std::min(*due, moment) : moment; };
  bool any_live = false;
  for (const auto& [name, worker] : state.workers) {
    any_live = any_live || worker.live;
    if (worker.health.blacklisted_until) add(*worker.health.blacklisted_until);
    if (!worker.live) continue;
    add(state.now + (worker.heard + options.worker_timeout - state.awake));
    for (const auto& [attempt, since] : worker.cancelling) {
      add(state.now + (since + options.cancel_grace - state.awake));
    }
  }
  for (const auto& [id, query] : state.queries) {
    if (query.settings.deadline) add(*query.settings.deadline);
    if (query.incapable_since) add(*query.incapable_since + options.capability_grace);
    if (state.no_workers_since) {
      add(std::max(*state.no_workers_since, query.submitted_at) + options.no_workers_timeout);
    }
    for (const auto& [name, record] : query.health) {
      if (record.blacklisted_until) add(*record.blacklisted_until);
    }
  }
  // Silence counts in steps, so somebody must be awake to count it.
  if (any_live) add(state.now + options.heartbeat_interval);
  if (due) *due += state.heard - state.now;
  return due;
}

}  // namespace trivet
