#include "context/file_facts.h"

#include <algorithm>

namespace trivet {

namespace {
constexpr size_t kShareOfBudget = 64;
}  // namespace

FileFacts::FileFacts(std::shared_ptr<MemoryManager> memory, MemoryReclaimer& next)
    : memory_(std::move(memory)), next_(next) {
  memory_->SetReclaimer(this);
}

FileFacts::~FileFacts() { memory_->SetReclaimer(&next_); }

std::shared_ptr<const void> FileFacts::FindAny(const Key& key) {
  std::lock_guard lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, known->second);
  return known->second->fact;
}

void FileFacts::Keep(Key key, std::shared_ptr<const void> fact, size_t bytes) {
  const size_t most_bytes = std::min(kMostBytes, memory_->limit_bytes() / kShareOfBudget);
  if (bytes > most_bytes) return;
  Entries removed;  // goes after the lock
  std::lock_guard lock(mutex_);
  if (by_key_.contains(key)) return;  // somebody was quicker
  entries_.push_front({key, std::move(fact), bytes});
  by_key_.emplace(std::move(key), entries_.begin());
  bytes_ += bytes;
  while (bytes_ > most_bytes) RemoveLocked(std::prev(entries_.end()), removed);
}

void FileFacts::RemoveLocked(Entries::iterator entry, Entries& removed) {
  by_key_.erase(entry->key);
  bytes_ -= entry->bytes;
  removed.splice(removed.end(), entries_, entry);
}

size_t FileFacts::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

size_t FileFacts::Reclaim(size_t bytes) {
  size_t freed = next_.Reclaim(bytes);
  Entries removed;
  std::lock_guard lock(mutex_);
  for (auto entry = entries_.end(); freed < bytes && entry != entries_.begin();) {
    --entry;
    // Others would go on to hold it, and the next one would have to read it again.
    if (entry->fact.use_count() > 1) continue;
    const auto unused = entry++;
    freed += unused->bytes;
    RemoveLocked(unused, removed);
  }
  return freed;
}

}  // namespace trivet
