#include "execution/operators/top_filter.h"

#include <algorithm>

#include "execution/operators/aggregate_local.h"

namespace trivet {

namespace {

constexpr std::string_view kConsumer = "TOP_N";
// Where more than this share of rows stays, looking them up is not worth it …
constexpr double kMost = 0.75;
// … unless it is because their groups have few rows as yet: most groups are new, which they may be
// at first, or so many rows of each have not been seen for one that counts.
constexpr double kMostNew = 0.5;
constexpr uint64_t kFirstRows = uint64_t{1} << 19;
constexpr uint64_t kRowsPerGroup = 8;
constexpr size_t kAhead = 16;

}  // namespace

std::unique_ptr<TopFilter> TopFilter::Make(const SortShape& shape,
                                           const EvaluationContext& context) {
  if (shape.group_rows == 0 || shape.group_rows > kMostRows) return nullptr;
  std::vector<LogicalType> types;
  for (size_t i = 0; i < shape.partition_keys; ++i) types.push_back(shape.keys[i]->type());
  // Of rows that are not there, all heads come last.
  std::vector<uint8_t> prototype(shape.group_rows * sizeof(uint64_t), 0xFF);
  Result<GroupLayoutPtr> layout = GroupLayout::Make(std::move(types), std::move(prototype));
  if (!layout.ok()) return nullptr;
  return std::unique_ptr<TopFilter>(new TopFilter(std::move(*layout), shape, context));
}

TopFilter::TopFilter(GroupLayoutPtr layout, const SortShape& shape,
                     const EvaluationContext& context)
    : shape_(shape),
      finder_(std::move(layout), context, 0, shape.partition_keys, kConsumer),
      runs_(std::make_unique<GroupRuns>()),
      reservation_(&context.memory(), std::string(kConsumer)) {}

Status TopFilter::ReserveRows(size_t more) {
  if (rows_.size() + more <= rows_.capacity()) return Status::OK();
  const size_t held = rows_.capacity();
  const size_t capacity = std::max(2 * held, 2 * kVectorSize);
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(capacity * sizeof(HeldRow)));
  rows_.reserve(capacity);
  reservation_.Shrink(held * sizeof(HeldRow));
  return Status::OK();
}

size_t TopFilter::Select(const std::vector<Vector>& keys, size_t count, uint32_t* kept) {
  size_t kept_count = 0;
  if (!TrySelect(keys, count, kept, &kept_count).ok()) {
    // Whatever it is, an error that matters comes again without the filter.
    is_done_ = true;
    for (size_t i = 0; i < count; ++i) kept[i] = static_cast<uint32_t>(i);
    return count;
  }
  seen_ += count;
  is_done_ = finder_.memory_bytes() > shape_.filter_bytes;
  return kept_count;
}

Status TopFilter::TrySelect(const std::vector<Vector>& keys, size_t count, uint32_t* kept,
                            size_t* kept_count) {
  TRIVET_RETURN_IF_ERROR(ReserveRows(count));
  std::vector<Vector> groups;
  for (size_t i = 0; i < shape_.partition_keys; ++i) groups.push_back(GroupKey(keys[i], count));
  uint8_t* rows[kVectorSize];
  TRIVET_RETURN_IF_ERROR(finder_.Find(groups, count, rows, *runs_));
  uint64_t heads[kVectorSize];
  shape_.encoder->KeyHeads(keys, shape_.partition_keys, count, heads);
  const GroupLayout& layout = finder_.table().layout();
  const size_t last = shape_.group_rows - 1;
  size_t next = 0;
  for (size_t i = 0; i < count; ++i) {
    // Of many groups, few are in the caches.
    if (i + kAhead < count) __builtin_prefetch(layout.States(rows[i + kAhead]));
    auto* const best = reinterpret_cast<uint64_t*>(layout.States(rows[i]));
    const uint64_t head = heads[i];
    if (head > best[last]) continue;
    kept[next++] = static_cast<uint32_t>(i);
    rows_.push_back({best, head});
    size_t place = last;
    for (; place > 0 && best[place - 1] > head; --place) best[place] = best[place - 1];
    best[place] = head;
  }
  *kept_count = next;
  return Status::OK();
}

// What thinning leaves is what the filter could not spare.
void TopFilter::Thin(std::vector<SortEntry>& entries) {
  const size_t last = shape_.group_rows - 1;
  size_t next = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (rows_[i].head > rows_[i].heads[last]) continue;
    rows_[next] = rows_[i];
    entries[next++] = entries[i];
  }
  rows_.resize(next);
  entries.resize(next);
  const size_t groups = finder_.table().store().row_count();
  const auto rows = static_cast<double>(seen_ - reviewed_seen_);
  const bool stay = static_cast<double>(next) - static_cast<double>(reviewed_rows_) > kMost * rows;
  const bool are_new = static_cast<double>(groups - reviewed_groups_) > kMostNew * rows;
  const bool are_full = seen_ > kRowsPerGroup * shape_.group_rows * groups;
  is_done_ |= stay && ((are_new && seen_ >= kFirstRows) || are_full);
  reviewed_seen_ = seen_;
  reviewed_rows_ = next;
  reviewed_groups_ = groups;
}

void TopFilter::ForgetRows() {
  std::vector<HeldRow>().swap(rows_);
  reservation_.Release();
  reviewed_rows_ = 0;
}

}  // namespace trivet
