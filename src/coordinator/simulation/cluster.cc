#include "coordinator/simulation/cluster.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/string_concat.h"
#include "coordinator/journal.h"

namespace trivet {

namespace {

constexpr int64_t kEpoch = 1'700'000'000'000;
constexpr int64_t kBoundAfterFaults = 400'000;
// Once all listen and no message is under way: a worker joins, its first heartbeat shows what is
// left, the next one that it is gone. With the longest delay it is less than `cancel_grace`, after
// which a fence would hide that nobody had the rest cleared away.
constexpr int64_t kTidyingUp = 4'000;

CoordinatorOptions DrawOptions(const SimulationOptions& options, SimulationRandom& random) {
  CoordinatorOptions drawn;
  drawn.seed = random.Next();
  drawn.planted_bug = options.planted_bug;
  if (random.Chance(300)) drawn.max_concurrent_tasks_per_worker = 1;
  if (random.Chance(300)) drawn.max_concurrent_tasks_per_query = 2;
  if (random.Chance(300)) drawn.max_active_queries = 1;
  if (options.faults && random.Chance(100)) drawn.max_queued_queries = 1;
  return drawn;
}

std::string Describe(const Event& event) {
  static constexpr const char* kNames[] = {
      "joined", "heartbeat", "finished",  "failed",   "fetch failed",
      "lost",   "submitted", "cancelled", "consumed", "result fetch failed",
      "closed", "restarted", "tick"};
  std::string text = kNames[event.index()];
  std::visit(
      [&](const auto& of) {
        if constexpr (requires { of.attempt.task; }) text += StrCat(" ", ToString(of.attempt));
        if constexpr (requires { of.worker.name; }) text += StrCat(" ", ToString(of.worker));
        if constexpr (requires { of.peer.name; }) text += StrCat(" from ", ToString(of.peer));
        if constexpr (requires { of.query; }) text += StrCat(" q", of.query);
        if constexpr (requires { of.status.message(); }) text += StrCat(" ", of.status.message());
      },
      event);
  return text;
}

std::string Describe(const Action& action) {
  static constexpr const char* kNames[] = {"launch",  "cancel",   "fence", "delete",
                                           "deliver", "finished", "fail"};
  std::string text = StrCat("    -> ", kNames[action.index()]);
  std::visit(
      [&](const auto& of) {
        if constexpr (requires { of.attempt.task; }) text += StrCat(" ", ToString(of.attempt));
        if constexpr (requires { of.worker.name; }) text += StrCat(" ", ToString(of.worker));
        if constexpr (requires { of.query; }) text += StrCat(" q", of.query);
        if constexpr (requires { of.partition; }) text += StrCat(" p", of.partition);
        if constexpr (requires { of.status.message(); }) text += StrCat(" ", of.status.message());
      },
      action);
  return text;
}

}  // namespace

SimulatedCluster::SimulatedCluster(const SimulationOptions& options)
    : options_(options),
      random_(options.seed),
      coordinator_(DrawOptions(options, random_)),
      journal_(JournalHeader()) {}

void SimulatedCluster::After(int64_t delay_ms, Step step) {
  due_.push({time_ + std::max<int64_t>(delay_ms, 0), order_++, std::move(step)});
}

TimePoint SimulatedCluster::Now() const {
  return TimePoint{Duration{kEpoch + time_ + clock_offset_}};
}

void SimulatedCluster::Note(const std::string& line) {
  if (options_.trace) report_.trace.push_back(StrCat(time_, " ", line));
}

void SimulatedCluster::Fingerprint(uint64_t value) {
  report_.fingerprint = CombineHash(report_.fingerprint, value);
}

void SimulatedCluster::Tell(const Event& event) {
  if (options_.trace) Note(Describe(event));
  ledger_.CheckEvent(event, coordinator_);
  const std::string record = EncodeJournalRecord(event, Now());
  journal_ += record;
  Fingerprint(HashBytes(record.data(), record.size()));
  const std::vector<Action> actions = coordinator_.Handle(event, Now());
  ++report_.events;
  for (const Action& action : actions) {
    Fingerprint(action.index());
    if (options_.trace) Note(Describe(action));
  }
  ledger_.CheckActions(actions, coordinator_);
  ledger_.CheckState(coordinator_);
  if (crash_at_next_event_) {  // between the journal and the deed
    crash_at_next_event_ = false;
    RestartCoordinator();
    return;
  }
  CarryOut(actions);
  WakeUp();
}

void SimulatedCluster::WakeUp() {
  const auto due = coordinator_.NextWakeUp();
  if (!due) return;
  const int64_t at = time_ + std::max<int64_t>((*due - Now()).count(), 1);
  if (wake_up_ && *wake_up_ <= at) return;
  wake_up_ = at;
  After(at - time_, [this, at] {
    if (wake_up_ != at) return;
    wake_up_.reset();
    if (!IsDown()) Tell(Tick{});
  });
}

void SimulatedCluster::RestartCoordinator() {
  ++report_.restarts;
  Note("the coordinator is killed");
  // What was being written when it died is cut off.
  const std::string torn = EncodeJournalRecord(Tick{}, Now());
  const std::string on_disk = journal_ + torn.substr(0, random_.Between(0, torn.size() - 1));
  auto replayed = ReplayJournal(coordinator_.options(), on_disk);
  if (!replayed.ok()) {
    ledger_.Complain(replayed.status().ToString());
    return;
  }
  if (replayed->valid_bytes != journal_.size() ||
      replayed->coordinator.EncodeState() != coordinator_.EncodeState()) {
    ledger_.Complain("the journal does not lead to the state that was lost");
  }
  coordinator_ = std::move(replayed->coordinator);
  if (random_.Chance(500)) journal_ = JournalHeader() + EncodeJournalState(coordinator_);
  const auto downtime = static_cast<int64_t>(random_.Between(0, 3'000));
  down_until_ = time_ + downtime;
  wake_up_.reset();
  After(downtime, [this] { Tell(CoordinatorRestarted{}); });
}

void SimulatedCluster::CarryOut(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const auto* deliver = std::get_if<DeliverResult>(&action)) {
      After(static_cast<int64_t>(random_.Between(1, random_.Chance(100) ? 4'000 : 200)),
            [this, deliver = *deliver] { Fetch(deliver); });
    } else {
      Order(action);
    }
  }
}

void SimulatedCluster::Order(const Action& action) {
  if (const auto* launch = std::get_if<LaunchAttempt>(&action)) {
    OrderWorker(launch->worker, [this, launch = *launch](SimulatedWorker& worker) {
      if (worker.Knows(launch.attempt)) return;
      if (worker.deleted.contains(launch.attempt.task.query)) {
        const Event report = TaskFailed{launch.attempt, worker.identity,
                                        Status(StatusCode::kCancelled, "its query has ended")};
        worker.unanswered[launch.attempt] = report;
        Send(report, worker.identity, launch.attempt);
        return;
      }
      worker.running[launch.attempt].launch = launch;
      StartTasks(worker);
    });
  } else if (const auto* cancel = std::get_if<CancelAttempt>(&action)) {
    OrderWorker(cancel->worker, [this, attempt = cancel->attempt](SimulatedWorker& worker) {
      worker.Cancel(attempt);
      StartTasks(worker);
    });
  } else if (const auto* fence = std::get_if<FenceWorker>(&action)) {
    OrderWorker(fence->worker, [this](SimulatedWorker& worker) {
      worker.Die();
      Revive(worker);
    });
  } else if (const auto* unwanted = std::get_if<DeleteShuffleData>(&action)) {
    OrderWorker(unwanted->worker,
                [query = unwanted->query](SimulatedWorker& worker) { worker.Delete(query); });
  }
}

void SimulatedCluster::Fetch(const DeliverResult& deliver) {
  SimulationLedger::Client& client = ledger_.client(deliver.query);
  if (client.ended || client.tokens.contains(deliver.partition)) return;
  if (IsDown()) {
    After(down_until_ - time_ + 1, [this, deliver] { Fetch(deliver); });
    return;
  }
  const AttemptId attempt{{deliver.query, client.plan.graph.result_stage().id, deliver.partition},
                          deliver.attempt};
  const SimulatedWorker* worker = Find(deliver.location.worker);
  if (worker == nullptr || worker->paused_until > time_ || !worker->sealed.contains(attempt)) {
    const uint64_t taken = random_.Chance(100) ? 3 : 0;
    Tell(ResultFetchFailed{deliver.query, deliver.partition, deliver.attempt,
                           deliver.location.worker, taken,
                           Status(StatusCode::kFetchFailed, "no answer")});
    return;
  }
  client.tokens[deliver.partition] = worker->sealed.at(attempt)[0];
  Tell(ResultConsumed{deliver.query, deliver.partition, deliver.attempt});
}

void SimulatedCluster::SubmitSome() {
  to_submit_ = static_cast<uint32_t>(random_.Between(1, 3));
  for (uint32_t i = 0; i < to_submit_; ++i) {
    After(static_cast<int64_t>(random_.Between(0, 4'000)), [this] {
      if (IsDown()) down_until_ = time_;  // its restart is near enough; clients need an id from it
      const QueryId query = coordinator_.NextQueryId();
      SimulatedPlan plan = RandomPlan(random_);
      QuerySubmitted submitted{query, plan.graph, {}};
      submitted.settings.adaptation.target_partition_bytes = 64ULL << 20;
      if (options_.faults && random_.Chance(300)) {
        submitted.settings.deadline = Now() + Duration{random_.Between(3'000, 40'000)};
      }
      ledger_.Submit(query, std::move(plan));
      --to_submit_;
      Tell(submitted);
      if (!options_.faults) return;
      const auto later = static_cast<int64_t>(random_.Between(1, 6'000));
      if (random_.Chance(60)) {
        After(later, [this, query] {
          if (IsDown() || ledger_.client(query).ended) return;
          ledger_.client(query).cancelled = true;
          Tell(QueryCancelled{query, "the user changed their mind"});
        });
      } else if (random_.Chance(40)) {
        After(later, [this, query] {
          if (IsDown() || ledger_.client(query).ended) return;
          ledger_.client(query).closed = true;
          Tell(ResultClosed{query});
        });
      }
    });
  }
}

SimulationReport SimulatedCluster::Run() {
  PlanFaults();
  SubmitSome();
  int64_t end = kBoundAfterFaults;
  bool draining = false;
  while (!due_.empty() && ledger_.violation().empty()) {
    const Due due = due_.top();
    due_.pop();
    if (due.time > end) break;
    time_ = due.time;
    due.step();
    if (!draining && to_submit_ == 0 && AllEnded()) {
      draining = true;
      Heal();
      end = time_ + kLongestDelay + kTidyingUp;
      for (const auto& [name, worker] : workers_) {
        end = std::max(end, worker.paused_until + kTidyingUp);  // what is stopped goes on, too
      }
    }
    // The coordinator may be killed over the very event that ends the last query, or after it.
    if (draining) end = std::max(end, down_until_ + kTidyingUp);
  }
  if (ledger_.violation().empty()) CheckLeftovers();
  for (const auto& [query, client] : ledger_.clients()) {
    ++(client.status.ok() ? report_.succeeded : report_.failed);
  }
  report_.violation = ledger_.violation();
  return std::move(report_);
}

SimulationReport Simulate(const SimulationOptions& options) {
  return SimulatedCluster(options).Run();
}

}  // namespace trivet
