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

// A result with the connection that it came from, whose Ctrl-C handling it shares.
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

  // Reads what is left and keeps it; later calls do nothing.
  void Materialize() {
    if (!pieces_.empty()) return ReadPieces();
    ReadAll([&](const Batch& batch) { batches_.push_back(batch); });
  }
  // Like Materialize, but keeps the rows as Arrow has them, strings in this form, where all columns
  // can be so and nothing has been kept yet.
  void Collect(ArrowStrings strings) {
    if (!Pieces(strings).empty()) return;
    if (finished_ ||
        !std::ranges::all_of(result_->columns(), ArrowCollector::CanCollect, &ResultColumn::type)) {
      return Materialize();
    }
    auto collected = std::make_shared<CollectedRows>(types(), strings);
    result_->DivertTo(collected);
    const auto own = collected->MakeLocal();
    ReadAll([&](const Batch& batch) { ThrowIfError(own->Take(batch), sql_); });
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
  const TimeZone& time_zone() const {
    return *ValueOrThrow(TimeZone::Find(connection_->settings().Get().time_zone));
  }

 private:
  template <typename Keep>
  void ReadAll(const Keep& keep) {
    std::optional<ProgressBar> bar;
    if (progress_bar_ && !finished_) bar.emplace(*result_);
    Batch batch;
    while (!finished_ && Next(batch)) keep(batch);
    finished_ = true;
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
  std::vector<Batch> batches_;
  std::vector<CollectedRows::Piece> pieces_;
  bool finished_ = false;
};

// Up to `limit` rows of the kept batches as tuples, from row `offset` on.
nb::list FetchRows(PyResult& result, size_t offset, size_t limit);

// The kept rows as a box of text.
std::string BoxText(PyResult& result, size_t max_rows, size_t width);

// The rows as a capsule of an Arrow stream: those kept, or, where live, as they come, which are
// then gone; with strings as views where asked.
nb::object ExportStream(std::shared_ptr<PyResult> result, bool live, bool string_views);

}  // namespace trivet::python
