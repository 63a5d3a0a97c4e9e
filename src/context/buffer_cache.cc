#include "context/buffer_cache.h"

#include <malloc.h>

#include <algorithm>

#include "base/hash.h"

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

size_t MostBytes(const MemoryManager& memory) {
  const size_t limit = memory.limit_bytes();
  return limit > kLeftToOthers ? (limit - kLeftToOthers) / 2 : 0;
}
}  // namespace

BufferCache::BufferCache(MemoryManager& memory) : memory_(memory) { memory_.SetReclaimer(this); }

BufferCache::~BufferCache() { memory_.SetReclaimer(nullptr); }

size_t BufferCache::KeyHash::operator()(const Key& key) const {
  return HashInt64(key.file * 0x9E3779B97F4A7C15u ^ key.offset);
}

uint64_t BufferCache::FileNumber(const FileSystem& files, const FileInfo& info) {
  std::lock_guard lock(mutex_);
  if (files_.size() > kMaxFiles) files_.clear();
  const auto [known, is_new] =
      files_.try_emplace({&files, info.path, info.size_bytes, info.modified_nanos}, next_file_);
  next_file_ += is_new;
  return known->second;
}

std::shared_ptr<const void> BufferCache::Find(const Key& key) {
  if (!enabled_.load(std::memory_order_relaxed)) return nullptr;
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

Reservation BufferCache::Admit(size_t bytes) {
  if (!enabled_.load(std::memory_order_relaxed)) return {};
  const size_t most = MostBytes(memory_);
  Dropped dropped;
  {
    std::lock_guard lock(mutex_);
    clock_ += bytes;
    const size_t held = bytes_.load(std::memory_order_relaxed);
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

void BufferCache::Insert(const Key& key, std::shared_ptr<const void> value, size_t bytes) {
  if (!enabled_.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(mutex_);
  // Two threads may have made the same one.
  const auto [known, is_new] = entries_.try_emplace(key);
  if (!is_new) return;
  order_.push_front(key);
  known->second = {std::move(value), bytes, clock_, order_.begin()};
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

size_t BufferCache::Evict(size_t bytes, uint64_t before, Dropped& dropped) {
  size_t freed = 0;
  while (freed < bytes && !order_.empty()) {
    const auto oldest = entries_.find(order_.back());
    if (oldest->second.last_use >= before) break;
    freed += oldest->second.bytes;
    dropped.push_back(std::move(oldest->second.value));
    entries_.erase(oldest);
    order_.pop_back();
  }
  bytes_.fetch_sub(freed, std::memory_order_relaxed);
  return freed;
}

size_t BufferCache::Reclaim(size_t bytes) {
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

void BufferCache::FitLimit() {
  const size_t most = MostBytes(memory_);
  const size_t held = reclaimable_bytes();
  if (held > most) Reclaim(held - most);
}

void BufferCache::SetEnabled(bool enabled) {
  enabled_.store(enabled, std::memory_order_relaxed);
  if (!enabled) Reclaim(~size_t{0});
}

}  // namespace trivet
