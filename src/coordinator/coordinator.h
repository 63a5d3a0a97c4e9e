#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/action.h"
#include "coordinator/coordinator_options.h"
#include "coordinator/event.h"
#include "coordinator/snapshot.h"
#include "coordinator/time_point.h"

namespace trivet {

struct CoordinatorState;

// The output of one result task as it stands.
struct ResultOutput {
  bool finished = false;  // `delivery` is set
  bool consumed = false;
  DeliverResult delivery;
};

// Decides which task runs where, which attempt counts, and what runs again when something is lost.
//
// A pure state machine: no thread, no input or output, no clock. The same options and the same
// sequence of (event, now) give the same states and actions, whatever the process; so a journal of
// them restarts it (journal.h). Not synchronised: one thread at a time.
//
// Guarantees. Every query that was submitted ends with exactly one QueryFinished or FailQuery. An
// attempt id is launched at most once. A task is launched only when the outputs it reads are sealed
// on workers believed to live. Stale reports leave the state unchanged, byte for byte.
class Coordinator {
 public:
  explicit Coordinator(CoordinatorOptions options);
  ~Coordinator();
  Coordinator(Coordinator&&) noexcept;
  Coordinator& operator=(Coordinator&&) noexcept;

  // What `event`, which is known at `now`, calls for. Journal the event before carrying out the
  // actions.
  std::vector<Action> Handle(const Event& event, TimePoint now);

  // When a Tick is due, if nothing else happens; none where only events can change anything.
  std::optional<TimePoint> NextWakeUp() const;

  // An id for the next QuerySubmitted.
  QueryId NextQueryId() const;
  // No query waits or runs.
  bool idle() const;

  std::vector<WorkerSnapshot> Workers() const;
  // The last ended queries in the order of their ends, then the live ones by id.
  std::vector<QuerySnapshot> Queries() const;
  std::optional<QuerySnapshot> FindQuery(QueryId query) const;
  // Tasks of live queries, or of the one given.
  std::vector<TaskSnapshot> Tasks(std::optional<QueryId> query = std::nullopt) const;

  // The outputs of a live query's result tasks, in order, for a reader that comes back; empty where
  // the query is not live.
  std::vector<ResultOutput> ResultOutputs(QueryId query) const;

  // The whole state as bytes, equal exactly where the states are; and back, under the same options.
  // Corruption if the bytes are not such a state.
  std::string EncodeState() const;
  static Result<Coordinator> Restore(CoordinatorOptions options, std::string_view state);

  const CoordinatorOptions& options() const { return options_; }
  // For checks from outside, such as the simulation's; declared in state.h.
  const CoordinatorState& state() const { return *state_; }

 private:
  CoordinatorOptions options_;
  std::unique_ptr<CoordinatorState> state_;
};

}  // namespace trivet
