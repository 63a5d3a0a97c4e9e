#include "session/query_result.h"

#include <utility>

#include "session/database.h"

namespace trivet {

QueryResult::QueryResult(ResultKind kind, std::vector<ResultColumn> columns,
                         std::vector<Batch> batches)
    : kind_(kind), columns_(std::move(columns)), batches_(std::move(batches)) {}

QueryResult::QueryResult(std::shared_ptr<Database> database, std::vector<ResultColumn> columns,
                         std::unique_ptr<ResultStream> stream)
    : kind_(ResultKind::kRows),
      database_(std::move(database)),
      columns_(std::move(columns)),
      stream_(std::move(stream)) {}

Result<Outcome> QueryResult::Poll(Batch& batch, int timeout_ms) {
  if (stream_) return Told(stream_->Poll(batch, timeout_ms));
  if (next_ >= batches_.size()) return Outcome::kFinished;
  batch = batches_[next_++];
  return Outcome::kHaveOutput;
}

Result<bool> QueryResult::Next(Batch& batch) {
  if (stream_) return Told(stream_->Next(batch));
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, Poll(batch, 0));
  return outcome == Outcome::kHaveOutput;
}

void QueryResult::Cancel() {
  if (stream_) stream_->Cancel();
}

std::optional<double> QueryResult::Progress() const {
  return stream_ ? stream_->Progress() : std::nullopt;
}

std::vector<StageProgress> QueryResult::Stages() const {
  return stream_ ? stream_->Stages() : std::vector<StageProgress>{};
}

}  // namespace trivet
