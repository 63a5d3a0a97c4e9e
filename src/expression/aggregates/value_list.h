#pragma once

#include <algorithm>
#include <cstring>

#include "expression/aggregate_function.h"
#include "expression/aggregates/state_bytes.h"

namespace trivet {

// Values of a group, in no particular order, in chunks that double up to a limit; lies in the
// arena. Trivially copyable: combining links the chunks of the source to those of the target, and a
// copy taken before values were added still holds those before.
template <typename T>
class ValueList {
 public:
  // False where the arena refuses; then the list is as it was.
  bool Add(AggregateArena& arena, const T& value) {
    if (next_ == end_ && !Grow(arena)) return false;
    *next_++ = value;
    return true;
  }
  void Append(const ValueList& other) {
    if (other.head_ == nullptr) return;
    if (tail_ == nullptr) {
      *this = other;
      return;
    }
    tail_->count = CountIn(tail_);
    tail_->next = other.head_;
    tail_ = other.tail_;
    next_ = other.next_;
    end_ = other.end_;
  }
  bool empty() const { return head_ == nullptr; }
  uint64_t count() const {
    uint64_t count = 0;
    for (const Chunk* chunk = head_; chunk != nullptr; chunk = Next(chunk)) count += CountIn(chunk);
    return count;
  }
  // All values side by side, to be sorted; null after an OutOfMemory of the arena, and when the
  // query is cancelled.
  T* Gather(const AggregateCall& call) const {
    if (head_ != nullptr && head_ == tail_) return head_->values();
    auto* all = static_cast<T*>(call.arena.Allocate(count() * sizeof(T)));
    if (all == nullptr) return nullptr;
    T* next = all;
    for (Chunk* chunk = head_; chunk != nullptr; chunk = Next(chunk)) {
      if (call.context.cancellation().IsCancelled()) return nullptr;
      const uint32_t in_chunk = CountIn(chunk);
      std::memcpy(static_cast<void*>(next), chunk->values(), in_chunk * sizeof(T));
      next += in_chunk;
    }
    return all;
  }
  void Write(StateWriter& out) const {
    out.PutUnsigned(count());
    ForEach([&](const T& value) { out.PutValue(value); });
  }
  // Adds written values, all or, where the arena refuses, none; false where the bytes are none.
  bool Absorb(AggregateArena& arena, const LogicalType& type, StateReader& in);
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (Chunk* chunk = head_; chunk != nullptr; chunk = Next(chunk)) {
      const uint32_t in_chunk = CountIn(chunk);
      for (uint32_t i = 0; i < in_chunk; ++i) visit(chunk->values()[i]);
    }
  }

 private:
  struct alignas(16) Chunk {
    Chunk* next;
    uint32_t count;  // not kept for the last chunk, whose values end before next_
    uint32_t capacity;
    T* values() { return reinterpret_cast<T*>(this + 1); }
  };
  static constexpr uint32_t kFirstCapacity = 4;
  static constexpr uint32_t kLargestCapacity = 1 << 14;

  // What the last chunk points to, a later copy of the list may have put there.
  Chunk* Next(const Chunk* chunk) const { return chunk == tail_ ? nullptr : chunk->next; }
  uint32_t CountIn(const Chunk* chunk) const {
    return chunk != tail_ ? chunk->count : static_cast<uint32_t>(next_ - tail_->values());
  }
  bool Grow(AggregateArena& arena) {
    const uint32_t capacity =
        tail_ == nullptr ? kFirstCapacity : std::min(2 * tail_->capacity, kLargestCapacity);
    auto* chunk = static_cast<Chunk*>(arena.Allocate(sizeof(Chunk) + capacity * sizeof(T)));
    if (chunk == nullptr) return false;
    chunk->next = nullptr;
    chunk->count = 0;
    chunk->capacity = capacity;
    if (tail_ == nullptr) {
      head_ = chunk;
    } else {
      tail_->count = tail_->capacity;
      tail_->next = chunk;
    }
    tail_ = chunk;
    next_ = chunk->values();
    end_ = next_ + capacity;
    return true;
  }

  // Adding touches the list itself and the place that it writes, no chunk's head.
  T* next_;
  T* end_;
  Chunk* head_;
  Chunk* tail_;
};

// The value as it is kept beyond its batch: bytes of a long string are copied into the arena.
template <typename T>
bool CopyToArena(AggregateArena&, const T& value, T& copy) {
  copy = value;
  return true;
}
inline bool CopyToArena(AggregateArena& arena, const StringView& value, StringView& copy) {
  copy = value;
  if (value.is_inline()) return true;
  auto* bytes = static_cast<char*>(arena.Allocate(value.size()));
  if (bytes == nullptr) return false;
  std::memcpy(bytes, value.data(), value.size());
  copy = StringView(bytes, value.size());
  return true;
}

template <typename T>
bool ValueList<T>::Absorb(AggregateArena& arena, const LogicalType& type, StateReader& in) {
  uint64_t count = 0;
  if (!in.GetCount(count)) return false;
  const ValueList before = *this;
  for (uint64_t i = 0; i < count; ++i) {
    T value{};
    T copy{};
    if (!in.GetValue(type, value)) return false;
    if (CopyToArena(arena, value, copy) && Add(arena, copy)) continue;
    *this = before;
    break;
  }
  return true;
}

}  // namespace trivet
