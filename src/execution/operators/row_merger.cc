#include "execution/operators/row_merger.h"

#include <numeric>

namespace trivet {

Status RowMerger::AddUnique(const RowStore& store) {
  uint8_t* rows[kVectorSize];
  RowStore::Cursor cursor(store);
  while (const size_t count = cursor.Next(rows)) {
    TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    for (size_t i = 0; i < count; ++i) index_.Prefetch(RowLayout::Hash(rows[i]));
    for (size_t i = 0; i < count; ++i) index_.InsertUnique(rows[i]);
  }
  return Status::OK();
}

Status RowMerger::Add(const RowStore& store, const OnPairs& on_pairs) {
  uint8_t* rows[kVectorSize];
  uint8_t* sources[kVectorSize];
  uint8_t* targets[kVectorSize];
  RowStore::Cursor cursor(store);
  while (const size_t count = cursor.Next(rows)) {
    TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    for (size_t i = 0; i < count; ++i) index_.Prefetch(RowLayout::Hash(rows[i]));
    // Where the first slot is taken, its row is looked at next: most likely the one wanted.
    for (size_t i = 0; i < count; ++i) index_.PrefetchRow(RowLayout::Hash(rows[i]));
    size_t pairs = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t hash = RowLayout::Hash(rows[i]);
      const uint64_t salt = GroupIndex::SaltOf(hash);
      size_t slot = index_.FirstSlot(hash);
      uint8_t* target = nullptr;
      for (uint64_t word = index_.word(slot); word != 0; word = index_.word(slot)) {
        uint8_t* candidate = GroupIndex::RowOf(word);
        if (GroupIndex::SaltAgrees(word, salt) && RowLayout::Hash(candidate) == hash &&
            layout_.SameKeys(candidate, rows[i])) {
          target = candidate;
          break;
        }
        slot = index_.NextSlot(slot);
      }
      if (target == nullptr) {
        index_.Claim(slot, salt);
        index_.SetRow(slot, rows[i]);
        continue;
      }
      layout_.UnifyKeys(target, rows[i]);
      layout_.MarkMerged(rows[i]);
      sources[pairs] = rows[i];
      targets[pairs++] = target;
    }
    if (pairs != 0) on_pairs(sources, targets, pairs);
  }
  return Status::OK();
}

void RowMerger::Find(std::span<const Vector> keys, const uint64_t* hashes, size_t count,
                     uint8_t** rows) const {
  std::vector<VectorView> views;
  for (const Vector& key : keys) views.push_back(key.View());
  uint32_t candidates[kVectorSize];
  uint32_t mismatches[kVectorSize];
  size_t slots[kVectorSize];
  std::iota(candidates, candidates + count, 0u);
  for (size_t i = 0; i < count; ++i) slots[i] = index_.FirstSlot(hashes[i]);
  while (count != 0) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t row = candidates[i];
      const uint64_t salt = GroupIndex::SaltOf(hashes[row]);
      while (!GroupIndex::SaltAgrees(index_.word(slots[row]), salt)) {
        TRIVET_ASSERT(index_.word(slots[row]) != 0);
        slots[row] = index_.NextSlot(slots[row]);
      }
      rows[row] = GroupIndex::RowOf(index_.word(slots[row]));
    }
    size_t missed = 0;
    layout_.matcher->Match(views, rows, candidates, count, mismatches, &missed);
    for (size_t i = 0; i < missed; ++i) {
      candidates[i] = mismatches[i];
      slots[candidates[i]] = index_.NextSlot(slots[candidates[i]]);
    }
    count = missed;
  }
}

}  // namespace trivet
