#include "execution/operators/sort_limit.h"

namespace trivet {

void SortLimit::Cut(std::vector<SortEntry>& rows) {
  const bool has_groups = shape_.partition_keys > 0;
  if (rows.empty() || (offset_ == 0 && limit_ == kNoSortLimit)) return;
  LoneRow last;
  if (has_groups) {
    size_t bytes = 0;
    last = CopyLoneRow(*shape_.layout, shape_.compared_strings, rows.back().row, &bytes);
  }
  const uint8_t* previous = previous_.get();
  size_t kept = 0;
  for (const SortEntry& entry : rows) {
    if (has_groups) {
      const bool same_group =
          previous &&
          shape_.encoder->SameKeys(*shape_.layout, previous, entry.row, shape_.partition_keys);
      if (!same_group) position_ = 0;
      previous = entry.row;
    }
    if (position_ >= offset_ && position_ - offset_ < limit_) rows[kept++] = entry;
    ++position_;
  }
  rows.resize(kept);
  previous_ = std::move(last);
}

}  // namespace trivet
