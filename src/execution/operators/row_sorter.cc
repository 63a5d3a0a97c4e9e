#include "execution/operators/row_sorter.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/interruptible_sort.h"
#include "base/radix_sort.h"

namespace trivet {

namespace {

// Up to so many rows, comparing their keys is cheaper than packing these, …
constexpr size_t kFewRows = 16;
// … and so is comparing the numbers rather than counting digits.
constexpr size_t kFewNumbers = 192;
// Keys that need more levels than this, long strings that grow by a little each, are compared.
constexpr int kMostLevels = 12;
constexpr int kNumberBits = 64;
// Rows whose keys are fetched ahead: they lie anywhere.
constexpr size_t kAhead = 32;

uint64_t LoadBigEndian(const uint8_t* bytes) { return __builtin_bswap64(LoadAs<uint64_t>(bytes)); }

// The string's bytes from `begin` on as a number, zeros behind its end.
uint64_t BytesFrom(const StringView& text, size_t begin) {
  uint64_t bytes = 0;
  if (begin < text.size()) {
    std::memcpy(&bytes, text.data() + begin, std::min<size_t>(text.size() - begin, sizeof(bytes)));
  }
  return __builtin_bswap64(bytes);
}

// How many bytes, no more than `most`, two strings have in common at their beginning.
size_t CommonPrefix(const StringView& a, const StringView& b, size_t most) {
  const size_t end = std::min<size_t>({a.size(), b.size(), most});
  return static_cast<size_t>(std::mismatch(a.data(), a.data() + end, b.data()).first - a.data());
}

// Packs what tells the entries' keys apart into their heads, which then order them but for ties.
class KeyPacker {
 public:
  // `values`: room for a number for each entry. `have_heads`: the entries have heads of their keys.
  KeyPacker(const SortShape& shape, std::span<SortEntry> entries, uint64_t* values, bool have_heads)
      : encoder_(*shape.encoder),
        layout_(*shape.layout),
        entries_(entries),
        values_(values),
        key_offset_(layout_.extra_offset()),
        have_heads_(have_heads) {}

  void Pack(bool places_ascend) {
    const auto& segments = encoder_.segments();
    for (size_t i = 0; i + 1 < segments.size() && !is_full_; ++i) {
      if (segments[i].is_string) {
        AddString(segments[i]);
      } else if (i > 0 || !AddHeads(segments[i])) {
        AddFixed(segments[i]);
      }
    }
    if (!is_full_ && !places_ascend) AddPlaces();
    if (bits_ == 0) {
      for (SortEntry& entry : entries_) entry.head = 0;
    }
  }

  // That the numbers have.
  int bits() const { return bits_; }
  // Entries of equal numbers are in their order already.
  bool is_exact() const { return !is_full_; }

 private:
  using Segment = SortKeyEncoder::Segment;
  struct Bounds {
    uint64_t least = std::numeric_limits<uint64_t>::max();
    uint64_t most = 0;

    void Add(uint64_t value) {
      least = std::min(least, value);
      most = std::max(most, value);
    }
  };

  // Puts the values behind what the numbers hold.
  void Append(const Bounds& bounds) {
    if (is_full_ || bounds.least >= bounds.most) return;
    const int left = kNumberBits - bits_;
    if (left == 0) {
      is_full_ = true;
      return;
    }
    int shift = 0;
    while (std::bit_width((bounds.most >> shift) - (bounds.least >> shift)) > left) ++shift;
    const uint64_t least = bounds.least >> shift;
    const int width = std::bit_width((bounds.most >> shift) - least);
    // With some of the value's bits left over.
    is_full_ = shift > 0;
    if (width == 0) return;
    if (bits_ == 0) {
      for (size_t i = 0; i < entries_.size(); ++i) entries_[i].head = (values_[i] >> shift) - least;
    } else {
      for (size_t i = 0; i < entries_.size(); ++i) {
        entries_[i].head = (entries_[i].head << width) | ((values_[i] >> shift) - least);
      }
    }
    bits_ += width;
  }

  const uint8_t* KeyOf(size_t i) const { return entries_[i].row + key_offset_; }
  bool IsNull(size_t i, const Segment& segment) const {
    return KeyOf(i)[segment.offset] != SortKeyEncoder::kValueByte;
  }

  // Of values `value_of(i)`. `may_be_null`: some rows' are NULL; these count as the least value, so
  // that they do not matter.
  template <typename ValueOf>
  void AddValues(const Segment& segment, bool may_be_null, const ValueOf& value_of) {
    Bounds bounds;
    if (!may_be_null) {
      for (size_t i = 0; i < entries_.size(); ++i) {
        values_[i] = value_of(i);
        bounds.Add(values_[i]);
      }
    } else {
      for (size_t i = 0; i < entries_.size(); ++i) {
        if (!IsNull(i, segment)) bounds.Add(value_of(i));
      }
      for (size_t i = 0; i < entries_.size(); ++i) {
        values_[i] = IsNull(i, segment) ? bounds.least : value_of(i);
      }
    }
    Append(bounds);
  }

  // The first of the keys from the heads, which lie beside each other, where these have it all.
  bool AddHeads(const Segment& segment) {
    if (!have_heads_ || segment.bytes - 1 > sizeof(uint64_t)) return false;
    Bounds bounds;
    for (const SortEntry& entry : entries_) bounds.Add(entry.head);
    // There may be NULLs.
    if (bounds.least == 0 || bounds.most == std::numeric_limits<uint64_t>::max()) return false;
    const size_t shift = 8 * (sizeof(uint64_t) - (segment.bytes - 1));
    for (size_t i = 0; i < entries_.size(); ++i) values_[i] = entries_[i].head >> shift;
    Append({bounds.least >> shift, bounds.most >> shift});
    return true;
  }

  // Whether there are NULLs; if so, they are told from values.
  bool AddNulls(const Segment& segment) {
    Bounds bounds;
    for (size_t i = 0; i < entries_.size(); ++i) {
      values_[i] = KeyOf(i)[segment.offset];
      bounds.Add(values_[i]);
    }
    Append(bounds);
    return bounds.least != SortKeyEncoder::kValueByte || bounds.most != SortKeyEncoder::kValueByte;
  }

  // Bytes [at, at + bytes) of the encoded key, at most eight. Reads eight, which are there: behind
  // all keys stands the place.
  void AddBytes(const Segment& segment, size_t at, size_t bytes, bool may_be_null) {
    const size_t shift = 8 * (sizeof(uint64_t) - bytes);
    AddValues(segment, may_be_null,
              [&](size_t i) { return LoadBigEndian(KeyOf(i) + at) >> shift; });
  }

  // The NULL byte and bytes behind it, read together as long as there are no NULLs. Whether there
  // are any.
  bool AddFirstBytes(const Segment& segment, size_t bytes) {
    const size_t shift = 8 * (sizeof(uint64_t) - bytes);
    Bounds bounds;
    uint8_t other = 0;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (i + kAhead < entries_.size()) __builtin_prefetch(KeyOf(i + kAhead) + segment.offset);
      const uint8_t* key = KeyOf(i) + segment.offset;
      other |= key[0] ^ SortKeyEncoder::kValueByte;
      values_[i] = LoadBigEndian(key + 1) >> shift;
      bounds.Add(values_[i]);
    }
    if (other == 0) {
      Append(bounds);
      return false;
    }
    AddNulls(segment);
    AddBytes(segment, segment.offset + 1, bytes, true);
    return true;
  }

  void AddFixed(const Segment& segment) {
    const size_t bytes = segment.bytes - 1;
    const bool has_nulls = AddFirstBytes(segment, std::min(sizeof(uint64_t), bytes));
    for (size_t at = sizeof(uint64_t); at < bytes && !is_full_; at += sizeof(uint64_t)) {
      AddBytes(segment, segment.offset + 1 + at, std::min(sizeof(uint64_t), bytes - at), has_nulls);
    }
  }

  // Strings that differ in their encoded beginning are told apart by that; once all agree in it, by
  // what follows upon the prefix that all share.
  void AddString(const Segment& segment) {
    const int bits_before = bits_;
    const bool has_nulls = AddFirstBytes(segment, sizeof(uint64_t));
    if (!is_full_)
      AddBytes(segment, segment.offset + 9, SortKeyEncoder::kStringPrefix - 8, has_nulls);
    if (is_full_) return;
    const auto text_of = [&](size_t i) {
      return layout_.Get<StringView>(entries_[i].row, segment.column);
    };
    bool is_whole = true;
    for (size_t i = 0; i < entries_.size() && is_whole; ++i) {
      is_whole = IsNull(i, segment) || IsWhole(text_of(i), SortKeyEncoder::kStringPrefix);
    }
    if (is_whole) return;
    if (bits_ != bits_before) {
      is_full_ = true;
      return;
    }
    size_t first = 0;
    while (IsNull(first, segment)) ++first;
    const StringView example = text_of(first);
    size_t begin = example.size();
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!IsNull(i, segment)) begin = CommonPrefix(example, text_of(i), begin);
    }
    const uint64_t turned = segment.descending ? ~uint64_t{0} : 0;
    const size_t end = begin + 2 * sizeof(uint64_t);
    for (size_t at = begin; at < end; at += sizeof(uint64_t)) {
      AddValues(segment, has_nulls, [&](size_t i) { return BytesFrom(text_of(i), at) ^ turned; });
    }
    for (size_t i = 0; i < entries_.size() && !is_full_; ++i) {
      is_full_ = !IsNull(i, segment) && !IsWhole(text_of(i), end);
    }
  }
  // Whether the string's first `bytes` bytes, zeros behind its end, tell it from all others of
  // which this holds.
  static bool IsWhole(const StringView& text, size_t bytes) {
    return text.size() <= bytes && (text.size() == 0 || text.data()[text.size() - 1] != '\0');
  }

  void AddPlaces() {
    const Segment& segment = encoder_.segments().back();
    AddBytes(segment, segment.offset, 8, false);
    AddBytes(segment, segment.offset + 8, 8, false);
  }

  const SortKeyEncoder& encoder_;
  const RowLayout& layout_;
  const std::span<SortEntry> entries_;
  uint64_t* const values_;
  const size_t key_offset_;
  const bool have_heads_;
  int bits_ = 0;
  bool is_full_ = false;  // what has been packed does not tell everything, and no more can be
};

}  // namespace

Status RowSorter::SortLevel(std::span<SortEntry> entries, std::span<SortEntry> scratch, int level) {
  const auto by_keys = [&](const SortEntry& a, const SortEntry& b) {
    return shape_.encoder->Less(*shape_.layout, a.row, b.row);
  };
  if (entries.size() <= kFewRows) {
    std::sort(entries.begin(), entries.end(), by_keys);
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(cancellation_.Check());
  if (level == kMostLevels) return SortInterruptibly(entries, scratch, by_keys, cancellation_);
  KeyPacker packer(shape_, entries, reinterpret_cast<uint64_t*>(scratch.data()), level == 0);
  packer.Pack(places_ascend_);
  // Strings that differ in zero bytes at their ends alone.
  const bool tells_nothing = packer.bits() == 0 && !packer.is_exact();
  if (tells_nothing) return SortInterruptibly(entries, scratch, by_keys, cancellation_);
  if (entries.size() <= kFewNumbers) {
    std::sort(entries.begin(), entries.end(),
              [&](const SortEntry& a, const SortEntry& b) { return SortsBefore(shape_, a, b); });
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(RadixSort<SortEntry>(
      entries, scratch, packer.bits(), [](const SortEntry& entry) { return entry.head; },
      cancellation_));
  if (packer.is_exact()) return Status::OK();
  for (size_t begin = 0; begin < entries.size();) {
    size_t end = begin + 1;
    while (end < entries.size() && entries[end].head == entries[begin].head) ++end;
    if (end - begin > 1) {
      TRIVET_RETURN_IF_ERROR(SortLevel(entries.subspan(begin, end - begin), scratch, level + 1));
    }
    begin = end;
  }
  return Status::OK();
}

void RowSorter::RestoreHeads(std::span<SortEntry> entries) const {
  const size_t offset = shape_.layout->extra_offset();
  for (SortEntry& entry : entries) entry.head = SortKeyEncoder::Head(entry.row + offset);
}

}  // namespace trivet
