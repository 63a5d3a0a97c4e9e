#include "session/collected_rows.h"

#include <algorithm>

namespace trivet {

// Outlives the thread that fills it, whose rows it keeps.
class CollectedRows::Part {
 public:
  Part(const CollectedRows& rows, size_t number)
      : number_(number), collector_(rows.types_, rows.strings_) {}

  Status Take(const Batch& batch) {
    if (batch.row_count() == 0) return Status::OK();
    TRIVET_RETURN_IF_ERROR(collector_.Append(batch));
    const BatchOrder order = batch.order();
    if (runs_.empty() || runs_.back().first.morsel != order.morsel) {
      runs_.push_back({order, number_, row_count_, 0});
    }
    runs_.back().count += batch.row_count();
    row_count_ += batch.row_count();
    return Status::OK();
  }
  const std::vector<Run>& runs() const { return runs_; }
  std::vector<std::shared_ptr<const ArrowChunk>> Finish() { return collector_.Finish(); }

 private:
  const size_t number_;
  ArrowCollector collector_;
  std::vector<Run> runs_;
  size_t row_count_ = 0;
};

namespace {

// A thread's hold on its part.
template <typename Part>
class PartOf final : public RowReceiver::Local {
 public:
  explicit PartOf(Part& part) : part_(part) {}
  Status Take(const Batch& batch) override { return part_.Take(batch); }

 private:
  Part& part_;
};

// Rows [begin, begin + count) of the chunks one after the other, as pieces of them; what follows
// the last piece extends it.
void AddPieces(const std::vector<std::shared_ptr<const ArrowChunk>>& chunks, size_t begin,
               size_t count, std::vector<CollectedRows::Piece>& pieces) {
  for (const auto& chunk : chunks) {
    if (begin >= chunk->row_count) {
      begin -= chunk->row_count;
      continue;
    }
    const size_t taken = std::min(count, chunk->row_count - begin);
    if (taken == 0) return;
    if (!pieces.empty() && pieces.back().chunk == chunk &&
        pieces.back().begin + pieces.back().count == begin) {
      pieces.back().count += taken;
    } else {
      pieces.push_back({chunk, begin, taken});
    }
    count -= taken;
    begin = 0;
  }
}

}  // namespace

CollectedRows::CollectedRows(std::vector<LogicalType> types, ArrowStrings strings)
    : types_(std::move(types)), strings_(strings) {}

CollectedRows::~CollectedRows() = default;

std::unique_ptr<RowReceiver::Local> CollectedRows::MakeLocal() {
  std::lock_guard lock(mutex_);
  parts_.push_back(std::make_unique<Part>(*this, parts_.size()));
  return std::make_unique<PartOf<Part>>(*parts_.back());
}

std::vector<CollectedRows::Run> CollectedRows::OrderedRuns() const {
  std::vector<Run> runs;
  for (const auto& part : parts_) {
    runs.insert(runs.end(), part->runs().begin(), part->runs().end());
  }
  std::stable_sort(runs.begin(), runs.end(),
                   [](const Run& a, const Run& b) { return a.first < b.first; });
  return runs;
}

Result<std::vector<CollectedRows::Piece>> CollectedRows::Finish() {
  std::lock_guard lock(mutex_);
  std::vector<std::vector<std::shared_ptr<const ArrowChunk>>> chunks;
  for (const auto& part : parts_) chunks.push_back(part->Finish());
  std::vector<Piece> pieces;
  size_t rows = 0;
  for (const Run& run : OrderedRuns()) {
    AddPieces(chunks[run.part], run.begin, run.count, pieces);
    rows += run.count;
  }
  if (pieces.size() < 2 || rows / pieces.size() >= kLeastPieceRows) return pieces;
  return Copied(pieces);
}

Result<std::vector<CollectedRows::Piece>> CollectedRows::Copied(
    const std::vector<Piece>& pieces) const {
  ArrowCollector collector(types_, strings_);
  for (const Piece& piece : pieces) {
    std::vector<Batch> batches;
    TRIVET_RETURN_IF_ERROR(ReadArrowChunk(piece.chunk, types_, piece.begin, piece.count, batches));
    for (const Batch& batch : batches) TRIVET_RETURN_IF_ERROR(collector.Append(batch));
  }
  std::vector<Piece> copied;
  for (auto& chunk : collector.Finish()) {
    const size_t count = chunk->row_count;
    copied.push_back({std::move(chunk), 0, count});
  }
  return copied;
}

}  // namespace trivet
