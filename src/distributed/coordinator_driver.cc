#include "distributed/coordinator_driver.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/string_concat.h"
#include "coordinator/journal.h"
#include "distributed/coordinator_log.h"

namespace trivet {

namespace {
CoordinatorDriverOptions WithoutJournal(CoordinatorOptions options) {
  CoordinatorDriverOptions driver;
  driver.coordinator = std::move(options);
  return driver;
}
}  // namespace

CoordinatorDriver::CoordinatorDriver(const CoordinatorOptions& options, WorkerControl& control)
    : CoordinatorDriver(WithoutJournal(options), Coordinator(options), 0, control) {
  Start();
}

CoordinatorDriver::CoordinatorDriver(CoordinatorDriverOptions options, Coordinator coordinator,
                                     size_t records, WorkerControl& control)
    : sync_journal_(options.sync_journal),
      journal_bytes_(options.journal_bytes),
      replayed_records_(records),
      log_(options.log != nullptr ? std::move(options.log) : std::make_shared<EventLog>()),
      control_(control),
      coordinator_(std::move(coordinator)),
      journal_(std::move(options.journal)) {}

Result<std::unique_ptr<CoordinatorDriver>> CoordinatorDriver::Open(CoordinatorDriverOptions options,
                                                                   WorkerControl& control) {
  Coordinator coordinator(options.coordinator);
  size_t records = 0;
  if (options.journal != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(const std::string bytes, options.journal->Read());
    auto replayed = ReplayJournal(options.coordinator, bytes);
    if (!replayed.ok()) {
      return replayed.status()
          .WithFile(options.journal->path())
          .WithHint("its queries cannot go on; without the file the coordinator starts anew");
    }
    coordinator = std::move(replayed->coordinator);
    records = replayed->records;
    // From here on under this process's options, whatever the old one's were.
    TRIVET_RETURN_IF_ERROR(
        options.journal->Replace(StrCat(JournalHeader(), EncodeJournalState(coordinator))));
  }
  std::unique_ptr<CoordinatorDriver> driver(
      new CoordinatorDriver(std::move(options), std::move(coordinator), records, control));
  if (driver->journal_ != nullptr) driver->journal_began_with_ = driver->journal_->size();
  return driver;
}

void CoordinatorDriver::Start() {
  if (replayed_records_ > 0) Post(CoordinatorRestarted{});
  ticker_ = std::thread([this] { TickLoop(); });
}

CoordinatorDriver::~CoordinatorDriver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (ticker_.joinable()) ticker_.join();
}

TimePoint CoordinatorDriver::Now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

void CoordinatorDriver::Post(const Event& event) {
  {
    std::lock_guard lock(mutex_);
    Handle(event);
  }
  CarryOutPending();
}

QueryId CoordinatorDriver::Submit(StageGraph graph, QuerySettings settings,
                                  std::shared_ptr<QueryListener> listener) {
  QueryId query = 0;
  {
    std::lock_guard lock(mutex_);
    query = coordinator_.NextQueryId();
    auto listening = std::make_shared<Listening>();
    listening->listener = std::move(listener);
    listeners_[query] = std::move(listening);
    Handle(QuerySubmitted{query, std::move(graph), settings});
  }
  CarryOutPending();
  return query;
}

Result<std::vector<ResultOutput>> CoordinatorDriver::Attach(
    QueryId query, std::shared_ptr<QueryListener> listener) {
  std::lock_guard lock(mutex_);
  std::vector<ResultOutput> outputs = coordinator_.ResultOutputs(query);
  if (outputs.empty()) {
    const auto ended = coordinator_.FindQuery(query);
    if (ended && !ended->status.ok()) return ended->status;
    return Status::NotFound(StrCat("query ", query, " has ended, and its result is gone"));
  }
  auto listening = std::make_shared<Listening>();
  listening->listener = std::move(listener);
  listeners_[query] = std::move(listening);
  return outputs;
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

void CoordinatorDriver::Handle(const Event& event) {
  const TimePoint now = Now();
  if (journal_ != nullptr) Keep(event, now);
  LogCoordinatorEvent(*log_, event);
  Handled handled;
  handled.actions = coordinator_.Handle(event, now);
  const bool passing =
      std::holds_alternative<WorkerHeartbeat>(event) || std::holds_alternative<Tick>(event);
  handled.durable = !passing || !handled.actions.empty();
  pending_.push_back(std::move(handled));
  changed_.notify_all();
}

void CoordinatorDriver::Keep(const Event& event, TimePoint now) {
  Status kept;
  if (journal_->size() > std::max(journal_bytes_, 4 * journal_began_with_)) {
    kept = journal_->Replace(StrCat(JournalHeader(), EncodeJournalState(coordinator_)));
    journal_began_with_ = journal_->size();
  }
  if (kept.ok()) kept = journal_->Append(EncodeJournalRecord(event, now));
  if (!kept.ok()) LoseJournal(kept);
}

// What is in the file is no longer all that has happened: nobody may go on from it.
void CoordinatorDriver::LoseJournal(const Status& why) {
  log_->Write(LogLevel::kError, LogEvent("journal_lost").Error(why));
  journal_->Discard();
  journal_.reset();
}

void CoordinatorDriver::CarryOutPending() {
  std::vector<Notice> notices;
  {
    std::lock_guard carrying(carry_mutex_);
    std::deque<Handled> pending;
    std::shared_ptr<AppendFile> journal;
    {
      std::lock_guard lock(mutex_);
      pending.swap(pending_);
      journal = journal_;
    }
    const bool durable = std::any_of(pending.begin(), pending.end(),
                                     [](const Handled& handled) { return handled.durable; });
    if (journal != nullptr && sync_journal_ && durable) {
      if (const Status synced = journal->Sync(); !synced.ok()) {
        std::lock_guard lock(mutex_);
        if (journal_ != nullptr) LoseJournal(synced);
      }
    }
    for (Handled& handled : pending) {
      for (Action& action : handled.actions) CarryOut(action, notices);
    }
  }
  for (const Notice& notice : notices) notice();
}

void CoordinatorDriver::CarryOut(Action& action, std::vector<Notice>& notices) {
  LogCoordinatorAction(*log_, action);
  const auto notify = [&](QueryId query, std::function<void(QueryListener&)> call) {
    std::shared_ptr<Listening> listening;
    {
      std::lock_guard lock(mutex_);
      const auto found = listeners_.find(query);
      if (found == listeners_.end()) return;
      listening = found->second;
    }
    notices.push_back([listening, call = std::move(call)] {
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
      Handle(Tick{});
      lock.unlock();
      CarryOutPending();
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

uint32_t CoordinatorDriver::SlotsToPlanFor() const {
  uint32_t slots = 0;
  for (const WorkerSnapshot& worker : Workers()) {
    if (worker.condition != WorkerCondition::kLost) slots += worker.slots;
  }
  return std::max<uint32_t>(slots, expected_slots_);
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
