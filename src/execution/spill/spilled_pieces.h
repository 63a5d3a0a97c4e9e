#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "execution/spill/spilled_rows.h"

namespace trivet {

// The partitions of spilled rows as pieces of work, for any number of threads: a partition that is
// too large is cut by further bits of the hash into pieces that follow. The context and metrics
// outlive it. Thread-safe.
class SpilledPieces {
 public:
  // `shift`: the lowest of the hash's bits that tell a partition of `rows`; further ones are those
  // below it. `consumer` is named when memory is refused.
  SpilledPieces(const ExecutionContext& context, std::shared_ptr<SpilledRows> rows, int shift,
                std::string_view consumer, OperatorMetrics* metrics);

  // The number of the next piece, in ascending order; nothing where there is none at the moment:
  // whoever cuts a piece goes on with what becomes of it.
  std::optional<size_t> Take();
  // Brings a piece's rows back, once. Nothing where there are none, or where it was cut because its
  // rows, with `row_overhead` more bytes each, would take more than `most_bytes`.
  Result<std::unique_ptr<RowStore>> Load(size_t number, size_t most_bytes, size_t row_overhead);

 private:
  struct Piece {
    std::shared_ptr<SpilledRows> rows;
    size_t partition;
    int shift;
  };
  Status Cut(const Piece& piece);

  const ExecutionContext& context_;
  const std::string consumer_;
  OperatorMetrics* metrics_;
  std::mutex mutex_;  // guards the rest
  std::deque<Piece> pieces_;
  size_t next_ = 0;
};

}  // namespace trivet
