#include "storage/text_dictionary.h"

#include <algorithm>

#include "base/hash.h"

namespace trivet {

namespace {

constexpr size_t kFirstSlots = 256;

uint64_t HashText(const StringView& text) {
  if (text.is_inline()) return HashShortBytes(text.head_word(), text.tail_word(), text.size());
  return HashBytes(text.data(), text.size());
}

}  // namespace

TextDictionary::TextDictionary(LogicalType type, std::shared_ptr<MemoryManager> budget,
                               std::string_view consumer)
    : content_(std::make_shared<Content>()), slots_(kFirstSlots, kFree) {
  content_->reservation = Reservation(budget.get(), std::string(consumer));
  content_->budget = std::move(budget);
  content_->strings = Vector::MakeFlat(std::move(type), 0);
}

std::optional<ColumnStatistics> TextDictionary::Encode(const Vector& column, size_t count,
                                                       uint32_t* codes) {
  if (closed_) return std::nullopt;
  const auto* strings = column.data<StringView>();
  const uint64_t* validity = column.validity();
  const size_t most = std::max<size_t>(count / kRowsPerEntry, 1);
  std::vector<bool> used(size(), false);
  size_t distinct = 0;
  uint64_t nulls = 0;
  for (size_t i = 0; i < count; ++i) {
    const bool valid = validity == nullptr || BitIsSet(validity, i);
    const uint32_t code = valid ? FindOrAdd(strings[i]) : CodeOfNull();
    nulls += !valid;
    codes[i] = code;
    if (code < used.size() && used[code]) continue;
    if (code == kFree || ++distinct > most) {
      closed_ = true;
      return std::nullopt;
    }
    used.resize(size(), false);
    used[code] = true;
  }
  ColumnStatistics statistics = BoundsOf(used);
  statistics.null_count = nulls;
  return statistics;
}

ColumnStatistics TextDictionary::BoundsOf(const std::vector<bool>& used) const {
  ColumnStatistics statistics;
  const Vector& strings = content_->strings;
  const auto* texts = strings.data<StringView>();
  uint32_t lowest = kFree;
  uint32_t highest = kFree;
  for (uint32_t code = 0; code < used.size(); ++code) {
    if (!used[code] || code == null_code_) continue;
    if (lowest == kFree || texts[code] < texts[lowest]) lowest = code;
    if (highest == kFree || texts[highest] < texts[code]) highest = code;
  }
  if (lowest == kFree) return statistics;
  statistics.min = strings.GetValue(lowest);
  statistics.max = strings.GetValue(highest);
  return statistics;
}

uint32_t TextDictionary::CodeOfNull() {
  if (null_code_ == kFree) null_code_ = Add(StringView(), kNullHash, true);
  return null_code_;
}

uint32_t TextDictionary::FindOrAdd(const StringView& text) {
  const uint64_t hash = HashText(text);
  const size_t mask = slots_.size() - 1;
  const auto* known = content_->strings.data<StringView>();
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const uint32_t code = slots_[slot];
    if (code == kFree) {
      const uint32_t added = Add(text, hash, false);
      if (added == kFree) return kFree;
      if (2 * size() > slots_.size()) {
        GrowSlots();
      } else {
        slots_[slot] = added;
      }
      return added;
    }
    if (hashes_[code] == hash && known[code] == text) return code;
  }
}

uint32_t TextDictionary::Add(const StringView& text, uint64_t hash, bool is_null) {
  if (size() == kMostEntries) return kFree;
  const auto code = static_cast<uint32_t>(size());
  const size_t entry_bytes = sizeof(uint64_t) + 4 * sizeof(uint32_t) + sizeof(StringView);
  const size_t text_bytes = text.is_inline() ? 0 : text.size();
  if (!content_->reservation.Grow(entry_bytes + text_bytes).ok()) return kFree;
  Vector& strings = content_->strings;
  if (code == strings.capacity()) {
    Vector larger = Vector::MakeFlat(strings.type(), std::max<size_t>(2 * code, kFirstSlots));
    CopyRows(strings, nullptr, code, larger, 0);
    larger.ShareOwners(strings);
    strings = std::move(larger);
  }
  if (is_null) {
    strings.SetNull(code);
  } else {
    strings.SetString(code, text.view());
  }
  hashes_.push_back(hash);
  return code;
}

void TextDictionary::GrowSlots() {
  slots_.assign(2 * slots_.size(), kFree);
  const size_t mask = slots_.size() - 1;
  for (uint32_t code = 0; code < size(); ++code) {
    if (code == null_code_) continue;
    size_t slot = hashes_[code] & mask;
    while (slots_[slot] != kFree) slot = (slot + 1) & mask;
    slots_[slot] = code;
  }
}

std::shared_ptr<const Vector> TextDictionary::Finish() {
  closed_ = true;
  const Vector* strings = &content_->strings;
  return {content_, strings};
}

}  // namespace trivet
