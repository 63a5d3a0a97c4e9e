#include "vector/row_match.h"

#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

template <typename T>
bool SameValue(const T& a, const T& b) {
  return a == b;
}
bool SameValue(double a, double b) { return a == b || (a != a && b != b); }
bool SameValue(float a, float b) { return a == b || (a != a && b != b); }
bool SameValue(const Interval& a, const Interval& b) {
  const auto length = [](const Interval& value) {
    const int64_t days = int64_t{value.months} * 30 + value.days;
    return static_cast<int128_t>(days) * 86'400'000'000 + value.micros;
  };
  return a == b || length(a) == length(b);
}

struct Candidates {
  uint32_t* rows;
  size_t count;
  uint32_t* mismatches;
  size_t* mismatch_count;

  // Keeps candidates for which `same` holds. Branch-free on the matching side.
  template <typename Same>
  size_t Filter(const Same& same) const {
    size_t kept = 0;
    if (mismatches == nullptr) {
      for (size_t i = 0; i < count; ++i) {
        const uint32_t row = rows[i];
        rows[kept] = row;
        kept += same(row);
      }
      return kept;
    }
    size_t dropped = *mismatch_count;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t row = rows[i];
      if (same(row)) {
        rows[kept++] = row;
      } else {
        mismatches[dropped++] = row;
      }
    }
    *mismatch_count = dropped;
    return kept;
  }
};

template <typename T>
size_t MatchColumn(const RowLayout& layout, size_t column, NullMatching nulls,
                   const VectorView& key, const uint8_t* const* rows,
                   const Candidates& candidates) {
  const size_t offset = layout.offset(column);
  const auto* values = reinterpret_cast<const T*>(key.data);
  const bool nulls_equal = nulls == NullMatching::kNullsEqual;
  if (key.validity == nullptr && key.selection == nullptr) {
    return candidates.Filter([&](uint32_t row) {
      return SameValue(values[row], LoadAs<T>(rows[row] + offset)) &&
             layout.IsValid(rows[row], column);
    });
  }
  if (key.validity == nullptr) {
    return candidates.Filter([&](uint32_t row) {
      return SameValue(values[key.selection[row]], LoadAs<T>(rows[row] + offset)) &&
             layout.IsValid(rows[row], column);
    });
  }
  return candidates.Filter([&](uint32_t row) {
    const bool key_valid = key.IsValid(row);
    const bool row_valid = layout.IsValid(rows[row], column);
    if (!key_valid || !row_valid) return nulls_equal && key_valid == row_valid;
    return SameValue(values[key.Index(row)], LoadAs<T>(rows[row] + offset));
  });
}

}  // namespace

RowMatcher::RowMatcher(RowLayoutPtr layout, std::vector<NullMatching> keys)
    : layout_(std::move(layout)), keys_(std::move(keys)) {}

RowMatcher::RowMatcher(RowLayoutPtr layout, size_t key_count, NullMatching nulls)
    : RowMatcher(std::move(layout), std::vector<NullMatching>(key_count, nulls)) {}

size_t RowMatcher::Match(std::span<const VectorView> keys, const uint8_t* const* rows,
                         uint32_t* candidates, size_t count, uint32_t* mismatches,
                         size_t* mismatch_count) const {
  for (size_t column = 0; column < keys_.size() && count != 0; ++column) {
    count = DispatchPhysical(layout_->types()[column].physical(), [&]<typename T>() {
      return MatchColumn<T>(*layout_, column, keys_[column], keys[column], rows,
                            {candidates, count, mismatches, mismatch_count});
    });
  }
  return count;
}

bool RowMatcher::Equal(const uint8_t* left, const uint8_t* right) const {
  for (size_t column = 0; column < keys_.size(); ++column) {
    const bool left_valid = layout_->IsValid(left, column);
    const bool right_valid = layout_->IsValid(right, column);
    if (!left_valid || !right_valid) {
      if (left_valid != right_valid || keys_[column] == NullMatching::kNullsDiffer) return false;
      continue;
    }
    const size_t offset = layout_->offset(column);
    const bool same = DispatchPhysical(layout_->types()[column].physical(), [&]<typename T>() {
      return SameValue(LoadAs<T>(left + offset), LoadAs<T>(right + offset));
    });
    if (!same) return false;
  }
  return true;
}

}  // namespace trivet
