#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "coordinator/coordinator.h"
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

// Gives the coordinator its clock, its events in order, and carries out its actions. Thread-safe.
class CoordinatorDriver {
 public:
  // `control` outlives the driver.
  CoordinatorDriver(CoordinatorOptions options, WorkerControl& control);
  ~CoordinatorDriver();
  CoordinatorDriver(const CoordinatorDriver&) = delete;
  CoordinatorDriver& operator=(const CoordinatorDriver&) = delete;

  // Something happened. The actions that it calls for have been started when this returns.
  void Post(const Event& event);
  // Hands a query in; the listener is called from then on, possibly before this returns.
  QueryId Submit(StageGraph graph, QuerySettings settings, std::shared_ptr<QueryListener> listener);
  // The listener is called no more, nor in a call, once this has returned.
  void Forget(QueryId query);

  TimePoint Now() const;
  std::vector<WorkerSnapshot> Workers() const;
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

  // Under mutex_; gives the calls to listeners that are to be made without it.
  std::vector<Notice> Handle(const Event& event);
  void CarryOut(Action& action, std::vector<Notice>& notices);
  void TickLoop();

  WorkerControl& control_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Coordinator coordinator_;
  std::map<QueryId, std::shared_ptr<Listening>> listeners_;
  bool stopping_ = false;
  std::thread ticker_;
};

}  // namespace trivet
