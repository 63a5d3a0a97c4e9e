#include "python_result.h"

#include <cerrno>
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

nb::list FetchRows(PyResult& result, size_t offset, size_t limit) {
  result.Materialize();
  nb::list rows;
  size_t position = 0;
  for (const Batch& batch : result.batches()) {
    if (position + batch.row_count() <= offset) {
      position += batch.row_count();
      continue;
    }
    for (size_t i = 0; i < batch.row_count(); ++i, ++position) {
      if (position < offset) continue;
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

std::string BoxText(PyResult& result, size_t max_rows, size_t width) {
  result.Materialize();
  QueryResult copy(result.result().kind(), result.result().columns(), result.batches());
  auto printer = MakeBoxPrinter();
  printer->set_time_zone(result.time_zone());
  printer->set_max_rows(max_rows);
  printer->set_width(width);
  std::ostringstream out;
  ThrowIfError(printer->Print(copy, out));
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
