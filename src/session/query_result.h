#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "execution/query_runtime.h"
#include "plan/logical_operator.h"
#include "vector/batch.h"

namespace trivet {

class Database;

struct ResultColumn {
  std::string name;
  LogicalType type;
};

enum class ResultKind : uint8_t {
  kRows,     // a query's rows, streamed
  kChanged,  // INSERT, COPY: one row, the count of rows
  kNothing,  // DDL, SET: no columns, no rows
};

// The result of one statement: columns and a stream of batches, pulled by one reader. Keeps the
// database alive; destroying it before the end cancels the query. Used by one thread at a time,
// except Cancel.
class QueryResult {
 public:
  // A statement without rows, or with rows at hand.
  QueryResult(ResultKind kind, std::vector<ResultColumn> columns, std::vector<Batch> batches);
  // A running query.
  QueryResult(std::shared_ptr<Database> database, std::vector<ResultColumn> columns,
              std::unique_ptr<ResultStream> stream);

  ResultKind kind() const { return kind_; }
  const std::vector<ResultColumn>& columns() const { return columns_; }

  // The next batch with rows; false after the last.
  Result<bool> Next(Batch& batch);
  // Like Next but gives up after `timeout_ms` with kBlocked.
  Result<Outcome> Poll(Batch& batch, int timeout_ms);
  void Cancel();
  // As ResultStream::DivertTo says; false for rows at hand.
  bool DivertTo(std::shared_ptr<RowReceiver> receiver) {
    return stream_ != nullptr && stream_->DivertTo(std::move(receiver));
  }
  // Share of the sources read so far, 0 to 1; nothing when it is not known.
  std::optional<double> Progress() const;
  // Of each stage of a distributed query, while it runs.
  std::vector<StageProgress> Stages() const;
  // Null where nothing runs.
  ResultStream* stream() { return stream_.get(); }
  // Passes errors of the running query through `tell` before the reader sees them.
  void TellErrors(std::function<Status(const Status&)> tell) { tell_ = std::move(tell); }

 private:
  template <typename T>
  Result<T> Told(Result<T> result) const {
    if (result.ok() || !tell_) return result;
    return tell_(result.status());
  }

  ResultKind kind_;
  std::shared_ptr<Database> database_;
  std::vector<ResultColumn> columns_;
  std::vector<Batch> batches_;
  size_t next_ = 0;
  std::unique_ptr<ResultStream> stream_;
  std::function<Status(const Status&)> tell_;  // null: as they are
};

}  // namespace trivet
