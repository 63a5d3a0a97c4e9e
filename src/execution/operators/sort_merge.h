#pragma once

#include <utility>
#include <vector>

#include "execution/operators/sort_run.h"

namespace trivet {

// Merges sorted inputs row by row without memory for the rows: a tree of losers over the inputs'
// next entries, so that the next row of all costs a comparison a level. Not synchronised.
class SortTournament {
 public:
  // The inputs' first entries; an entry without a row: the input has ended.
  SortTournament(const SortShape& shape, std::vector<SortEntry> heads)
      : shape_(shape), heads_(std::move(heads)), losers_(heads_.size()) {
    std::vector<size_t> winners(2 * heads_.size());
    for (size_t i = 0; i < heads_.size(); ++i) winners[heads_.size() + i] = i;
    for (size_t node = heads_.size(); node-- > 1;) {
      size_t winner = winners[2 * node];
      size_t loser = winners[2 * node + 1];
      if (Wins(loser, winner)) std::swap(winner, loser);
      winners[node] = winner;
      losers_[node] = loser;
    }
    if (heads_.size() > 1) winner_ = winners[1];
  }

  // No input has more.
  bool done() const { return heads_.empty() || heads_[winner_].row == nullptr; }
  // The first entry of all, and its input.
  const SortEntry& first() const { return heads_[winner_]; }
  size_t input() const { return winner_; }
  // That input's next entry.
  void Replace(SortEntry next) {
    heads_[winner_] = next;
    for (size_t node = (winner_ + heads_.size()) / 2; node > 0; node /= 2) {
      if (Wins(losers_[node], winner_)) std::swap(losers_[node], winner_);
    }
  }

 private:
  bool Wins(size_t a, size_t b) const {
    if (heads_[a].row == nullptr) return false;
    return heads_[b].row == nullptr || SortsBefore(shape_, heads_[a], heads_[b]);
  }

  const SortShape& shape_;
  std::vector<SortEntry> heads_;
  std::vector<size_t> losers_;  // by node; node 0 is not used
  size_t winner_ = 0;
};

// Gives the rows of all pieces in order to `take(entry)`, which answers a Result<bool>: whether it
// wants more.
template <typename Take>
Status MergePieces(const SortShape& shape, std::vector<std::span<const SortEntry>> pieces,
                   const Take& take) {
  std::vector<SortEntry> heads;
  std::vector<size_t> next(pieces.size(), 1);
  for (const auto& piece : pieces) heads.push_back(piece.empty() ? SortEntry{} : piece.front());
  SortTournament tournament(shape, std::move(heads));
  while (!tournament.done()) {
    TRIVET_ASSIGN_OR_RETURN(const bool more, take(tournament.first()));
    if (!more) break;
    const size_t input = tournament.input();
    const auto& piece = pieces[input];
    tournament.Replace(next[input] < piece.size() ? piece[next[input]] : SortEntry{});
    ++next[input];
  }
  return Status::OK();
}

}  // namespace trivet
