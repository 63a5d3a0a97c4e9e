#include "execution/operators/join_table.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace trivet {

namespace {
// Direct addressing may take this many directory words, or this many a row, whichever is more.
constexpr uint64_t kMaxDirectWords = uint64_t{1} << 20;
constexpr uint64_t kMaxDirectWordsPerRow = 8;

std::vector<NullMatching> Matching(const JoinTableShape& shape) {
  std::vector<NullMatching> matching;
  for (const bool safe : shape.null_safe) {
    matching.push_back(safe ? NullMatching::kNullsEqual : NullMatching::kNullsDiffer);
  }
  return matching;
}
}  // namespace

bool IsDirectKeyType(const LogicalType& type) {
  switch (type.physical()) {
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt16:
    case PhysicalType::kUInt32: return !type.IsNull();
    default: return false;
  }
}

int64_t ReadIntegerKey(PhysicalType type, const uint8_t* address) {
  switch (type) {
    case PhysicalType::kInt8: return LoadAs<int8_t>(address);
    case PhysicalType::kInt16: return LoadAs<int16_t>(address);
    case PhysicalType::kInt32: return LoadAs<int32_t>(address);
    case PhysicalType::kInt64: return LoadAs<int64_t>(address);
    case PhysicalType::kUInt8: return LoadAs<uint8_t>(address);
    case PhysicalType::kUInt16: return LoadAs<uint16_t>(address);
    case PhysicalType::kUInt32: return LoadAs<uint32_t>(address);
    default: return 0;
  }
}

size_t JoinTableShape::StoredColumn(uint64_t column) const {
  // A key that is the column itself serves for it.
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i]->kind() == ExpressionKind::kInput && keys[i]->input_index() == column) return i;
  }
  const auto found = std::find(columns.begin(), columns.end(), column);
  TRIVET_ASSERT(found != columns.end());
  return keys.size() + static_cast<size_t>(found - columns.begin());
}

JoinTable::JoinTable(JoinTableShape shape, const EvaluationContext& context)
    : shape_(std::move(shape)), context_(context), matcher_(shape_.layout, Matching(shape_)) {}

void JoinTable::OwnAll(Vector& vector) const {
  for (const RowStore& store : stores_) OwnRows(store, vector);
}

Status JoinTable::CollectBounds(int64_t& min, int64_t& max) const {
  const PhysicalType type = shape_.keys[0]->type().physical();
  const size_t offset = layout().offset(0);
  min = std::numeric_limits<int64_t>::max();
  max = std::numeric_limits<int64_t>::min();
  for (const RowStore& store : stores_) {
    for (const RowStore::Page& page : store.pages()) {
      TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
      const uint8_t* row = page.rows;
      for (uint32_t i = 0; i < page.row_count; ++i, row += layout().row_bytes()) {
        if (!layout().IsValid(row, 0)) continue;
        const int64_t key = ReadIntegerKey(type, row + offset);
        min = std::min(min, key);
        max = std::max(max, key);
      }
    }
  }
  return Status::OK();
}

// Addresses rows by their key where the range allows it and memory is there; by their hash
// otherwise.
Status JoinTable::PrepareDirectory() {
  row_count_ = 0;
  direct_ = false;
  for (const RowStore& store : stores_) row_count_ += store.row_count();
  uint64_t words = std::bit_ceil(std::max<uint64_t>(2 * row_count_, 2));
  const auto reserve = [&] {
    return context_.memory().TryReserve(words * 8, "HASH_JOIN directory");
  };
  if (shape_.key_count() == 1 && !shape_.null_safe[0] && row_count_ > 0 &&
      IsDirectKeyType(shape_.keys[0]->type())) {
    int64_t min;
    int64_t max;
    TRIVET_RETURN_IF_ERROR(CollectBounds(min, max));
    const uint64_t range = static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
    if (min <= max && range < std::max(kMaxDirectWords, kMaxDirectWordsPerRow * row_count_)) {
      const uint64_t hashed_words = std::exchange(words, range + 1);
      Result<Reservation> reserved = reserve();
      direct_ = reserved.ok();
      if (direct_) {
        directory_reservation_ = *std::move(reserved);
        direct_min_ = min;
        direct_size_ = words;
      } else {
        words = hashed_words;
      }
    }
  }
  if (!direct_) {
    TRIVET_ASSIGN_OR_RETURN(directory_reservation_, reserve());
  }
  shift_ = 64 - std::countr_zero(std::bit_ceil(words));
  const size_t bytes = words * sizeof(uint64_t);
  directory_ = {static_cast<uint64_t*>(AllocateLarge(bytes)), FreeWords{bytes}};
  constexpr uint64_t kUninterrupted = uint64_t{1} << 20;
  for (uint64_t begin = 0; begin < words; begin += kUninterrupted) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    std::fill_n(directory_.get() + begin, std::min(kUninterrupted, words - begin), uint64_t{0});
  }
  return Status::OK();
}

// Puts a row in front of its slot's chain; other threads may do so at the same time, unless this
// one is alone.
template <bool kIsAlone>
void JoinTable::Link(uint8_t* row, uint64_t ordinal, uint64_t slot, uint64_t tag) {
  const auto linked = [&](uint64_t old) {
    SetChainWord(row, old & kPointerMask, ordinal);
    return reinterpret_cast<uint64_t>(row) | (old & ~kPointerMask) | tag;
  };
  if constexpr (kIsAlone) {
    directory_[slot] = linked(directory_[slot]);
  } else {
    std::atomic_ref<uint64_t> word(directory_[slot]);
    uint64_t old = word.load(std::memory_order_relaxed);
    while (!word.compare_exchange_weak(old, linked(old), std::memory_order_release,
                                       std::memory_order_relaxed)) {
    }
  }
}

// Slots are computed for some rows before the first of them is looked at, so that the memory
// fetches many at a time.
template <bool kIsAlone>
Status JoinTable::InsertRows(const RowStore& store, std::vector<uint8_t*>* null_rows) {
  constexpr uint32_t kBlock = 64;
  struct Place {
    uint8_t* row;
    uint64_t ordinal;
    uint64_t slot;
    uint64_t tag;
  };
  Place places[kBlock];
  const PhysicalType type = direct_ ? shape_.keys[0]->type().physical() : PhysicalType::kInt64;
  const size_t stride = layout().row_bytes();
  uint64_t ordinal = FirstOrdinal(store);
  for (const RowStore::Page& page : store.pages()) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    uint8_t* row = page.rows;
    for (uint32_t begin = 0; begin < page.row_count; begin += kBlock) {
      const uint32_t end = std::min(page.row_count, begin + kBlock);
      size_t count = 0;
      for (uint32_t i = begin; i < end; ++i, ++ordinal, row += stride) {
        bool matchable = true;
        for (size_t key = 0; key < shape_.key_count(); ++key) {
          matchable &= shape_.null_safe[key] || layout().IsValid(row, key);
        }
        if (!matchable) {
          SetChainWord(row, 0, ordinal);
          if (null_rows != nullptr) null_rows->push_back(row);
          continue;
        }
        Place& place = places[count++];
        place = {row, ordinal, 0, 0};
        if (direct_) {
          place.slot = static_cast<uint64_t>(ReadIntegerKey(type, row + layout().offset(0))) -
                       static_cast<uint64_t>(direct_min_);
        } else {
          const uint64_t hash = RowLayout::Hash(row);
          place.slot = hash >> shift_;
          place.tag = uint64_t{1} << (48 + (hash & 15));
        }
        __builtin_prefetch(&directory_[place.slot], 1);
      }
      for (size_t i = 0; i < count; ++i) {
        Link<kIsAlone>(places[i].row, places[i].ordinal, places[i].slot, places[i].tag);
      }
    }
  }
  return Status::OK();
}

Status JoinTable::Insert(const RowStore& store, std::vector<uint8_t*>* null_rows) {
  return stores_.size() == 1 ? InsertRows<true>(store, null_rows)
                             : InsertRows<false>(store, null_rows);
}

Status JoinTable::Build(RowStore&& rows) {
  stores_.push_back(std::move(rows));
  if (shape_.key_count() == 0) {
    row_count_ = stores_.front().row_count();
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(PrepareDirectory());
  return Insert(stores_.front(), shape_.keep_null_keys ? &null_rows_ : nullptr);
}

void JoinTable::NumberUnlinkedRows() {
  if (!has_ordinals()) return;
  uint64_t ordinal = 0;
  for (const RowStore& store : stores_) {
    for (const RowStore::Page& page : store.pages()) {
      uint8_t* row = page.rows;
      for (uint32_t i = 0; i < page.row_count; ++i, row += layout().row_bytes()) {
        SetChainWord(row, 0, ordinal++);
      }
    }
  }
}

uint64_t JoinTable::FirstOrdinal(const RowStore& store) const {
  uint64_t ordinal = 0;
  for (const RowStore* before = stores_.data(); before != &store; ++before) {
    ordinal += before->row_count();
  }
  return ordinal;
}

void JoinTable::Release() {
  stores_.clear();
  null_rows_.clear();
  row_count_ = 0;
  directory_.reset();
  directory_reservation_.Release();
}

size_t JoinTable::memory_bytes() const {
  size_t bytes = directory_reservation_.bytes();
  for (const RowStore& store : stores_) {
    for (const RowMemoryPtr& memory : store.memories()) bytes += memory->bytes();
  }
  return bytes;
}

}  // namespace trivet
