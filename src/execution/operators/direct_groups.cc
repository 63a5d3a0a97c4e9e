#include <algorithm>
#include <limits>

#include "execution/operators/group_finder.h"
#include "vector/integer_places.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

constexpr size_t kMaxCodeSlots = size_t{1} << 16;
// With integers among codes, whose bounds grow as rows come: so many slots are cleared for nothing,
// and beyond these no more than a few for each row, whatever dictionaries and bounds do.
constexpr size_t kFreeCodeSlots = size_t{1} << 12;
constexpr size_t kCodeSlotsPerRow = 4;

template <typename T>
inline constexpr bool kIsDirect =
    std::is_integral_v<T> && sizeof(T) <= 8 && !std::is_same_v<T, uint64_t>;

// Calls body.operator()<T>() for integer types whose values fit int64_t; false for others.
template <typename Body>
bool DispatchDirect(PhysicalType type, const Body& body) {
  return DispatchPhysical(type, [&]<typename T>() {
    if constexpr (kIsDirect<T>) {
      body.template operator()<T>();
      return true;
    } else {
      return false;
    }
  });
}

// The first key that has the k-th one's codes: what a join gives of its build side has one array of
// codes for all columns, which tells them all at once.
size_t FirstOfCodes(std::span<const Vector> keys, size_t k) {
  for (size_t i = 0; i < k; ++i) {
    if (keys[i].is_dictionary() && keys[i].codes() == keys[k].codes() &&
        keys[i].dictionary_size() == keys[k].dictionary_size()) {
      return i;
    }
  }
  return k;
}

}  // namespace

DirectGroups::DirectGroups(MemoryManager& memory, std::string_view consumer)
    : reservation_(&memory, std::string(consumer)),
      slots_(std::make_unique<uint32_t[]>(kVectorSize)) {}

bool DirectGroups::AreIntegers(const GroupLayout& layout) {
  if (layout.key_count() == 0) return false;
  return std::all_of(
      layout.rows->types().begin(), layout.rows->types().end(),
      [](const LogicalType& type) { return DispatchDirect(type.physical(), []<typename T>() {}); });
}

bool DirectGroups::ResetRows(size_t slot_count) {
  if (slot_count > capacity_) {
    if (!reservation_.Resize(slot_count * sizeof(uint8_t*)).ok()) return false;
    rows_ = std::make_unique<uint8_t*[]>(slot_count);
    capacity_ = slot_count;
  } else {
    std::fill_n(rows_.get(), slot_count, nullptr);
  }
  slot_count_ = slot_count;
  return true;
}

void DirectGroups::Release() {
  rows_.reset();
  capacity_ = slot_count_ = 0;
  code_keys_.clear();
  reservation_.Release();
}

bool DirectGroups::ReadCodeKeys(std::span<const Vector> keys) {
  read_keys_.resize(keys.size());
  bool has_codes = false;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (keys[k].is_dictionary() && keys[k].dictionary_id() != 0) {
      read_keys_[k] = {keys[k].dictionary_id(), FirstOfCodes(keys, k),
                       std::max<size_t>(keys[k].dictionary_size(), 1)};
      has_codes = true;
    } else if (DispatchDirect(keys[k].type().physical(), []<typename T>() {})) {
      const Bounds bounds = k < covered_.size() ? covered_[k] : Bounds();
      const uint64_t last = static_cast<uint64_t>(bounds.max) - static_cast<uint64_t>(bounds.min);
      const size_t size = bounds.max < bounds.min ? 1 : std::min(last, kMaxCodeSlots) + 2;
      read_keys_[k] = {0, k, size};
    } else {
      return false;
    }
  }
  return has_codes;
}

size_t DirectGroups::CodeSlots() const {
  size_t slot_count = 1;
  for (size_t k = 0; k < read_keys_.size() && slot_count <= kMaxCodeSlots; ++k) {
    if (read_keys_[k].first == k) slot_count *= read_keys_[k].size;
  }
  return slot_count;
}

bool DirectGroups::ResetCodes() {
  code_keys_.clear();
  if (!ResetRows(CodeSlots())) return false;
  bounds_ = covered_;
  bounds_.resize(read_keys_.size());
  uint64_t stride = 1;
  for (size_t k = read_keys_.size(); k-- > 0;) {
    bounds_[k].stride = stride;
    if (read_keys_[k].first == k) stride *= read_keys_[k].size;
  }
  code_keys_ = read_keys_;
  return true;
}

bool DirectGroups::SlotByCodes(std::span<const Vector> keys, size_t count) {
  code_rows_ += count;
  if (!ReadCodeKeys(keys)) return false;
  if (read_keys_ == code_keys_ && ComputeCodeSlots(keys, count)) return true;
  // Bounds never get narrower: too many slots are so without another look.
  if (CodeSlots() > kMaxCodeSlots) return false;
  const bool has_integers = std::any_of(read_keys_.begin(), read_keys_.end(),
                                        [](const CodeKey& key) { return key.id == 0; });
  if (has_integers) {
    Cover(keys, count);
    ReadCodeKeys(keys);
    const size_t slots = CodeSlots();
    if (slots > kMaxCodeSlots ||
        cleared_slots_ + slots > kFreeCodeSlots + kCodeSlotsPerRow * code_rows_) {
      return false;
    }
    cleared_slots_ += slots;
  }
  return ResetCodes() && ComputeCodeSlots(keys, count);
}

bool DirectGroups::ComputeCodeSlots(std::span<const Vector> keys, size_t count) {
  std::fill_n(slots_.get(), count, 0u);
  bool inside = true;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (code_keys_[k].first != k) continue;
    if (code_keys_[k].id == 0) {
      inside = AddPlaces(keys[k], bounds_[k], count) && inside;
      continue;
    }
    const uint32_t* codes = keys[k].codes().get();
    const auto stride = static_cast<uint32_t>(bounds_[k].stride);
    for (size_t i = 0; i < count; ++i) slots_[i] += codes[i] * stride;
  }
  return inside;
}

bool DirectGroups::AddPlaces(const Vector& key, const Bounds& bounds, size_t count) {
  bool outside = false;
  const VectorView view = key.View();
  const uint64_t span = bounds.span();
  const auto min = static_cast<uint64_t>(bounds.min);
  const auto stride = static_cast<uint32_t>(bounds.stride);
  DispatchDirect(key.type().physical(), [&]<typename T>() {
    const auto* values = reinterpret_cast<const T*>(view.data);
    const auto add = [&](size_t i, T value) {
      const uint64_t place = static_cast<uint64_t>(static_cast<int64_t>(value)) - min;
      outside |= place >= span;
      slots_[i] += (static_cast<uint32_t>(place) + 1) * stride;  // place 0 is NULL's
    };
    if (!view.validity && !view.selection) {
      if constexpr (std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>) {
        if (bounds.min >= std::numeric_limits<T>::min() &&
            bounds.max <= std::numeric_limits<T>::max()) {
          outside = !AddIntegerPlaces(values, count, static_cast<T>(bounds.min), span, stride,
                                      slots_.get());
          return;
        }
      }
      for (size_t i = 0; i < count; ++i) add(i, values[i]);
    } else {
      for (size_t i = 0; i < count; ++i) {
        if (view.IsValid(i)) add(i, values[view.Index(i)]);
      }
    }
  });
  return !outside;
}

bool DirectGroups::SlotByIntegers(std::span<const Vector> keys, size_t count) {
  std::fill_n(slots_.get(), count, 0u);
  bool inside = true;
  for (size_t k = 0; k < keys.size(); ++k) {
    inside = AddPlaces(keys[k], bounds_[k], count) && inside;
  }
  return inside;
}

bool DirectGroups::GatherRows(size_t count, uint8_t** rows) const {
  bool missing = false;
  for (size_t i = 0; i < count; ++i) {
    rows[i] = rows_[slots_[i]];
    missing |= rows[i] == nullptr;
  }
  return !missing;
}

void DirectGroups::Cover(std::span<const Vector> keys, size_t count) {
  covered_.resize(keys.size());
  for (size_t k = 0; k < keys.size(); ++k) {
    const VectorView view = keys[k].View();
    Bounds& bounds = covered_[k];
    const bool is_empty = bounds.max < bounds.min;
    int64_t min = is_empty ? std::numeric_limits<int64_t>::max() : bounds.min;
    int64_t max = is_empty ? std::numeric_limits<int64_t>::min() : bounds.max;
    DispatchDirect(keys[k].type().physical(), [&]<typename T>() {
      for (size_t i = 0; i < count; ++i) {
        if (!view.IsValid(i)) continue;
        const auto value = static_cast<int64_t>(view.Get<T>(i));
        min = std::min(min, value);
        max = std::max(max, value);
      }
    });
    if (min <= max) {
      bounds.min = min;
      bounds.max = max;
    }
  }
}

bool DirectGroups::Widen(size_t max_slots) {
  std::vector<Bounds> bounds = covered_;
  // Last column fastest. One slot more than values, for NULL; computed wide, for spans may be
  // anything.
  uint128_t slot_count = 1;
  for (size_t k = bounds.size(); k-- > 0;) {
    bounds[k].stride = static_cast<uint64_t>(slot_count);
    slot_count *= static_cast<uint128_t>(bounds[k].span()) + (bounds[k].span() == 0 ? 0 : 1);
    // A span of 2^64 wraps to none.
    if (slot_count == 0 || slot_count > max_slots) {
      covered_ = bounds_;
      return false;
    }
  }
  // Room to grow upwards, where identifiers and dates grow.
  Bounds& first = bounds.front();
  const uint64_t spare = max_slots / first.stride - (first.span() + 1);
  const uint64_t room = std::min<uint64_t>(first.span(), spare);
  if (first.max <= std::numeric_limits<int64_t>::max() - static_cast<int64_t>(room)) {
    first.max += static_cast<int64_t>(room);
    slot_count += static_cast<uint128_t>(room) * first.stride;
  }
  code_keys_.clear();
  if (!ResetRows(static_cast<size_t>(slot_count))) {
    covered_ = bounds_;
    return false;
  }
  covered_ = bounds_ = std::move(bounds);
  return true;
}

size_t DirectGroups::SlotOfRow(const GroupLayout& layout, const uint8_t* row) const {
  size_t slot = 0;
  for (size_t k = 0; k < bounds_.size(); ++k) {
    if (!layout.rows->IsValid(row, k)) continue;
    DispatchDirect(layout.rows->types()[k].physical(), [&]<typename T>() {
      const auto value = static_cast<int64_t>(layout.rows->Get<T>(row, k));
      const uint64_t place = static_cast<uint64_t>(value) - static_cast<uint64_t>(bounds_[k].min);
      slot += (place + 1) * bounds_[k].stride;
    });
  }
  return slot;
}

void DirectGroups::MakeRuns(size_t count, GroupRuns& runs) const {
  runs.count = 0;
  if (slot_count_ > GroupRuns::kMaxRuns) return;
  // Two histograms, for equal slots in a row would wait for one another.
  uint32_t even[GroupRuns::kMaxRuns] = {};
  uint32_t odd[GroupRuns::kMaxRuns] = {};
  size_t i = 0;
  for (; i + 1 < count; i += 2) {
    ++even[slots_[i]];
    ++odd[slots_[i + 1]];
  }
  if (i < count) ++even[slots_[i]];
  uint32_t begin = 0;
  uint32_t next[GroupRuns::kMaxRuns];
  for (size_t slot = 0; slot < slot_count_; ++slot) {
    next[slot] = begin;
    const uint32_t rows_of_slot = even[slot] + odd[slot];
    if (rows_of_slot == 0) continue;
    begin += rows_of_slot;
    runs.rows[runs.count] = rows_[slot];
    runs.ends[runs.count++] = begin;
  }
  for (size_t row = 0; row < count; ++row) {
    runs.selection[next[slots_[row]]++] = static_cast<uint32_t>(row);
  }
}

}  // namespace trivet
