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
// as anybody else is refused memory there. An entry that others would replace stays as long as it is in use: one pass
// over much more than fits leaves the cache as it was. Thread-safe; the budget and the file systems
// outlive it.
class BufferCache final : public MemoryReclaimer {
 public:
  // Registers itself with `memory`; one cache a budget.
  explicit BufferCache(MemoryManager& memory);
  ~BufferCache() override;

  // A number for the file's content as its size and modification time tell it.
  uint64_t FileNumber(const FileSystem& files, const FileInfo& info);

  struct Key {
    uint64_t file = 0;
    uint64_t offset = 0;
    bool operator==(const Key& other) const = default;
  };
  // The entry, or null.
  std::shared_ptr<const void> Find(const Key& key);
  // Memory for an entry about to be made, which holds it as long as it lives; empty (no bytes)
  // where it would not be kept.
  Reservation Admit(size_t bytes);
  // Keeps an entry that was admitted.
  void Insert(const Key& key, std::shared_ptr<const void> entry, size_t bytes);

  MemoryManager& memory() { return memory_; }
  // After the budget's limit was changed.
  void FitLimit();
  // Off: nothing is found or kept, and what there was is dropped.
  void SetEnabled(bool enabled);

  size_t Reclaim(size_t bytes) override;
  size_t reclaimable_bytes() const override { return bytes_.load(std::memory_order_relaxed); }
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

  // Drops the least recently used entries, up to `bytes`, that were last used before `before`.
  size_t Evict(size_t bytes, uint64_t before, Dropped& dropped);

  MemoryManager& memory_;
  std::atomic<bool> enabled_{true};
  std::atomic<size_t> bytes_{0};
  std::atomic<uint64_t> hits_{0};
  std::atomic<size_t> untrimmed_{0};  // bytes let go since the allocator last gave any back
  std::mutex mutex_;                  // guards the rest
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::list<Key> order_;  // most recently used first
  uint64_t clock_ = 0;    // bytes asked for so far
  using FileKey = std::tuple<const FileSystem*, std::string, uint64_t, int64_t>;
  std::map<FileKey, uint64_t> files_;
  uint64_t next_file_ = 1;
};

}  // namespace trivet
