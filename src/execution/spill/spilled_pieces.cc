#include "execution/spill/spilled_pieces.h"

namespace trivet {

namespace {
constexpr int kCutBits = 4;
// Below, bits choose the place in an index: rows that share them all are equal, most likely.
constexpr int kLeastShift = 34;
}  // namespace

SpilledPieces::SpilledPieces(const ExecutionContext& context, std::shared_ptr<SpilledRows> rows,
                             int shift, std::string_view consumer, OperatorMetrics* metrics)
    : context_(context), consumer_(consumer), metrics_(metrics) {
  for (size_t p = 0; p < rows->partition_count(); ++p) pieces_.push_back({rows, p, shift});
}

std::optional<size_t> SpilledPieces::Take() {
  std::lock_guard lock(mutex_);
  if (next_ == pieces_.size()) return std::nullopt;
  return next_++;
}

Result<std::unique_ptr<RowStore>> SpilledPieces::Load(size_t number, size_t most_bytes,
                                                      size_t row_overhead) {
  Piece piece;
  {
    std::lock_guard lock(mutex_);
    piece = std::move(pieces_[number]);
  }
  const size_t rows = piece.rows->row_count(piece.partition);
  if (rows == 0) return std::unique_ptr<RowStore>();
  const size_t bytes = piece.rows->bytes(piece.partition) + rows * row_overhead;
  if (bytes > most_bytes && piece.shift >= kLeastShift + kCutBits) {
    TRIVET_RETURN_IF_ERROR(Cut(piece));
    return std::unique_ptr<RowStore>();
  }
  auto loaded = std::make_unique<RowStore>(
      piece.rows->layout(),
      std::make_shared<RowMemory>(Reservation(&context_.memory(), consumer_)));
  TRIVET_RETURN_IF_ERROR(piece.rows->ReadAll(piece.partition, *loaded));
  piece.rows->Discard(piece.partition);
  return loaded;
}

Status SpilledPieces::Cut(const Piece& piece) {
  const int shift = piece.shift - kCutBits;
  auto parts = std::make_shared<SpilledRows>(context_, piece.rows->layout(), size_t{1} << kCutBits,
                                             metrics_);
  TRIVET_RETURN_IF_ERROR(piece.rows->MoveTo(piece.partition, *parts, shift, consumer_));
  std::lock_guard lock(mutex_);
  for (size_t p = 0; p < parts->partition_count(); ++p) pieces_.push_back({parts, p, shift});
  return Status::OK();
}

}  // namespace trivet
