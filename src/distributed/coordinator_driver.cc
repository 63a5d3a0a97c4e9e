#include "distributed/coordinator_driver.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace trivet {

CoordinatorDriver::CoordinatorDriver(CoordinatorOptions options, WorkerControl& control)
    : control_(control), coordinator_(std::move(options)), ticker_([this] { TickLoop(); }) {}

CoordinatorDriver::~CoordinatorDriver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  ticker_.join();
}

TimePoint CoordinatorDriver::Now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

void CoordinatorDriver::Post(const Event& event) {
  std::vector<Notice> notices;
  {
    std::lock_guard lock(mutex_);
    notices = Handle(event);
  }
  for (const Notice& notice : notices) notice();
}

QueryId CoordinatorDriver::Submit(StageGraph graph, QuerySettings settings,
                                  std::shared_ptr<QueryListener> listener) {
  std::vector<Notice> notices;
  QueryId query = 0;
  {
    std::lock_guard lock(mutex_);
    query = coordinator_.NextQueryId();
    auto listening = std::make_shared<Listening>();
    listening->listener = std::move(listener);
    listeners_[query] = std::move(listening);
    notices = Handle(QuerySubmitted{query, std::move(graph), std::move(settings)});
  }
  for (const Notice& notice : notices) notice();
  return query;
}

void CoordinatorDriver::Forget(QueryId query) {
  std::shared_ptr<Listening> listening;
  {
    std::lock_guard lock(mutex_);
    const auto found = listeners_.find(query);
    if (found == listeners_.end()) return;
    listening = std::move(found->second);
    listeners_.erase(found);
  }
  std::lock_guard lock(listening->mutex);
  listening->listener.reset();
}

std::vector<CoordinatorDriver::Notice> CoordinatorDriver::Handle(const Event& event) {
  std::vector<Notice> notices;
  std::vector<Action> actions = coordinator_.Handle(event, Now());
  for (Action& action : actions) CarryOut(action, notices);
  changed_.notify_all();
  return notices;
}

void CoordinatorDriver::CarryOut(Action& action, std::vector<Notice>& notices) {
  const auto notify = [&](QueryId query, std::function<void(QueryListener&)> call) {
    const auto found = listeners_.find(query);
    if (found == listeners_.end()) return;
    notices.push_back([listening = found->second, call = std::move(call)] {
      std::lock_guard lock(listening->mutex);
      if (listening->listener) call(*listening->listener);
    });
  };
  if (auto* launch = std::get_if<LaunchAttempt>(&action)) {
    control_.Launch(*launch);
  } else if (auto* cancel = std::get_if<CancelAttempt>(&action)) {
    control_.Cancel(*cancel);
  } else if (auto* fence = std::get_if<FenceWorker>(&action)) {
    control_.Fence(*fence);
  } else if (auto* data = std::get_if<DeleteShuffleData>(&action)) {
    control_.Delete(*data);
  } else if (auto* delivery = std::get_if<DeliverResult>(&action)) {
    notify(delivery->query, [delivery = std::move(*delivery)](QueryListener& listener) {
      listener.OnDeliver(delivery);
    });
  } else if (auto* finished = std::get_if<QueryFinished>(&action)) {
    notify(finished->query, [finished = std::move(*finished)](QueryListener& listener) {
      listener.OnEnd(Status::OK(), finished.snapshot);
    });
  } else if (auto* failed = std::get_if<FailQuery>(&action)) {
    notify(failed->query, [failed = std::move(*failed)](QueryListener& listener) {
      listener.OnEnd(failed.status, failed.snapshot);
    });
  }
}

void CoordinatorDriver::TickLoop() {
  constexpr auto kLongestSleep = std::chrono::seconds(1);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = coordinator_.NextWakeUp();
    const TimePoint now = Now();
    if (due && *due <= now) {
      std::vector<Notice> notices = Handle(Tick{});
      lock.unlock();
      for (const Notice& notice : notices) notice();
      lock.lock();
      continue;
    }
    auto sleep = std::chrono::duration_cast<std::chrono::milliseconds>(kLongestSleep);
    if (due) {
      sleep = std::min(sleep, std::chrono::duration_cast<std::chrono::milliseconds>(*due - now));
    }
    changed_.wait_for(lock, std::max(sleep, std::chrono::milliseconds(1)));
  }
}

std::vector<WorkerSnapshot> CoordinatorDriver::Workers() const {
  std::lock_guard lock(mutex_);
  return coordinator_.Workers();
}

std::vector<QuerySnapshot> CoordinatorDriver::Queries() const {
  std::lock_guard lock(mutex_);
  return coordinator_.Queries();
}

std::optional<QuerySnapshot> CoordinatorDriver::FindQuery(QueryId query) const {
  std::lock_guard lock(mutex_);
  return coordinator_.FindQuery(query);
}

std::vector<TaskSnapshot> CoordinatorDriver::Tasks(std::optional<QueryId> query) const {
  std::lock_guard lock(mutex_);
  return coordinator_.Tasks(query);
}

bool CoordinatorDriver::idle() const {
  std::lock_guard lock(mutex_);
  return coordinator_.idle();
}

}  // namespace trivet
