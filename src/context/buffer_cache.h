#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>

#include "base/file_system.h"
#include "base/memory.h"

namespace trivet {

// What was made of files' bytes and may be wanted again by later queries: decompressed pages,
// decoded dictionaries. Takes at most half of a budget beyond its first GiB, and gives way as soon
// as anybody else is refused memory there; so does the memory that LargeMemoryPool keeps for this
// budget, an eighth of the same, at most 1 GiB. An entry that others would replace stays as long as
// it is in use: one pass over much more than fits leaves the cache as it was. Samples of tables,
// for the optimiser, have a small share of their own, also where no pages are kept. Thread-safe;
// the budget and the file systems outlive it.
class BufferCache final : public MemoryReclaimer {
 public:
  // Whether freed memory is kept for later queries: not in one of many processes of a machine.
  enum class FreedMemory : uint8_t { kKept, kReturned };
  // Registers itself with `memory`; one cache a budget.
  explicit BufferCache(MemoryManager& memory, FreedMemory freed = FreedMemory::kReturned);
  ~BufferCache() override;

  // Instead of a scope: samples of the file.
  static constexpr uint64_t kSamples = ~uint64_t{0};
  // A number for the file's content as its size and modification time tell it; in a scope, one that
  // only the scope has.
  uint64_t FileNumber(const FileSystem& files, const FileInfo& info, uint64_t scope = 0);

  struct Key {
    uint64_t file = 0;
    uint64_t offset = 0;
    bool operator==(const Key& other) const = default;
  };
  // The entry, or null.
  std::shared_ptr<const void> Find(const Key& key);
  // Whether there is such an entry now; does not count as a use.
  bool Contains(const Key& key);
  // Memory for an entry about to be made, which holds it as long as it lives; empty (no bytes)
  // where it would not be kept.
  Reservation Admit(uint64_t file, size_t bytes);
  // Keeps an entry that was admitted.
  void Insert(const Key& key, std::shared_ptr<const void> entry, size_t bytes);

  // Whether the file's entries go with the scope that gave its number.
  static bool IsScoped(uint64_t file) { return (file & kScoped) != 0; }
  static bool IsSample(uint64_t file) { return (file & kSample) != 0; }

  MemoryManager& memory() { return memory_; }
  // After the budget's limit was changed.
  void FitLimit();
  // Off: nothing is found or kept but samples and in scopes, and what there was is dropped.
  void SetEnabled(bool enabled);
  bool is_enabled() const { return enabled_.load(std::memory_order_relaxed); }

  size_t Reclaim(size_t bytes) override;
  size_t reclaimable_bytes() const override;
  uint64_t hit_count() const { return hits_.load(std::memory_order_relaxed); }

 private:
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Entry {
    std::shared_ptr<const void> value;
    size_t bytes = 0;
    uint64_t last_use = 0;
    std::list<Key>::iterator place;
  };
  using Dropped = std::list<std::shared_ptr<const void>>;

  size_t EvictAndTrim(size_t bytes);
  // Drops the least recently used entries, up to `bytes`, that were last used before `before`.
  size_t Evict(size_t bytes, uint64_t before, Dropped& dropped);

  friend class PageScope;
  // Files' numbers in scopes have this bit.
  static constexpr uint64_t kScoped = uint64_t{1} << 63;
  static constexpr uint64_t kSample = uint64_t{1} << 62;  // and samples' numbers this one
  bool Serves(uint64_t file) const { return is_enabled() || IsScoped(file) || IsSample(file); }
  Reservation AdmitSample(size_t bytes);
  uint64_t OpenScope();
  void CloseScope(uint64_t scope);
  void FitPool();

  MemoryManager& memory_;
  const FreedMemory freed_;
  std::atomic<bool> enabled_{true};
  std::atomic<size_t> bytes_{0};
  size_t sample_bytes_ = 0;  // of those; guarded by the mutex
  std::atomic<uint64_t> hits_{0};
  std::atomic<size_t> untrimmed_{0};  // bytes let go since the allocator last gave any back
  std::mutex mutex_;                  // guards the rest
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::list<Key> order_;  // most recently used first
  uint64_t clock_ = 0;    // bytes asked for so far
  using FileKey = std::tuple<uint64_t, const FileSystem*, std::string, uint64_t, int64_t>;
  std::map<FileKey, uint64_t> files_;
  uint64_t next_scope_ = 1;
  uint64_t next_file_ = 1;
};

// While it lives, the scans of one run may keep pages for one another, whether or not the cache
// keeps any for later ones. Thread-safe; the cache outlives it.
class PageScope {
 public:
  explicit PageScope(BufferCache& cache) : cache_(cache), number_(cache.OpenScope()) {}
  ~PageScope() { cache_.CloseScope(number_); }
  PageScope(const PageScope&) = delete;
  PageScope& operator=(const PageScope&) = delete;

  uint64_t FileNumber(const FileSystem& files, const FileInfo& info) const {
    return cache_.FileNumber(files, info, number_);
  }

 private:
  BufferCache& cache_;
  const uint64_t number_;
};

}  // namespace trivet
