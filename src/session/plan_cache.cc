#include "session/plan_cache.h"

#include <algorithm>
#include <utility>

namespace trivet {

namespace {

constexpr size_t kShareOfBudget = 64;
constexpr size_t kMostBytes = size_t{64} << 20;

bool IsSame(const PlanSurroundings& a, const PlanSurroundings& b) {
  return a.catalog_version == b.catalog_version && a.extensions == b.extensions &&
         a.simd_level == b.simd_level && a.settings == b.settings;
}

bool IsFixedAs(const Value& kept, const Value& value) {
  return kept.type() == value.type() && kept.is_null() == value.is_null() &&
         Expression::Constant(kept)->Equals(*Expression::Constant(value));
}

// Is the value one that the plan serves? `kept` is what it was made with.
bool Serves(const CachedPlan& plan, const std::string& name, const Value& kept,
            const Value& value) {
  const auto found = plan.parameters.find(name);
  return found != plan.parameters.end() ? found->second->Serves(value) : IsFixedAs(kept, value);
}

bool ServesAll(const CachedPlan& plan, const ParameterValues& values) {
  const ParameterValues& kept = plan.fixed;
  if (kept.positional.size() != values.positional.size() ||
      kept.named.size() != values.named.size()) {
    return false;
  }
  for (size_t i = 0; i < kept.positional.size(); ++i) {
    if (!Serves(plan, std::to_string(i + 1), kept.positional[i], values.positional[i])) {
      return false;
    }
  }
  return std::ranges::all_of(values.named, [&](const auto& entry) {
    const auto found = kept.named.find(entry.first);
    return found != kept.named.end() && Serves(plan, entry.first, found->second, entry.second);
  });
}

size_t ValuesBytes(const ParameterValues& values) {
  // Values that are not parameters of the plan are NULLs and lists.
  size_t bytes = 0;
  for (const Value& value : values.positional) bytes += sizeof(value) + value.ToString().size();
  for (const auto& [name, value] : values.named) bytes += 2 * sizeof(value) + name.size();
  return bytes;
}

size_t BytesOf(std::string_view sql, const CachedPlan& plan) {
  size_t bytes = sizeof(plan) + 2 * sql.size() + PlanBytes(*plan.plan) + plan.files.memory_bytes() +
                 ValuesBytes(plan.fixed);
  for (const auto& [name, parameter] : plan.parameters) bytes += parameter->memory_bytes();
  for (const ResultColumn& column : plan.columns) bytes += sizeof(column) + column.name.size();
  return bytes;
}

}  // namespace

PlanCache::PlanCache(MemoryManager& memory, MemoryReclaimer& next) : memory_(memory), next_(next) {
  memory_.SetReclaimer(this);
}

PlanCache::~PlanCache() {
  Clear();
  memory_.SetReclaimer(&next_);
}

std::shared_ptr<const CachedPlan> PlanCache::Find(std::string_view sql,
                                                  const PlanSurroundings& surroundings,
                                                  const ParameterValues& parameters,
                                                  FileSystem& files) {
  std::shared_ptr<const CachedPlan> found;
  {
    std::lock_guard lock(mutex_);
    const auto [begin, end] = by_text_.equal_range(sql);
    for (auto place = begin; place != end; ++place) {
      const CachedPlan& plan = *place->second->plan;
      if (!IsSame(plan.surroundings, surroundings) || !ServesAll(plan, parameters)) continue;
      found = place->second->plan;
      entries_.splice(entries_.begin(), entries_, place->second);
      break;
    }
  }
  // Files are looked at without holding anybody up.
  if (found != nullptr && !found->files.AreCurrent(files)) {
    Remove(sql, found.get());
    found = nullptr;
  }
  (found != nullptr ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  return found;
}

void PlanCache::Insert(std::string_view sql, CachedPlan plan) {
  if (sql.size() > kMostTextBytes) return;
  const size_t most_bytes = std::min(kMostBytes, memory_.limit_bytes() / kShareOfBudget);
  const size_t bytes = BytesOf(sql, plan);
  if (bytes > most_bytes) return;
  Result<Reservation> reservation = memory_.TryReserve(bytes, "plan cache");
  if (!reservation.ok()) return;  // a query that needs it comes first
  Entries removed;                // goes after the lock
  std::lock_guard lock(mutex_);
  // Plans of a catalog that is gone would keep its tables.
  const uint64_t version = plan.surroundings.catalog_version;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->plan->surroundings.catalog_version < version) RemoveLocked(entry, removed);
    entry = next;
  }
  if (by_text_.count(sql) >= kMostPlansOfAText) {
    const auto oldest = std::find_if(entries_.rbegin(), entries_.rend(),
                                     [&](const Entry& entry) { return entry.sql == sql; });
    RemoveLocked(std::prev(oldest.base()), removed);
  }
  TrimLocked(kMostPlans - 1, most_bytes - bytes, removed);
  entries_.push_front({std::string(sql), std::make_shared<const CachedPlan>(std::move(plan)),
                       std::move(reservation).value()});
  by_text_.emplace(entries_.front().sql, entries_.begin());
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void PlanCache::RemoveLocked(Entries::iterator entry, Entries& removed) {
  auto [begin, end] = by_text_.equal_range(entry->sql);
  by_text_.erase(
      std::find_if(begin, end, [&](const auto& place) { return place.second == entry; }));
  bytes_.fetch_sub(entry->reservation.bytes(), std::memory_order_relaxed);
  removed.splice(removed.end(), entries_, entry);
}

void PlanCache::Remove(std::string_view sql, const CachedPlan* plan) {
  Entries removed;
  std::lock_guard lock(mutex_);
  const auto [begin, end] = by_text_.equal_range(sql);
  const auto place =
      std::find_if(begin, end, [&](const auto& known) { return known.second->plan.get() == plan; });
  if (place != end) RemoveLocked(place->second, removed);
}

void PlanCache::TrimLocked(size_t most_plans, size_t most_bytes, Entries& removed) {
  while (!entries_.empty() && (entries_.size() > most_plans || bytes_.load() > most_bytes)) {
    RemoveLocked(std::prev(entries_.end()), removed);
  }
}

void PlanCache::Clear() {
  Entries removed;
  std::lock_guard lock(mutex_);
  TrimLocked(0, 0, removed);
}

PlanCache::Metrics PlanCache::metrics() const {
  std::lock_guard lock(mutex_);
  return {hits_.load(), misses_.load(), entries_.size(), bytes_.load()};
}

size_t PlanCache::Reclaim(size_t bytes) {
  const size_t freed = next_.Reclaim(bytes);
  if (freed >= bytes) return freed;
  Entries removed;
  std::lock_guard lock(mutex_);
  const size_t before = bytes_.load();
  TrimLocked(entries_.size(), before - std::min(before, bytes - freed), removed);
  return freed + before - bytes_.load();
}

size_t PlanCache::reclaimable_bytes() const {
  return next_.reclaimable_bytes() + bytes_.load(std::memory_order_relaxed);
}

}  // namespace trivet
