#include "context/buffer_cache.h"

#include <malloc.h>

#include <algorithm>
#include <unordered_set>

#include "base/hash.h"
#include "base/large_memory_pool.h"

namespace trivet {

namespace {
// An entry counts as out of use once so many times the cache's size were asked for after it.
constexpr uint64_t kTurns = 2;
// Beyond, numbers of files are given anew.
constexpr size_t kMaxFiles = 100'000;
constexpr uint64_t kEver = ~uint64_t{0};
constexpr size_t kTrimBytes = size_t{32} << 20;
// A budget of no more than this is others' alone: what would be kept is soon wanted back, and the
// allocator does not give all of that to the system.
constexpr size_t kLeftToOthers = size_t{1} << 30;

constexpr size_t kMostPoolBytes = size_t{2} << 30;
constexpr size_t kMostSampleBytes = size_t{64} << 20;

size_t MostSampleBytes(const MemoryManager& memory) {
  return std::min(memory.limit_bytes() / 64, kMostSampleBytes);
}

size_t MostBytes(const MemoryManager& memory) {
  const size_t limit = memory.limit_bytes();
  return limit > kLeftToOthers ? (limit - kLeftToOthers) / 2 : 0;
}

// What freed memory may wait for the next query.
size_t MostPoolBytes(const MemoryManager& memory) {
  return std::min(MostBytes(memory) / 4, kMostPoolBytes);
}
}  // namespace

BufferCache::BufferCache(MemoryManager& memory, FreedMemory freed)
    : memory_(memory), freed_(freed) {
  memory_.SetReclaimer(this);
  FitPool();
}

void BufferCache::FitPool() {
  if (freed_ == FreedMemory::kReturned) return;
  LargeMemoryPool::Instance().Attach(memory_, MostPoolBytes(memory_));
}

BufferCache::~BufferCache() {
  LargeMemoryPool::Instance().Detach(memory_);
  memory_.SetReclaimer(nullptr);
}

size_t BufferCache::reclaimable_bytes() const {
  return bytes_.load(std::memory_order_relaxed) + LargeMemoryPool::Instance().kept_bytes(memory_);
}

size_t BufferCache::KeyHash::operator()(const Key& key) const {
  return HashInt64(key.file * 0x9E3779B97F4A7C15u ^ key.offset);
}

uint64_t BufferCache::FileNumber(const FileSystem& files, const FileInfo& info, uint64_t scope) {
  std::lock_guard lock(mutex_);
  if (files_.size() > kMaxFiles) {
    // Scopes count on theirs to be there in the end.
    std::erase_if(files_, [](const auto& file) {
      return std::get<0>(file.first) == 0 || std::get<0>(file.first) == kSamples;
    });
  }
  const uint64_t kind = scope == kSamples ? kSample : scope != 0 ? kScoped : 0;
  const auto [known, is_new] = files_.try_emplace(
      {scope, &files, info.path, info.size_bytes, info.modified_nanos}, next_file_ | kind);
  next_file_ += is_new;
  return known->second;
}

std::shared_ptr<const void> BufferCache::Find(const Key& key) {
  if (!Serves(key.file)) return nullptr;
  std::lock_guard lock(mutex_);
  const auto known = entries_.find(key);
  if (known == entries_.end()) return nullptr;
  Entry& entry = known->second;
  clock_ += entry.bytes;
  entry.last_use = clock_;
  order_.splice(order_.begin(), order_, entry.place);
  hits_.fetch_add(1, std::memory_order_relaxed);
  return entry.value;
}

bool BufferCache::Contains(const Key& key) {
  if (!Serves(key.file)) return false;
  std::lock_guard lock(mutex_);
  return entries_.contains(key);
}

Reservation BufferCache::Admit(uint64_t file, size_t bytes) {
  if (!Serves(file)) return {};
  if (IsSample(file)) return AdmitSample(bytes);
  const size_t most = MostBytes(memory_);
  Dropped dropped;
  {
    std::lock_guard lock(mutex_);
    clock_ += bytes;
    const size_t held = bytes_.load(std::memory_order_relaxed) - sample_bytes_;
    if (bytes > most) return {};
    if (held + bytes > most) {
      const size_t excess = held + bytes - most;
      const uint64_t turns = kTurns * most;
      if (clock_ < turns || Evict(excess, clock_ - turns, dropped) < excess) return {};
    }
  }
  dropped.clear();
  // Others come first: what they are likely to want next is not worth taking, to be given back at
  // once.
  if (memory_.reserved_bytes() + bytes > kLeftToOthers + most + most / 4) return {};
  Result<Reservation> reserved = memory_.TryReserve(bytes, "page cache");
  return reserved.ok() ? *std::move(reserved) : Reservation();
}

// Samples replace samples, the least recently used first.
Reservation BufferCache::AdmitSample(size_t bytes) {
  const size_t most = MostSampleBytes(memory_);
  if (bytes > most) return {};
  Dropped dropped;
  {
    std::lock_guard lock(mutex_);
    for (auto place = order_.end(); place != order_.begin() && sample_bytes_ + bytes > most;) {
      --place;
      if (!IsSample(place->file)) continue;
      const auto oldest = entries_.find(*place);
      sample_bytes_ -= oldest->second.bytes;
      bytes_.fetch_sub(oldest->second.bytes, std::memory_order_relaxed);
      dropped.push_back(std::move(oldest->second.value));
      entries_.erase(oldest);
      place = order_.erase(place);
    }
  }
  dropped.clear();
  Result<Reservation> reserved = memory_.TryReserve(bytes, "table sample");
  return reserved.ok() ? *std::move(reserved) : Reservation();
}

void BufferCache::Insert(const Key& key, std::shared_ptr<const void> value, size_t bytes) {
  if (!Serves(key.file)) return;
  std::lock_guard lock(mutex_);
  // Two threads may have made the same one.
  const auto [known, is_new] = entries_.try_emplace(key);
  if (!is_new) return;
  order_.push_front(key);
  known->second = {std::move(value), bytes, clock_, order_.begin()};
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (IsSample(key.file)) sample_bytes_ += bytes;
}

size_t BufferCache::Evict(size_t bytes, uint64_t before, Dropped& dropped) {
  size_t freed = 0;
  while (freed < bytes && !order_.empty()) {
    const auto oldest = entries_.find(order_.back());
    if (oldest->second.last_use >= before) break;
    freed += oldest->second.bytes;
    if (IsSample(oldest->first.file)) sample_bytes_ -= oldest->second.bytes;
    dropped.push_back(std::move(oldest->second.value));
    entries_.erase(oldest);
    order_.pop_back();
  }
  bytes_.fetch_sub(freed, std::memory_order_relaxed);
  return freed;
}

size_t BufferCache::Reclaim(size_t bytes) {
  // Free memory is the cheapest to do without.
  size_t freed = 0;
  if (LargeMemoryPool& pool = LargeMemoryPool::Instance(); pool.kept_bytes(memory_) != 0) {
    freed = pool.Release();
    if (freed >= bytes) return freed;
  }
  return freed + EvictAndTrim(bytes - freed);
}

size_t BufferCache::EvictAndTrim(size_t bytes) {
  size_t freed = 0;
  {
    Dropped dropped;
    std::lock_guard lock(mutex_);
    freed = Evict(bytes, kEver, dropped);
  }
#ifdef __GLIBC__
  // Small pages lie between others' memory, and the allocator keeps what becomes free there.
  if (untrimmed_.fetch_add(freed, std::memory_order_relaxed) + freed > kTrimBytes) {
    untrimmed_.store(0, std::memory_order_relaxed);
    malloc_trim(0);
  }
#endif
  return freed;
}

uint64_t BufferCache::OpenScope() {
  std::lock_guard lock(mutex_);
  return next_scope_++;
}

void BufferCache::CloseScope(uint64_t scope) {
  Dropped dropped;
  std::lock_guard lock(mutex_);
  std::unordered_set<uint64_t> numbers;
  const auto first = files_.lower_bound({scope, nullptr, "", 0, 0});
  auto last = first;
  for (; last != files_.end() && std::get<0>(last->first) == scope; ++last) {
    numbers.insert(last->second);
  }
  files_.erase(first, last);
  if (numbers.empty()) return;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (!numbers.contains(entry->first.file)) {
      ++entry;
      continue;
    }
    bytes_.fetch_sub(entry->second.bytes, std::memory_order_relaxed);
    dropped.push_back(std::move(entry->second.value));
    order_.erase(entry->second.place);
    entry = entries_.erase(entry);
  }
}

void BufferCache::FitLimit() {
  FitPool();
  const size_t most = MostBytes(memory_);
  size_t held = 0;
  {
    std::lock_guard lock(mutex_);
    held = bytes_.load(std::memory_order_relaxed) - sample_bytes_;
  }
  if (held > most) EvictAndTrim(held - most);
}

void BufferCache::SetEnabled(bool enabled) {
  // Every change of any setting comes by here.
  if (enabled_.exchange(enabled, std::memory_order_relaxed) == enabled) return;
  if (!enabled) EvictAndTrim(~size_t{0});
}

}  // namespace trivet
