#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory.h"
#include "base/simd_level.h"
#include "execution/physical_operator.h"
#include "extension/extensions.h"
#include "session/plan_template.h"
#include "session/planning_watch.h"
#include "session/query_result.h"
#include "session/settings.h"

namespace trivet {

// All that planning reads but the statement, its parameters and files.
struct PlanSurroundings {
  SettingValues settings;
  ExtensionSetPtr extensions;
  uint64_t catalog_version = 0;
  std::optional<SimdLevel> simd_level = ForcedSimdLevel();  // a setting, too
};

// A query's plan and what it was made of. Immutable.
struct CachedPlan {
  PlanSurroundings surroundings;
  // Of every parameter whether it was NULL, or nested: then its value is in the plan.
  ParameterValues fixed;
  PlanParameters parameters;  // the others
  FileSightings files;
  std::vector<ResultColumn> columns;
  PhysicalPlan plan;  // with references to parameters
};

// Plans of queries that ran, by their text, for those that ask the same again. A plan is given only
// where planning anew would see the same settings, catalog, extensions and files, and would have
// learned the same of the parameters; so it never gives another answer than a new one would. Takes
// at most a 64th of the budget, no more than 64 MiB or kMostPlans plans, and gives way, least
// recently used first, as soon as anybody else is refused memory and `next` has no more to give.
// Thread-safe; the budget and `next` outlive it.
class PlanCache final : public MemoryReclaimer {
 public:
  static constexpr size_t kMostPlans = 512;
  static constexpr size_t kMostPlansOfAText = 8;  // for other types, settings or values
  static constexpr size_t kMostTextBytes = size_t{1} << 16;

  // Takes the place of `next` as the budget's reclaimer.
  PlanCache(MemoryManager& memory, MemoryReclaimer& next);
  ~PlanCache() override;

  // The plan, or null.
  std::shared_ptr<const CachedPlan> Find(std::string_view sql, const PlanSurroundings& surroundings,
                                         const ParameterValues& parameters, FileSystem& files);
  // Keeps the plan where there is room.
  void Insert(std::string_view sql, CachedPlan plan);
  void Clear();

  struct Metrics {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t plans = 0;  // kept now
    uint64_t bytes = 0;  // that they take
  };
  Metrics metrics() const;

  size_t Reclaim(size_t bytes) override;
  size_t reclaimable_bytes() const override;

 private:
  struct Entry {
    std::string sql;
    std::shared_ptr<const CachedPlan> plan;
    Reservation reservation;
  };
  using Entries = std::list<Entry>;  // most recently used first

  void RemoveLocked(Entries::iterator entry, Entries& removed);
  void Remove(std::string_view sql, const CachedPlan* plan);
  // Removes the last ones until no more than so much is left.
  void TrimLocked(size_t most_plans, size_t most_bytes, Entries& removed);

  MemoryManager& memory_;
  MemoryReclaimer& next_;
  std::atomic<uint64_t> hits_{0};
  std::atomic<uint64_t> misses_{0};
  std::atomic<size_t> bytes_{0};
  mutable std::mutex mutex_;  // guards the rest
  Entries entries_;
  std::multimap<std::string_view, Entries::iterator> by_text_;  // views of entries' texts
};

}  // namespace trivet
