#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "coordinator/simulation/cluster.h"

// What goes wrong in the simulated cluster, and what must be left when nothing does any more.

namespace trivet {

namespace {
constexpr uint64_t kFaultsEnd = 15'000;
}

void SimulatedCluster::PlanFaults() {
  for (uint64_t i = random_.Between(1, 5); i > 0; --i) {
    SimulatedWorker& worker = workers_[StrCat("w", i)];
    worker.identity = {StrCat("w", i), 0};
    worker.slots = static_cast<uint32_t>(random_.Between(1, 3));
    worker.custom_operators = !options_.faults || random_.Chance(700);
    worker.slowness = random_.Chance(100) ? 8 : 1;
    Revive(worker);
  }
  if (!options_.faults) return;
  const uint64_t losses[] = {0, 10, 60};
  faults_.loss = losses[random_.Between(0, 2)];
  faults_.repetition = losses[random_.Between(0, 2)];
  faults_.delay = losses[random_.Between(0, 2)];
  faults_.task_failure = losses[random_.Between(0, 2)];
  for (uint64_t i = random_.Between(0, 8); i > 0; --i) {
    After(static_cast<int64_t>(random_.Between(1, kFaultsEnd)), [this] { Break(); });
  }
  After(kFaultsEnd, [this] { Heal(); });
}

void SimulatedCluster::Break() {
  if (healed_) return;
  auto victim = workers_.begin();
  std::advance(victim, random_.Between(0, workers_.size() - 1));
  SimulatedWorker& worker = victim->second;
  switch (random_.Between(0, 7)) {
    case 0:
    case 1: Crash(worker); return;
    case 2:  // stopped, and let go on: what it says then must not count
      Note(StrCat(ToString(worker.identity), " is stopped"));
      worker.paused_until =
          std::max(worker.paused_until, time_ + static_cast<int64_t>(random_.Between(500, 14'000)));
      return;
    case 3:
      Note(StrCat(ToString(worker.identity), " is cut off from its peers"));
      worker.cut_off_until = time_ + static_cast<int64_t>(random_.Between(500, 6'000));
      return;
    case 4:
    case 5: {
      if (worker.sealed.empty()) return;
      auto output = worker.sealed.begin();
      std::advance(output, random_.Between(0, worker.sealed.size() - 1));
      Note(StrCat(ToString(worker.identity), " loses the output of ", ToString(output->first)));
      worker.sealed.erase(output);
      return;
    }
    case 6:
      clock_offset_ += random_.Chance(500) ? static_cast<int64_t>(random_.Between(1, 30'000))
                                           : -static_cast<int64_t>(random_.Between(1, 30'000));
      Note(StrCat("the clock is off by ", clock_offset_));
      return;
    default: crash_at_next_event_ = true; return;
  }
}

void SimulatedCluster::Crash(SimulatedWorker& worker) {
  if (!worker.alive) return;
  Note(StrCat(ToString(worker.identity), " crashes"));
  worker.Die();
  if (random_.Chance(500)) {
    After(static_cast<int64_t>(random_.Between(5, 3'000)), [this, identity = worker.identity] {
      if (!IsDown()) Tell(WorkerLost{identity, "its process exited"});
    });
  }
  if (random_.Chance(700)) Revive(worker);
}

void SimulatedCluster::Revive(SimulatedWorker& worker) {
  const WorkerIncarnation before = worker.identity;
  After(static_cast<int64_t>(random_.Between(1, 1'500)), [this, before] {
    SimulatedWorker& again = workers_.at(before.name);
    if (again.alive || again.identity != before) return;
    again.Rise();
    Beat(again.identity);
  });
}

void SimulatedCluster::Heal() {
  if (healed_) return;
  healed_ = true;
  Note("all faults end");
  faults_ = {};
  for (auto& [name, worker] : workers_) {
    worker.cut_off_until = 0;
    if (!worker.alive) Revive(worker);
  }
}

bool SimulatedCluster::AllEnded() {
  return std::all_of(ledger_.clients().begin(), ledger_.clients().end(),
                     [](const auto& entry) { return entry.second.ended; });
}

void SimulatedCluster::CheckLeftovers() {
  ledger_.CheckEnd(coordinator_);
  for (const auto& [name, worker] : workers_) {
    if (!worker.running.empty()) {
      ledger_.Complain(StrCat(ToString(worker.identity), " still runs ",
                              ToString(worker.running.begin()->first)));
    }
    if (!worker.sealed.empty()) {
      ledger_.Complain(StrCat(ToString(worker.identity), " still holds the output of ",
                              ToString(worker.sealed.begin()->first)));
    }
  }
}

}  // namespace trivet
