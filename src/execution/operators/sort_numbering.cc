#include "execution/operators/sort_numbering.h"

#include <algorithm>

namespace trivet {

namespace {
constexpr size_t kAhead = 16;
}  // namespace

void SortNumbering::Number(const uint8_t* const* rows, size_t count) {
  columns_.clear();
  std::vector<int64_t*> numbers;
  const bool needs_peers = std::ranges::any_of(shape_.functions, [](RankingFunction function) {
    return function != RankingFunction::kRowNumber;
  });
  for (size_t i = 0; i < shape_.functions.size(); ++i) {
    columns_.push_back(Vector::MakeFlat(TypeId::kInt64, count));
    numbers.push_back(columns_.back().mutable_data<int64_t>());
  }
  const SortKeyEncoder& encoder = *shape_.encoder;
  for (size_t row = 0; row < count; ++row) {
    // Rows lie where they came in.
    if (row + kAhead < count) {
      __builtin_prefetch(rows[row + kAhead] + shape_.layout->extra_offset());
    }
    SortKeyEncoder::Sameness same{false, false};
    if (previous_ != nullptr) {
      same = encoder.CompareKeys(*shape_.layout, previous_, rows[row], shape_.partition_keys,
                                 needs_peers ? shape_.peer_keys : shape_.partition_keys);
    }
    if (!same.fewer) {
      row_number_ = rank_ = dense_rank_ = 1;
    } else {
      ++row_number_;
      if (!same.more) {
        rank_ = row_number_;
        ++dense_rank_;
      }
    }
    previous_ = rows[row];
    for (size_t i = 0; i < numbers.size(); ++i) {
      switch (shape_.functions[i]) {
        case RankingFunction::kRowNumber: numbers[i][row] = row_number_; break;
        case RankingFunction::kRank: numbers[i][row] = rank_; break;
        case RankingFunction::kDenseRank: numbers[i][row] = dense_rank_; break;
      }
    }
  }
}

// Rows of a partition, and within it those of equal keys, lie together: where they begin is found
// by bisection.
void SortNumbering::NumberAt(std::span<uint8_t* const> all, size_t begin, size_t count) {
  previous_ = nullptr;
  if (begin > 0) {
    previous_ = all[begin - 1];
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto partition = std::partition_point(
        all.begin(), end, [&](const uint8_t* row) { return !SamePartition(row, previous_); });
    const auto peers = std::partition_point(
        partition, end, [&](const uint8_t* row) { return !ArePeers(row, previous_); });
    row_number_ = end - partition;
    rank_ = peers - partition + 1;
  }
  Number(all.data() + begin, count);
}

void SortNumbering::Keep() {
  if (previous_ == nullptr) return;
  size_t bytes = 0;
  kept_ = CopyLoneRow(*shape_.layout, shape_.compared_strings, previous_, &bytes);
  previous_ = kept_.get();
}

}  // namespace trivet
