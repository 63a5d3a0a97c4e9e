#pragma once

#include <bit>

#include "expression/aggregates/kept_value.h"
#include "expression/aggregates/value_list.h"
#include "vector/hash_vector.h"

namespace trivet {

// How often each value of a group occurs, and where first: an open-addressing table in the arena.
// Trivially copyable.
template <typename T>
class ValueCounts {
 public:
  struct Entry {
    T value;
    uint64_t count;  // 0: the slot is free
    RowPosition first;
  };

  // `is_kept`: the value lies in an arena already. False where the arena refuses; then nothing has
  // changed.
  bool Add(const AggregateCall& call, const T& value, uint64_t count, const RowPosition& position,
           bool is_kept) {
    AggregateArena& arena = call.arena;
    if (2 * (size_ + 1) > capacity_ && !Grow(call, size_ + 1)) return false;
    Entry& entry = Find(value);
    if (entry.count == 0) {
      T copy = value;
      if (!is_kept && !CopyToArena(arena, value, copy)) return false;
      entry = {copy, count, position};
      ++size_;
      return true;
    }
    // Equal but different values (intervals): whichever order they came in, one of them stays.
    if (ComesBefore(value, entry.value)) {
      T copy = value;
      if (!is_kept && !CopyToArena(arena, value, copy)) return false;
      entry.value = copy;
    }
    entry.count += count;
    if (position < entry.first) entry.first = position;
    return true;
  }
  void Append(const AggregateCall& call, const ValueCounts& other) {
    other.ForEachUntilCancelled(
        call, [&](const Entry& entry) { Add(call, entry.value, entry.count, entry.first, true); });
  }
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (uint64_t i = 0; i < capacity_; ++i) {
      if (entries_[i].count != 0) visit(entries_[i]);
    }
  }
  // What is left out of a cancelled query's answer, nobody sees.
  template <typename Visit>
  void ForEachUntilCancelled(const AggregateCall& call, const Visit& visit) const {
    for (uint64_t i = 0; i < capacity_; ++i) {
      if (i % kUninterrupted == 0 && call.context.cancellation().IsCancelled()) return;
      if (entries_[i].count != 0) visit(entries_[i]);
    }
  }
  uint64_t size() const { return size_; }
  void Write(StateWriter& out) const {
    out.PutUnsigned(size_);
    ForEach([&](const Entry& entry) {
      out.PutValue(entry.value);
      out.PutUnsigned(entry.count);
      out.PutPosition(entry.first);
    });
  }
  // Adds written values, all or, where the arena refuses, none; false where the bytes are none.
  bool Absorb(const AggregateCall& call, const LogicalType& type, StateReader& in) {
    uint64_t size = 0;
    if (!in.GetCount(size)) return false;
    // All memory first. An entry takes at least a byte: a broken size asks for no more than that.
    StateReader ahead = in;
    uint64_t text_bytes = 0;
    for (uint64_t i = 0; i < size; ++i) {
      Entry entry{};
      if (!Read(type, ahead, entry)) return false;
      if constexpr (std::is_same_v<T, StringView>) {
        if (!entry.value.is_inline()) text_bytes += entry.value.size();
      }
    }
    if (2 * (size_ + size) > capacity_ && !Grow(call, size_ + size)) return true;
    char* texts = nullptr;
    if (text_bytes != 0) {
      texts = static_cast<char*>(call.arena.Allocate(text_bytes));
      if (texts == nullptr) return true;
    }
    for (uint64_t i = 0; i < size; ++i) {
      Entry entry{};
      if (!Read(type, in, entry)) return false;
      if constexpr (std::is_same_v<T, StringView>) {
        if (!entry.value.is_inline()) {
          std::memcpy(texts, entry.value.data(), entry.value.size());
          entry.value = StringView(texts, entry.value.size());
          texts += entry.value.size();
        }
      }
      Add(call, entry.value, entry.count, entry.first, true);
    }
    return true;
  }

 private:
  static constexpr uint64_t kFirstCapacity = 8;
  static constexpr uint64_t kUninterrupted = uint64_t{1} << 16;

  Entry& Find(const T& value) {
    uint64_t slot = HashOf(value) & (capacity_ - 1);
    while (entries_[slot].count != 0 && !Ordering<T>::Equal(entries_[slot].value, value)) {
      slot = (slot + 1) & (capacity_ - 1);
    }
    return entries_[slot];
  }
  static bool Read(const LogicalType& type, StateReader& in, Entry& entry) {
    return in.GetValue(type, entry.value) && in.GetCount(entry.count) && entry.count != 0 &&
           in.GetPosition(entry.first);
  }
  // To a table that so many values fill by half at most.
  bool Grow(const AggregateCall& call, uint64_t size) {
    const uint64_t capacity = std::max(kFirstCapacity, std::bit_ceil(2 * size));
    auto* entries = static_cast<Entry*>(call.arena.Allocate(capacity * sizeof(Entry)));
    if (entries == nullptr) return false;
    for (uint64_t i = 0; i < capacity; ++i) {
      if (i % kUninterrupted == 0 && call.context.cancellation().IsCancelled()) return false;
      entries[i].count = 0;
    }
    ValueCounts old = *this;
    entries_ = entries;
    capacity_ = capacity;
    old.ForEachUntilCancelled(call, [&](const Entry& entry) { Find(entry.value) = entry; });
    return true;
  }

  Entry* entries_;
  uint64_t capacity_;
  uint64_t size_;
};

}  // namespace trivet
