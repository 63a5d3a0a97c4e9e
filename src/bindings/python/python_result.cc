#include "python_result.h"

#include <cerrno>
#include <exception>
#include <sstream>

#include "execution/thread_pool.h"
#include "shell/result_printer.h"
#include "values.h"
#include "vector/arrow_export.h"

namespace trivet::python {

Status CheckMayWait() {
  if (!ThreadPool::InWorker()) return Status::OK();
  return Status::NotImplemented("reading the rows of one running query in another")
      .WithHint("register the relation itself, or its rows: relation.arrow()");
}

const Batch* PyResult::BatchOf(size_t row, size_t& first) {
  if (!pieces_.empty()) ReadPieces();
  if (!passed_) {
    if (row < place_row_) place_ = place_row_ = 0;
    while (true) {
      for (; place_ < batches_.size(); place_row_ += batches_[place_++].row_count()) {
        first = place_row_;
        if (row < first + batches_[place_].row_count()) return &batches_[place_];
      }
      if (finished_) return nullptr;
      ReadBatch(kept_bytes_ < MostKeptBytes());
      if (passed_) break;
    }
  }
  while (!finished_ && row >= rows_read_) ReadBatch(false);
  first = rows_read_ - current_.row_count();
  if (row < first) ThrowIfError(Status::Internal("rows that have passed were asked for"));
  return row < rows_read_ ? &current_ : nullptr;
}

size_t PyResult::RowCount() {
  const auto bar = MakeBar();
  size_t rows = 0;
  size_t first = 0;
  while (const Batch* batch = BatchOf(rows, first)) rows = first + batch->row_count();
  return rows;
}

nb::list FetchRows(PyResult& result, size_t offset, size_t limit) {
  // Of one row after the other each would have to begin a bar.
  const auto bar = limit > kVectorSize ? result.MakeBar() : nullptr;
  nb::list rows;
  size_t first = 0;
  while (const Batch* found = result.BatchOf(offset, first)) {
    const Batch batch = *found;  // values may run Python, which may read on
    for (size_t i = offset - first; i < batch.row_count(); ++i, ++offset) {
      if (nb::len(rows) >= limit) return rows;
      nb::object row = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(batch.column_count())));
      for (size_t j = 0; j < batch.column_count(); ++j) {
        PyTuple_SET_ITEM(row.ptr(), static_cast<Py_ssize_t>(j),
                         ToPython(batch.column(j).GetValue(i)).release().ptr());
      }
      rows.append(row);
    }
  }
  return rows;
}

namespace {

// The rows of a result from the first on, for those who read results.
class RowsFromStart final : public ResultStream {
 public:
  explicit RowsFromStart(PyResult& result) : result_(result) {}

  Result<Outcome> Poll(Batch& batch, int) override {
    try {
      size_t first = 0;
      const Batch* found = result_.BatchOf(row_, first);
      if (found == nullptr) return Outcome::kFinished;
      batch = *found;
      row_ = first + batch.row_count();
      return Outcome::kHaveOutput;
    } catch (...) {
      raised_ = std::current_exception();
      return Status::Cancelled("the rows could not be read");
    }
  }
  void Cancel() override {}
  std::optional<double> Progress() const override { return std::nullopt; }
  std::string Analysis(bool) override { return {}; }
  const std::exception_ptr& raised() const { return raised_; }

 private:
  PyResult& result_;
  size_t row_ = 0;
  std::exception_ptr raised_;
};

}  // namespace

std::string BoxText(PyResult& result, size_t max_rows, size_t width) {
  const auto bar = result.MakeBar();
  auto stream = std::make_unique<RowsFromStart>(result);
  const RowsFromStart& rows = *stream;
  QueryResult copy(result.database().shared_from_this(), result.result().columns(),
                   std::move(stream));
  auto printer = MakeBoxPrinter();
  printer->set_time_zone(result.time_zone());
  printer->set_max_rows(max_rows);
  printer->set_width(width);
  std::ostringstream out;
  const Status status = printer->Print(copy, out);
  if (rows.raised()) std::rethrow_exception(rows.raised());
  ThrowIfError(status);
  return out.str();
}

namespace {

// An Arrow stream over a result: the batches kept, or the live ones, which are then gone.
struct ExportedStream {
  std::shared_ptr<PyResult> result;
  bool live;
  ArrowForm form;
  std::vector<CollectedRows::Piece> pieces;  // empty: the result's batches
  size_t next = 0;
  std::vector<std::string> names;
  std::vector<LogicalType> types;
  std::string error;
};

int StreamSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto& state = *static_cast<ExportedStream*>(stream->private_data);
  const Status status = ExportArrowSchema(state.names, state.types, out, state.form);
  state.error = status.ToString();
  return status.ok() ? 0 : EIO;
}

int StreamNext(ArrowArrayStream* stream, ArrowArray* out) {
  auto& state = *static_cast<ExportedStream*>(stream->private_data);
  Batch batch;
  bool more = true;
  if (state.live) {
    const Status may_wait = CheckMayWait();
    Result<bool> next = may_wait.ok() ? state.result->raw().Next(batch) : may_wait;
    if (!next.ok()) {
      state.error = next.status().ToString();
      return next.status().code() == StatusCode::kCancelled ? ECANCELED : EIO;
    }
    more = *next;
  } else if (!state.pieces.empty()) {
    *out = ArrowArray{};
    if (state.next == state.pieces.size()) return 0;
    const auto& [chunk, begin, count] = state.pieces[state.next++];
    ExportArrowChunk(chunk, state.types, begin, count, out);
    return 0;
  } else {
    more = state.next < state.result->batches().size();
    if (more) batch = state.result->batches()[state.next++];
  }
  *out = ArrowArray{};
  if (!more) return 0;
  const Status status = ExportArrowBatch(batch, state.types, out, state.result, state.form);
  state.error = status.ToString();
  return status.ok() ? 0 : EIO;
}

const char* StreamLastError(ArrowArrayStream* stream) {
  return static_cast<ExportedStream*>(stream->private_data)->error.c_str();
}

void StreamRelease(ArrowArrayStream* stream) {
  stream->release = nullptr;
  auto* state = static_cast<ExportedStream*>(stream->private_data);
  // The result may have to wait for the query to end, and may hold Python objects.
  if (PyGILState_Check()) {
    delete state;
  } else {
    nb::gil_scoped_acquire locked;
    delete state;
  }
}

void ReleaseCapsule(PyObject* capsule) {
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
  if (stream->release) stream->release(stream);
  delete stream;
}

}  // namespace

nb::object ExportStream(std::shared_ptr<PyResult> result, bool live, bool string_views) {
  const ArrowStrings strings = string_views ? ArrowStrings::kViews : ArrowStrings::kOffsets;
  if (!live) result->Collect(strings);
  auto* state = new ExportedStream{std::move(result), live, {.strings = strings}};
  if (!live) state->pieces = state->result->Pieces(strings);
  for (const ResultColumn& column : state->result->result().columns()) {
    state->names.push_back(column.name);
    state->types.push_back(column.type);
  }
  auto* stream =
      new ArrowArrayStream{StreamSchema, StreamNext, StreamLastError, StreamRelease, state};
  return nb::steal(PyCapsule_New(stream, "arrow_array_stream", ReleaseCapsule));
}

}  // namespace trivet::python
