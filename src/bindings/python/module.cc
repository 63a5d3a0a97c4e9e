// The compiled half of the Python package: databases, connections, results. python/trivet wraps it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cerrno>
#include <sstream>

#include "errors.h"
#include "formats/arrow/stream_table.h"
#include "session/connection.h"
#include "shell/result_printer.h"
#include "values.h"
#include "vector/arrow_export.h"

namespace nb = nanobind;

namespace trivet::python {
namespace {

// The interpreter may look after signals this often while a query runs.
constexpr int kSignalPollMs = 50;

// A result with the connection that it came from, whose Ctrl-C handling it shares.
class PyResult {
 public:
  PyResult(std::shared_ptr<Connection> connection, std::unique_ptr<QueryResult> result)
      : connection_(std::move(connection)), result_(std::move(result)) {}

  const QueryResult& result() const { return *result_; }

  // Waits with the interpreter lock released; a Python signal handler that raises cancels the
  // query.
  bool Next(Batch& batch) {
    while (true) {
      Result<Outcome> outcome = [&] {
        nb::gil_scoped_release unlocked;
        return result_->Poll(batch, kSignalPollMs);
      }();
      ThrowIfError(outcome.status());
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
    Batch batch;
    while (!finished_ && Next(batch)) batches_.push_back(batch);
    finished_ = true;
  }
  const std::vector<Batch>& batches() const { return batches_; }
  QueryResult& raw() { return *result_; }

 private:
  std::shared_ptr<Connection> connection_;
  std::unique_ptr<QueryResult> result_;
  std::vector<Batch> batches_;
  bool finished_ = false;
};

// Up to `limit` rows of the kept batches as tuples, from row `offset` on.
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

// The kept rows as a box of text.
std::string BoxText(PyResult& result, size_t max_rows, size_t width) {
  result.Materialize();
  QueryResult copy(result.result().kind(), result.result().columns(), result.batches());
  auto printer = MakeBoxPrinter();
  printer->set_max_rows(max_rows);
  printer->set_width(width);
  std::ostringstream out;
  ThrowIfError(printer->Print(copy, out));
  return out.str();
}

// An Arrow stream over a result: the batches kept, or the live ones, which are then gone.
struct ExportedStream {
  std::shared_ptr<PyResult> result;
  bool live;
  size_t next = 0;
  std::vector<std::string> names;
  std::vector<LogicalType> types;
  std::string error;
};

int StreamSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto& state = *static_cast<ExportedStream*>(stream->private_data);
  const Status status = ExportArrowSchema(state.names, state.types, out);
  state.error = status.ToString();
  return status.ok() ? 0 : EIO;
}

int StreamNext(ArrowArrayStream* stream, ArrowArray* out) {
  auto& state = *static_cast<ExportedStream*>(stream->private_data);
  Batch batch;
  bool more = true;
  if (state.live) {
    Result<bool> next = state.result->raw().Next(batch);
    if (!next.ok()) {
      state.error = next.status().ToString();
      return next.status().code() == StatusCode::kCancelled ? ECANCELED : EIO;
    }
    more = *next;
  } else {
    more = state.next < state.result->batches().size();
    if (more) batch = state.result->batches()[state.next++];
  }
  *out = ArrowArray{};
  if (!more) return 0;
  const Status status = ExportArrowBatch(batch, state.types, out, state.result);
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

nb::object ExportStream(std::shared_ptr<PyResult> result, bool live) {
  auto* state = new ExportedStream{std::move(result), live};
  for (const ResultColumn& column : state->result->result().columns()) {
    state->names.push_back(column.name);
    state->types.push_back(column.type);
  }
  auto* stream =
      new ArrowArrayStream{StreamSchema, StreamNext, StreamLastError, StreamRelease, state};
  return nb::steal(PyCapsule_New(stream, "arrow_array_stream", ReleaseCapsule));
}

// A Python object that outlives the interpreter lock's holder: dropped with the lock held.
std::shared_ptr<PyObject> KeepObject(nb::handle object) {
  Py_INCREF(object.ptr());
  return {object.ptr(), [](PyObject* kept) {
            nb::gil_scoped_acquire locked;
            Py_DECREF(kept);
          }};
}

// Asks the object for a stream; its Python errors become a status.
Status OpenPythonStream(const std::shared_ptr<PyObject>& object, ArrowArrayStream* out) {
  nb::gil_scoped_acquire locked;
  try {
    nb::object capsule = nb::handle(object.get()).attr("__arrow_c_stream__")();
    auto* stream =
        static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
    if (stream == nullptr) throw nb::python_error();
    *out = *stream;
    stream->release = nullptr;  // moved
    return Status::OK();
  } catch (nb::python_error& error) {
    return Status::InvalidInput(std::string("the object gave no Arrow stream: ") + error.what());
  }
}

class PyConnection {
 public:
  explicit PyConnection(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  std::shared_ptr<PyResult> Execute(const std::string& sql, nb::handle parameters) {
    const ParameterValues values = ParametersFrom(parameters);
    Connection& connection = Open();  // may throw, which needs the interpreter lock
    Result<std::unique_ptr<QueryResult>> result = [&] {
      nb::gil_scoped_release unlocked;
      return connection.Execute(sql, values);
    }();
    ThrowIfError(result.status(), sql);
    auto running = std::make_shared<PyResult>(connection_, std::move(result).value());
    std::erase_if(results_, [](const std::weak_ptr<PyResult>& known) { return known.expired(); });
    results_.push_back(running);
    return running;
  }

  void Register(const std::string& name, nb::handle object) {
    if (!nb::hasattr(object, "__arrow_c_stream__")) {
      throw nb::type_error(
          "only objects with __arrow_c_stream__ can be registered: Arrow tables and "
          "readers, pandas and Polars frames, Trivet relations");
    }
    auto kept = KeepObject(object);
    Result<TablePtr> table = [&] {
      nb::gil_scoped_release unlocked;
      return ArrowStreamTable::Make(
          name, [kept](ArrowArrayStream* out) { return OpenPythonStream(kept, out); });
    }();
    ThrowIfError(table.status());
    ThrowIfError(Open().RegisterTable(name, std::move(table).value()));
  }
  void Unregister(const std::string& name) { ThrowIfError(Open().UnregisterTable(name)); }
  void Interrupt() {
    Open().Interrupt();
    for (const std::weak_ptr<PyResult>& known : results_) {
      if (auto result = known.lock()) result->raw().Cancel();
    }
  }
  void Close() { connection_.reset(); }
  PyConnection Cursor() {
    return PyConnection(std::shared_ptr<Connection>(Open().database().Connect()));
  }

 private:
  Connection& Open() {
    if (!connection_) ThrowIfError(Status::InvalidInput("the connection is closed"));
    return *connection_;
  }
  std::shared_ptr<Connection> connection_;
  std::vector<std::weak_ptr<PyResult>> results_;  // guarded by the interpreter lock
};

PyConnection Connect(size_t threads, const std::string& memory_limit) {
  DatabaseOptions options;
  options.threads = threads;
  if (!memory_limit.empty()) options.memory_limit_bytes = ValueOrThrow(ParseBytes(memory_limit));
  return PyConnection(std::shared_ptr<Connection>(Database::Open(options)->Connect()));
}

}  // namespace
}  // namespace trivet::python

NB_MODULE(_trivet, module) {
  using namespace trivet;          // NOLINT(google-build-using-namespace): binding code
  using namespace trivet::python;  // NOLINT(google-build-using-namespace)

  RegisterErrors(module);
  module.attr("__version__") = TRIVET_VERSION;
  module.def("connect", &Connect, nb::arg("threads") = 0, nb::arg("memory_limit") = "");
  nb::class_<PyConnection>(module, "Connection")
      .def(
          "execute",
          [](PyConnection& connection, const std::string& sql, nb::handle parameters) {
            // nanobind holds shared pointers only through a type caster; a small wrapper serves.
            return new std::shared_ptr<PyResult>(connection.Execute(sql, parameters));
          },
          nb::arg("sql"), nb::arg("parameters").none() = nb::none(), nb::rv_policy::take_ownership)
      .def("register", &PyConnection::Register)
      .def("unregister", &PyConnection::Unregister)
      .def("interrupt", &PyConnection::Interrupt)
      .def("cursor", &PyConnection::Cursor)
      .def("close", &PyConnection::Close);
  nb::class_<std::shared_ptr<PyResult>>(module, "Result")
      .def_prop_ro("columns",
                   [](const std::shared_ptr<PyResult>& result) {
                     nb::list columns;
                     for (const ResultColumn& column : result->result().columns()) {
                       columns.append(nb::make_tuple(column.name, column.type.ToString()));
                     }
                     return columns;
                   })
      .def("materialize", [](const std::shared_ptr<PyResult>& result) { result->Materialize(); })
      .def("row_count",
           [](const std::shared_ptr<PyResult>& result) {
             result->Materialize();
             size_t rows = 0;
             for (const Batch& batch : result->batches()) rows += batch.row_count();
             return rows;
           })
      .def("fetch", [](const std::shared_ptr<PyResult>& result, size_t offset,
                       size_t limit) { return FetchRows(*result, offset, limit); })
      .def("box", [](const std::shared_ptr<PyResult>& result, size_t max_rows,
                     size_t width) { return BoxText(*result, max_rows, width); })
      .def("stream",
           [](const std::shared_ptr<PyResult>& result, bool live) {
             if (!live) result->Materialize();
             return ExportStream(result, live);
           })
      .def("cancel", [](const std::shared_ptr<PyResult>& result) { result->raw().Cancel(); });
}
