#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "execution/row_receiver.h"
#include "vector/arrow_collector.h"

namespace trivet {

// A whole result as Arrow has it, laid out by the threads that compute it, each in chunks of its
// own.
class CollectedRows final : public RowReceiver {
 public:
  // Rows [begin, begin + count) of a chunk.
  struct Piece {
    std::shared_ptr<const ArrowChunk> chunk;
    size_t begin;
    size_t count;
  };
  // Where pieces are smaller than this on average, they are copied into few: every piece costs its
  // receiver.
  static constexpr size_t kLeastPieceRows = 8192;

  // All types must be ones that ArrowCollector takes.
  CollectedRows(std::vector<LogicalType> types, ArrowStrings strings);
  ~CollectedRows() override;

  std::unique_ptr<Local> MakeLocal() override;
  // The rows in their order, once nobody takes any more. Only once.
  Result<std::vector<Piece>> Finish();

 private:
  class Part;
  // Rows of one part that follow each other.
  struct Run {
    BatchOrder first;
    size_t part;
    size_t begin;  // among the part's rows
    size_t count;
  };

  std::vector<Run> OrderedRuns() const;
  Result<std::vector<Piece>> Copied(const std::vector<Piece>& pieces) const;

  const std::vector<LogicalType> types_;
  const ArrowStrings strings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace trivet
