#pragma once

#include <Python.h>
#include <nanobind/nanobind.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "errors.h"
#include "session/collected_rows.h"
#include "session/connection.h"
#include "shell/progress_bar.h"
#include "types/time_zone.h"

namespace trivet::python {

namespace nb = nanobind;

// The interpreter may look after signals this often while a query runs.
inline constexpr int kSignalPollMs = 50;

// A query that scans the stream of another one would wait for it on the thread that is to run it.
Status CheckMayWait();

// A result with the connection that it came from, whose Ctrl-C handling it shares. Rows are kept as
// they are read, so that they can be read again, up to kMostKeptBytes or a share of the memory
// limit: a larger result that is read on and on passes by, and no more than a batch of it is here.
class PyResult {
 public:
  // `sql` is what the errors of its rows point into.
  PyResult(std::shared_ptr<Connection> connection, std::unique_ptr<QueryResult> result,
           std::string sql, bool progress_bar)
      : connection_(std::move(connection)),
        result_(std::move(result)),
        sql_(std::move(sql)),
        progress_bar_(progress_bar) {}

  // Waits for the query to end, whose code may need the interpreter lock.
  ~PyResult() {
    if (!PyGILState_Check()) return;
    batches_.clear();
    nb::gil_scoped_release unlocked;
    result_.reset();
  }
  PyResult(const PyResult&) = delete;
  PyResult& operator=(const PyResult&) = delete;

  const QueryResult& result() const { return *result_; }

  // Waits with the interpreter lock released; a Python signal handler that raises cancels the
  // query.
  bool Next(Batch& batch) {
    ThrowIfError(CheckMayWait());
    while (true) {
      Result<Outcome> outcome = [&] {
        nb::gil_scoped_release unlocked;
        return result_->Poll(batch, kSignalPollMs);
      }();
      ThrowIfError(outcome.status(), sql_);
      if (*outcome == Outcome::kHaveOutput) return true;
      if (*outcome == Outcome::kFinished) return false;
      if (PyErr_CheckSignals() != 0) {
        nb::gil_scoped_release unlocked;
        result_->Cancel();
      }
      if (PyErr_Occurred()) throw nb::python_error();
    }
  }

  static constexpr size_t kMostKeptBytes = size_t{32} << 20;
  static constexpr size_t kKeptShareOfLimit = 16;

  // Reads until all rows are here, or as many as are kept of a result that passes by; tells whether
  // all are.
  bool ReadAhead() {
    const auto bar = MakeBar();
    while (!finished_ && !passed_ && kept_bytes_ < MostKeptBytes()) ReadBatch(true);
    return finished_ && !passed_;
  }
  // Whether the row is kept, at hand or to come.
  bool Has(size_t row) const { return !passed_ || row >= rows_read_ - current_.row_count(); }
  // The batch with this row, which the result has, and the row number of the batch's first; null
  // behind the last row. Valid until the next call.
  const Batch* BatchOf(size_t row, size_t& first);
  // How many rows there are in all.
  size_t RowCount();

  // Reads what is left and keeps it, whatever it takes; later calls do nothing. The result must
  // have its first row.
  void Materialize() {
    if (!pieces_.empty()) return ReadPieces();
    const auto bar = MakeBar();
    while (!finished_) ReadBatch(true);
  }
  // Like Materialize, but keeps the rows as Arrow has them, strings in this form, where all columns
  // can be so and nothing has been kept yet.
  void Collect(ArrowStrings strings) {
    if (!Pieces(strings).empty()) return;
    if (finished_ || !batches_.empty() ||
        !std::ranges::all_of(result_->columns(), ArrowCollector::CanCollect, &ResultColumn::type)) {
      return Materialize();
    }
    auto collected = std::make_shared<CollectedRows>(types(), strings);
    result_->DivertTo(collected);
    const auto own = collected->MakeLocal();
    const auto bar = MakeBar();
    Batch batch;
    while (Next(batch)) ThrowIfError(own->Take(batch), sql_);
    finished_ = true;
    Result<std::vector<CollectedRows::Piece>> pieces = [&] {
      nb::gil_scoped_release unlocked;
      return collected->Finish();
    }();
    pieces_ = ValueOrThrow(std::move(pieces));
  }
  const std::vector<Batch>& batches() const { return batches_; }
  // What was collected in this form; empty where batches() has the rows.
  std::vector<CollectedRows::Piece> Pieces(ArrowStrings strings) const {
    if (pieces_.empty() || pieces_.front().chunk->strings != strings) return {};
    return pieces_;
  }
  std::vector<LogicalType> types() const {
    std::vector<LogicalType> types;
    for (const ResultColumn& column : result_->columns()) types.push_back(column.type);
    return types;
  }
  QueryResult& raw() { return *result_; }
  Database& database() const { return connection_->database(); }
  // Drawn while it lives, where a bar is wanted and rows are still to come.
  std::unique_ptr<ProgressBar> MakeBar() {
    return progress_bar_ && !finished_ ? std::make_unique<ProgressBar>(*result_) : nullptr;
  }
  const TimeZone& time_zone() const {
    return *ValueOrThrow(TimeZone::Find(connection_->settings().Get().time_zone));
  }

 private:
  size_t MostKeptBytes() const {
    return std::min(kMostKeptBytes, database().memory().limit_bytes() / kKeptShareOfLimit);
  }
  // Reads the next batch, if there is one, and keeps it with all before it, or lets those go.
  void ReadBatch(bool keep) {
    if (!Next(current_)) {
      current_ = Batch();
      finished_ = true;
      return;
    }
    rows_read_ += current_.row_count();
    if (keep) {
      kept_bytes_ += current_.MemoryBytes();
      batches_.push_back(current_);
      return;
    }
    passed_ = true;
    batches_.clear();
  }
  // The rows that were collected as batches, too.
  void ReadPieces() {
    if (!batches_.empty()) return;
    for (const auto& [chunk, begin, count] : pieces_) {
      ThrowIfError(ReadArrowChunk(chunk, types(), begin, count, batches_));
    }
  }

  std::shared_ptr<Connection> connection_;
  std::unique_ptr<QueryResult> result_;
  std::string sql_;
  const bool progress_bar_;
  std::vector<Batch> batches_;  // all that were read, unless they have passed
  size_t kept_bytes_ = 0;
  Batch current_;  // the one read last
  size_t rows_read_ = 0;
  bool passed_ = false;  // rows were read that are not kept
  std::vector<CollectedRows::Piece> pieces_;
  bool finished_ = false;
  size_t place_ = 0;      // in batches_, where reading goes on as a rule
  size_t place_row_ = 0;  // the first one there
};

// Up to `limit` rows as tuples, from row `offset` on, which the result has.
nb::list FetchRows(PyResult& result, size_t offset, size_t limit);

// The rows from the first on as a box of text.
std::string BoxText(PyResult& result, size_t max_rows, size_t width);

// The rows as a capsule of an Arrow stream: those kept, or, where live, as they come, which are
// then gone; with strings as views where asked.
nb::object ExportStream(std::shared_ptr<PyResult> result, bool live, bool string_views);

}  // namespace trivet::python
