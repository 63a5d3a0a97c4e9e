#include "execution/operators/group_table.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/large_memory.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {
constexpr size_t kFirstCapacity = 1024;
// Probes stay short below it, and a word costs 8 bytes against a row's dozens.
constexpr size_t SlotsFor(size_t groups) { return groups + groups / 2 + groups / 4; }
// Rows ahead of the probe whose rows are fetched; their slots are twice as far ahead.
constexpr size_t kPrefetchDistance = 12;
// An index of more bytes does not stay in a core's own caches beside the rows.
constexpr size_t kCachedBytes = size_t{128} << 10;
// Words that are moved between two looks at cancellation.
constexpr size_t kUninterrupted = size_t{1} << 18;
}  // namespace

GroupIndex::GroupIndex(const EvaluationContext& context, std::string_view consumer, bool yields)
    : cancellation_(context.cancellation()),
      reservation_(&context.memory(), std::string(consumer)) {
  reservation_.set_yields(yields);
}

namespace {
RowMemoryPtr MakeMemory(const EvaluationContext& context, std::string_view consumer, bool yields) {
  Reservation reservation(&context.memory(), std::string(consumer));
  reservation.set_yields(yields);
  return std::make_shared<RowMemory>(std::move(reservation));
}
}  // namespace

GroupIndex::~GroupIndex() { Release(); }

void GroupIndex::Release() {
  FreeLarge(words_, capacity_ * sizeof(uint64_t));
  words_ = nullptr;
  capacity_ = mask_ = size_ = 0;
  reservation_.Release();
}

void GroupIndex::Clear() {
  std::fill_n(words_, capacity_, uint64_t{0});
  size_ = 0;
}

Status GroupIndex::Reserve(size_t groups) {
  if (SlotsFor(groups) <= capacity_) return Status::OK();
  // Small tables grow fourfold: moving their words costs more often than their memory.
  constexpr size_t kSmall = size_t{1} << 18;
  const size_t grown = capacity_ * (capacity_ < kSmall ? 4 : 2);
  return Rebuild(std::max({kFirstCapacity, std::bit_ceil(SlotsFor(groups)), grown}));
}

Status GroupIndex::Rebuild(size_t capacity) {
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(capacity * sizeof(uint64_t)));
  auto* words = static_cast<uint64_t*>(AllocateLarge(capacity * sizeof(uint64_t)));
  const Status moved = MoveWords(words, capacity);
  if (!moved.ok()) {
    FreeLarge(words, capacity * sizeof(uint64_t));
    reservation_.Shrink(capacity * sizeof(uint64_t));
    return moved;
  }
  reservation_.Shrink(capacity_ * sizeof(uint64_t));
  FreeLarge(words_, capacity_ * sizeof(uint64_t));
  words_ = words;
  capacity_ = capacity;
  mask_ = capacity - 1;
  return Status::OK();
}

Status GroupIndex::MoveWords(uint64_t* words, size_t capacity) const {
  for (size_t begin = 0; begin < capacity; begin += kUninterrupted) {
    TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    std::fill_n(words + begin, std::min(kUninterrupted, capacity - begin), uint64_t{0});
  }
  const size_t mask = capacity - 1;
  for (size_t i = 0; i < capacity_; ++i) {
    if (i % kUninterrupted == 0) TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    if (i + kPrefetchDistance < capacity_) __builtin_prefetch(RowOf(words_[i + kPrefetchDistance]));
    if (words_[i] == 0) continue;
    size_t slot = RowLayout::Hash(RowOf(words_[i])) & mask;
    while (words[slot] != 0) slot = (slot + 1) & mask;
    words[slot] = words_[i];
  }
  return Status::OK();
}

GroupTable::GroupTable(GroupLayoutPtr layout, const EvaluationContext& context, int radix_bits,
                       std::string_view consumer, bool yields)
    : layout_(std::move(layout)),
      memory_(MakeMemory(context, consumer, yields)),
      store_(layout_->rows, memory_, radix_bits),
      index_(context, consumer, yields) {}

Status GroupTable::Append(std::span<const Vector> keys, const uint64_t* hashes,
                          const uint32_t* selection, size_t count, uint8_t** rows) {
  TRIVET_RETURN_IF_ERROR(store_.Append(keys, hashes, selection, count, rows));
  for (size_t i = 0; i < count; ++i) layout_->InitializeStates(rows[i]);
  return Status::OK();
}

void GroupTable::ForgetIndex() {
  index_.Clear();
  is_unique_ = false;
}

Status GroupTable::RebuildIndex() {
  TRIVET_RETURN_IF_ERROR(index_.Reserve(store_.row_count()));
  index_.Clear();
  uint8_t* rows[kVectorSize];
  for (size_t p = 0; p < store_.partition_count(); ++p) {
    RowStore::Cursor cursor(store_.partition(p));
    while (const size_t count = cursor.Next(rows)) {
      for (size_t i = 0; i < count; ++i) index_.InsertUnique(rows[i]);
    }
  }
  return Status::OK();
}

Status GroupTable::FindOrAdd(std::span<const Vector> keys, const uint64_t* hashes, size_t count,
                             uint8_t** rows) {
  uint32_t all[kVectorSize];
  std::iota(all, all + count, 0u);
  return FindOrAddSelected(keys, hashes, all, count, rows);
}

Status GroupTable::FindOrAddSelected(std::span<const Vector> keys, const uint64_t* hashes,
                                     const uint32_t* selection, size_t count, uint8_t** rows) {
  TRIVET_RETURN_IF_ERROR(index_.Reserve(index_.size() + count));
  if (keys.size() == 1) {
    switch (keys[0].type().physical()) {
      case PhysicalType::kInt32:
        return FindOrAddIntegers<int32_t>(keys[0], hashes, selection, count, rows);
      case PhysicalType::kInt64:
        return FindOrAddIntegers<int64_t>(keys[0], hashes, selection, count, rows);
      default: break;
    }
  }
  return FindOrAddAny(keys, hashes, selection, count, rows);
}

namespace {

// Key values of a batch, NULLs as zero: flat ones without NULLs are the common case and worth a
// loop of their own.
template <typename T, bool kIsPlain>
struct IntegerKeys {
  const T* values;
  const VectorView view;

  bool IsValid(uint32_t row) const { return kIsPlain || view.IsValid(row); }
  T operator[](uint32_t row) const {
    if constexpr (kIsPlain) return values[row];
    return view.IsValid(row) ? values[view.Index(row)] : T{0};
  }
};

}  // namespace

template <typename T>
Status GroupTable::FindOrAddIntegers(const Vector& keys, const uint64_t* hashes,
                                     const uint32_t* selection, size_t count, uint8_t** rows) {
  const VectorView view = keys.View();
  const auto* values = reinterpret_cast<const T*>(view.data);
  if (view.selection == nullptr && view.validity == nullptr) {
    return FindOrAddIntegers(IntegerKeys<T, true>{values, view}, hashes, selection, count, rows);
  }
  return FindOrAddIntegers(IntegerKeys<T, false>{values, view}, hashes, selection, count, rows);
}

// One integer key: probing, comparing and adding in one pass. Equal neighbours, as in clustered
// input, cost one probe. In a table beyond the caches, words and rows are fetched ahead.
template <typename T, bool kIsPlain, template <typename, bool> typename Keys>
Status GroupTable::FindOrAddIntegers(const Keys<T, kIsPlain>& keys, const uint64_t* hashes,
                                     const uint32_t* selection, size_t count, uint8_t** rows) {
  const RowLayout& layout = *layout_->rows;
  const size_t key_offset = layout.offset(0);
  const size_t validity = layout.validity_offset();
  const bool fetches = index_.memory_bytes() > kCachedBytes;
  uint8_t* last = nullptr;
  T last_value{};
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = selection[i];
    const T value = keys[row];
    const bool valid = keys.IsValid(row);
    if (fetches) {
      if (i + 2 * kPrefetchDistance < count) {
        index_.Prefetch(hashes[selection[i + 2 * kPrefetchDistance]]);
      }
      if (i + kPrefetchDistance < count) {
        index_.PrefetchRow(hashes[selection[i + kPrefetchDistance]]);
      }
    }
    if (last != nullptr && valid && value == last_value) {
      rows[row] = last;
      continue;
    }
    const uint64_t salt = GroupIndex::SaltOf(hashes[row]);
    size_t slot = index_.FirstSlot(hashes[row]);
    uint8_t* found = nullptr;
    for (uint64_t word = index_.word(slot); word != 0; word = index_.word(slot)) {
      uint8_t* candidate = GroupIndex::RowOf(word);
      if (GroupIndex::SaltAgrees(word, salt) && LoadAs<T>(candidate + key_offset) == value &&
          (candidate[validity] & 1) == static_cast<uint8_t>(valid)) {
        found = candidate;
        break;
      }
      slot = index_.NextSlot(slot);
    }
    if (found == nullptr) {
      const size_t partition = store_.PartitionOf(hashes[row]);
      TRIVET_RETURN_IF_ERROR(store_.partition(partition).AppendRow(0, &found, nullptr));
      StoreAs(found, hashes[row]);
      StoreAs(found + key_offset, value);
      found[layout.flag_offset()] = 0;
      found[validity] = valid ? 0xFF : 0xFE;
      layout_->InitializeStates(found);
      index_.Claim(slot, salt);
      index_.SetRow(slot, found);
    }
    rows[row] = found;
    if (valid) {
      last = found;
      last_value = value;
    }
  }
  return Status::OK();
}

Status GroupTable::AddClaimed(std::span<const Vector> keys, const uint64_t* hashes,
                              const uint32_t* new_rows, size_t new_count, const uint32_t* slots,
                              uint8_t** rows) {
  uint8_t* added[kVectorSize];
  TRIVET_RETURN_IF_ERROR(Append(keys, hashes, new_rows, new_count, added));
  for (size_t i = 0; i < new_count; ++i) {
    index_.SetRow(slots[new_rows[i]], added[i]);
    rows[new_rows[i]] = added[i];
  }
  return Status::OK();
}

// Any keys, in rounds: each row finds a free slot, and claims it, or one whose salt agrees; then
// the claimed slots get their rows, the others are compared, and who differs goes on to the next
// slot.
Status GroupTable::FindOrAddAny(std::span<const Vector> keys, const uint64_t* hashes,
                                const uint32_t* selection, size_t count, uint8_t** rows) {
  std::vector<VectorView> views;
  views.reserve(keys.size());
  for (const Vector& key : keys) views.push_back(key.View());
  uint32_t remaining[kVectorSize];
  uint32_t compared[kVectorSize];
  uint32_t new_rows[kVectorSize];
  uint32_t slots[kVectorSize];
  std::copy_n(selection, count, remaining);
  for (size_t i = 0; i < count; ++i) {
    slots[remaining[i]] = static_cast<uint32_t>(index_.FirstSlot(hashes[remaining[i]]));
  }
  while (count != 0) {
    size_t new_count = 0;
    size_t compared_count = 0;
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchDistance < count) index_.Prefetch(slots[remaining[i + kPrefetchDistance]]);
      const uint32_t row = remaining[i];
      const uint64_t salt = GroupIndex::SaltOf(hashes[row]);
      size_t slot = slots[row];
      while (index_.word(slot) != 0 && !GroupIndex::SaltAgrees(index_.word(slot), salt)) {
        slot = index_.NextSlot(slot);
      }
      if (index_.word(slot) == 0) {
        index_.Claim(slot, salt);
        new_rows[new_count++] = row;
      } else {
        compared[compared_count++] = row;
      }
      slots[row] = static_cast<uint32_t>(slot);
    }
    if (new_count != 0) {
      TRIVET_RETURN_IF_ERROR(AddClaimed(keys, hashes, new_rows, new_count, slots, rows));
    }
    for (size_t i = 0; i < compared_count; ++i) {
      rows[compared[i]] = GroupIndex::RowOf(index_.word(slots[compared[i]]));
      __builtin_prefetch(rows[compared[i]]);
    }
    count = 0;
    layout_->matcher->Match(views, rows, compared, compared_count, remaining, &count);
    for (size_t i = 0; i < count; ++i) {
      slots[remaining[i]] = static_cast<uint32_t>(index_.NextSlot(slots[remaining[i]]));
    }
  }
  return Status::OK();
}

}  // namespace trivet
