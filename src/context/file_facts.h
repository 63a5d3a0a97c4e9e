#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <typeindex>
#include <utility>

#include "base/file_system.h"
#include "base/memory.h"

namespace trivet {

// What was learned by reading files, such as their footers, kept for whoever opens the same file
// again: the same as its path, size and modification time tell. A fact counts in the budget as long
// as anybody holds it, a plan or a running scan as much as these. Here are kept at most a 64th of
// the budget, no more than kMostBytes, least recently used go first, and all that nobody else holds
// as soon as anybody is refused memory and `next` has no more to give. Thread-safe; `next` and the
// file systems outlive it, the budget its facts.
class FileFacts final : public MemoryReclaimer {
 public:
  static constexpr size_t kMostBytes = size_t{256} << 20;

  // Takes the place of `next` as the budget's reclaimer.
  FileFacts(std::shared_ptr<MemoryManager> memory, MemoryReclaimer& next);
  ~FileFacts() override;

  // The fact of this kind about the file, or null.
  template <typename Fact>
  std::shared_ptr<const Fact> Find(FileSystem& files, const FileInfo& info) {
    return std::static_pointer_cast<const Fact>(FindAny(KeyOf<Fact>(files, info)));
  }
  // Has the budget pay `bytes` for the fact, and keeps it where there is room. OutOfMemory, which
  // names `consumer`, where the budget refuses.
  template <typename Fact>
  Result<std::shared_ptr<const Fact>> Add(FileSystem& files, const FileInfo& info, Fact fact,
                                          size_t bytes, std::string_view consumer) {
    TRIVET_ASSIGN_OR_RETURN(Reservation reservation, memory_->TryReserve(bytes, consumer));
    const auto paid =
        std::make_shared<const Paid<Fact>>(memory_, std::move(reservation), std::move(fact));
    std::shared_ptr<const Fact> shared(paid, &paid->fact);
    Keep(KeyOf<Fact>(files, info), shared, bytes);
    return shared;
  }

  // What is kept here, be it in use or not.
  size_t bytes() const;
  size_t Reclaim(size_t bytes) override;
  // Of `next` alone: what of the facts is in use is not told.
  size_t reclaimable_bytes() const override { return next_.reclaimable_bytes(); }

 private:
  using Key = std::tuple<std::type_index, const FileSystem*, std::string, uint64_t, int64_t>;
  template <typename Fact>
  struct Paid {
    Paid(std::shared_ptr<MemoryManager> budget, Reservation taken, Fact value)
        : memory(std::move(budget)), reservation(std::move(taken)), fact(std::move(value)) {}
    std::shared_ptr<MemoryManager> memory;  // outlives the reservation
    Reservation reservation;
    Fact fact;
  };
  struct Entry {
    Key key;
    std::shared_ptr<const void> fact;
    size_t bytes;
  };
  using Entries = std::list<Entry>;  // most recently used first

  template <typename Fact>
  static Key KeyOf(FileSystem& files, const FileInfo& info) {
    return {typeid(Fact), &files.Lasting(), info.path, info.size_bytes, info.modified_nanos};
  }
  std::shared_ptr<const void> FindAny(const Key& key);
  void Keep(Key key, std::shared_ptr<const void> fact, size_t bytes);
  void RemoveLocked(Entries::iterator entry, Entries& removed);

  const std::shared_ptr<MemoryManager> memory_;
  MemoryReclaimer& next_;
  mutable std::mutex mutex_;  // guards the rest
  Entries entries_;
  std::map<Key, Entries::iterator> by_key_;
  size_t bytes_ = 0;
};

}  // namespace trivet
