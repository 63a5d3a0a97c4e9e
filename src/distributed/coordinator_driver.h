#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "coordinator/coordinator.h"
#include "distributed/append_file.h"
#include "distributed/event_log.h"
#include "distributed/worker_control.h"

namespace trivet {

// What the submitter of a query hears of it. Called without locks, one call at a time per query.
class QueryListener {
 public:
  virtual ~QueryListener() = default;
  virtual void OnDeliver(const DeliverResult& delivery) = 0;
  // The last call: OK, or why the query failed.
  virtual void OnEnd(const Status& status, const QuerySnapshot& snapshot) = 0;
};

struct CoordinatorDriverOptions {
  CoordinatorOptions coordinator;
  // Where events are kept, so that a later driver goes on from them; null: nowhere.
  std::unique_ptr<AppendFile> journal;
  // Whether events are on the disk, not only in the file, before anything is done about them.
  bool sync_journal = true;
  // A journal above this size (and four times what it last began with) starts anew with the state.
  uint64_t journal_bytes = uint64_t{16} << 20;
  std::shared_ptr<EventLog> log;  // null: none
};

// Gives the coordinator its clock, its events in order, and carries out its actions, in order, once
// the event is in the journal. Where the journal cannot be written (a full disk) the driver says so
// in the log, removes it and goes on without. Thread-safe.
class CoordinatorDriver {
 public:
  // Without a journal. `control` outlives the driver.
  CoordinatorDriver(const CoordinatorOptions& options, WorkerControl& control);
  // Goes on from where the journal ends. Corruption where it is damaged.
  static Result<std::unique_ptr<CoordinatorDriver>> Open(CoordinatorDriverOptions options,
                                                         WorkerControl& control);
  ~CoordinatorDriver();
  CoordinatorDriver(const CoordinatorDriver&) = delete;
  CoordinatorDriver& operator=(const CoordinatorDriver&) = delete;

  // After Open: the actions that are due are carried out from here on, no earlier.
  void Start();

  // Something happened. The actions that it calls for have been started when this returns.
  void Post(const Event& event);
  // Hands a query in; the listener is called from then on, possibly before this returns.
  QueryId Submit(StageGraph graph, QuerySettings settings, std::shared_ptr<QueryListener> listener);
  // A listener for a query that was submitted before, and the outputs of its result tasks as they
  // stand; later ones the listener hears of. The query's error where it has failed; NotFound where
  // it has ended or is not known.
  Result<std::vector<ResultOutput>> Attach(QueryId query, std::shared_ptr<QueryListener> listener);
  // The listener is called no more, nor in a call, once this has returned.
  void Forget(QueryId query);

  // Records that the journal held when the driver was opened; 0: there was nothing to go on from.
  size_t replayed_records() const { return replayed_records_; }
  TimePoint Now() const;
  std::vector<WorkerSnapshot> Workers() const;
  // Slots of the workers that are here, or so many as are known to be on their way.
  uint32_t SlotsToPlanFor() const;
  void ExpectSlots(uint32_t slots) { expected_slots_ = slots; }
  std::vector<QuerySnapshot> Queries() const;
  std::optional<QuerySnapshot> FindQuery(QueryId query) const;
  std::vector<TaskSnapshot> Tasks(std::optional<QueryId> query = std::nullopt) const;
  bool idle() const;

 private:
  struct Listening {
    std::mutex mutex;  // held during calls
    std::shared_ptr<QueryListener> listener;
  };
  using Notice = std::function<void()>;
  // An event that has been handled, but whose actions have not been carried out.
  struct Handled {
    bool durable = false;  // the journal must be on the disk first
    std::vector<Action> actions;
  };

  CoordinatorDriver(CoordinatorDriverOptions options, Coordinator coordinator, size_t records,
                    WorkerControl& control);
  // Under mutex_.
  void Handle(const Event& event);
  void Keep(const Event& event, TimePoint now);
  // Without mutex_: makes the journal durable and does all that is pending.
  void CarryOutPending();
  void LoseJournal(const Status& why);
  void CarryOut(Action& action, std::vector<Notice>& notices);
  void TickLoop();

  const bool sync_journal_;
  const uint64_t journal_bytes_;
  const size_t replayed_records_;
  const std::shared_ptr<EventLog> log_;
  WorkerControl& control_;
  std::atomic<uint32_t> expected_slots_ = 0;
  // Held while actions are carried out, so that they are in order. Taken before mutex_.
  std::mutex carry_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Coordinator coordinator_;
  std::shared_ptr<AppendFile> journal_;
  uint64_t journal_began_with_ = 0;  // bytes
  std::deque<Handled> pending_;
  std::map<QueryId, std::shared_ptr<Listening>> listeners_;
  bool stopping_ = false;
  std::thread ticker_;
};

}  // namespace trivet
