// The compiled half of the Python package: databases, connections, results. python/trivet wraps it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "arrow_objects.h"
#include "cluster.h"
#include "connect_options.h"
#include "custom_code.h"
#include "errors.h"
#include "execution/thread_pool.h"
#include "extension/plugin.h"
#include "formats/arrow/stream_table.h"
#include "interpreter.h"
#include "session/collected_rows.h"
#include "session/connection.h"
#include "shell/progress_bar.h"
#include "shell/result_printer.h"
#include "values.h"
#include "vector/arrow_export.h"

namespace nb = nanobind;

namespace trivet::python {
namespace {

// The interpreter may look after signals this often while a query runs.
constexpr int kSignalPollMs = 50;

// A query that scans the stream of another one would wait for it on the thread that is to run it.
Status CheckMayWait() {
  if (!ThreadPool::InWorker()) return Status::OK();
  return Status::NotImplemented("reading the rows of one running query in another")
      .WithHint("register the relation itself, or its rows: relation.arrow()");
}

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
  printer->set_time_zone(result.time_zone());
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
  PyConnection(std::shared_ptr<Connection> connection, bool progress_bar)
      : connection_(std::move(connection)), progress_bar_(progress_bar) {
    // Signal handlers run on the main thread only, with the interpreter lock; one that raises
    // interrupts the statement.
    connection_->SetInterruptCheck([] {
      nb::gil_scoped_acquire locked;
      return PyErr_CheckSignals() != 0;
    });
  }

  std::shared_ptr<PyResult> Execute(const std::string& sql, nb::handle parameters) {
    ThrowIfError(CheckMayWait());
    const ParameterValues values = ParametersFrom(parameters);
    Connection& connection = Open();  // may throw, which needs the interpreter lock
    Result<std::unique_ptr<QueryResult>> result = [&] {
      nb::gil_scoped_release unlocked;
      return connection.Execute(sql, values);
    }();
    if (PyErr_Occurred()) throw nb::python_error();
    ThrowIfError(result.status(), sql);
    const bool bar = progress_bar_ || connection.settings().Get().enable_progress_bar;
    auto running = std::make_shared<PyResult>(connection_, std::move(result).value(), sql, bar);
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
  // Of the newest result that is still alive.
  std::optional<double> Progress() {
    const std::shared_ptr<PyResult> newest = Newest();
    if (newest == nullptr) return std::nullopt;
    nb::gil_scoped_release unlocked;
    return newest->raw().Progress();
  }
  // Of the database: plans kept for later queries, and how many were of use.
  nb::dict PlanCacheMetrics() {
    const PlanCache::Metrics metrics = Open().database().plan_cache().metrics();
    nb::dict values;
    values["hits"] = metrics.hits;
    values["misses"] = metrics.misses;
    values["plans"] = metrics.plans;
    values["bytes"] = metrics.bytes;
    return values;
  }
  // Of the newest result that is still alive; one entry a stage.
  nb::list Stages() {
    nb::list list;
    const std::shared_ptr<PyResult> newest = Newest();
    if (newest == nullptr) return list;
    std::vector<StageProgress> stages;
    {
      nb::gil_scoped_release unlocked;
      stages = newest->raw().Stages();
    }
    for (const StageProgress& stage : stages) {
      nb::dict entry;
      entry["stage"] = stage.stage;
      entry["description"] = stage.description;
      entry["tasks"] = stage.tasks;
      entry["finished_tasks"] = stage.finished_tasks;
      entry["running_tasks"] = stage.running_tasks;
      entry["rows"] = stage.rows;
      list.append(entry);
    }
    return list;
  }
  void RegisterFunction(const PyFunctionDeclaration& declaration, nb::handle evaluate,
                        bool replace) {
    ThrowIfError(Open().RegisterFunction(MakePythonFunction(declaration.Resolve(), evaluate),
                                         Mode(replace)));
  }
  void RegisterOperator(const PyOperatorDeclaration& declaration, nb::handle run, bool replace) {
    ThrowIfError(
        Open().RegisterOperator(MakePythonOperator(declaration.Resolve(), run), Mode(replace)));
  }
  void ShipFunction(const PyFunctionDeclaration& declaration, const nb::bytes& code, bool replace) {
    Ship({declaration.Resolve(), std::nullopt, std::string(code.c_str(), code.size()), replace});
  }
  void ShipOperator(const PyOperatorDeclaration& declaration, const nb::bytes& code, bool replace) {
    Ship({std::nullopt, declaration.Resolve(), std::string(code.c_str(), code.size()), replace});
  }
  bool is_remote() { return Open().is_remote(); }
  void LoadPlugin(const std::string& path) {
    Connection& connection = Open();
    if (connection.is_remote()) {
      ThrowIfError(Status::NotImplemented("loading a plugin through a remote connection")
                       .WithHint("start the coordinator and its workers with the plugin"));
    }
    ThrowIfError(trivet::LoadPlugin(path, connection.database().extensions()));
  }
  void Close() {
    nb::gil_scoped_release unlocked;
    connection_.reset();
  }
  PyConnection Cursor() {
    Connection& connection = Open();
    Result<std::unique_ptr<Connection>> cursor = [&] {
      nb::gil_scoped_release unlocked;
      return connection.Cursor();
    }();
    return {std::shared_ptr<Connection>(ValueOrThrow(std::move(cursor))), progress_bar_};
  }

 private:
  static OnRegistered Mode(bool replace) {
    return replace ? OnRegistered::kReplace : OnRegistered::kError;
  }
  void Ship(const CodeRegistration& registration) {
    Connection& connection = Open();
    const Status status = [&] {
      nb::gil_scoped_release unlocked;
      return connection.RegisterCode(registration);
    }();
    ThrowIfError(status);
  }
  Connection& Open() {
    if (!connection_) ThrowIfError(Status::InvalidInput("the connection is closed"));
    return *connection_;
  }
  std::shared_ptr<PyResult> Newest() const {
    std::shared_ptr<PyResult> newest;
    for (const std::weak_ptr<PyResult>& known : results_) {
      if (auto result = known.lock()) newest = result;
    }
    return newest;
  }

  std::shared_ptr<Connection> connection_;
  bool progress_bar_;
  std::vector<std::weak_ptr<PyResult>> results_;  // guarded by the interpreter lock
};

}  // namespace
}  // namespace trivet::python

NB_MODULE(_trivet, module) {
  using namespace trivet;          // NOLINT(google-build-using-namespace): binding code
  using namespace trivet::python;  // NOLINT(google-build-using-namespace)

  // What a daemon thread holds when the interpreter ends is nobody's mistake.
  nb::set_leak_warnings(false);
  RegisterErrors(module);
  module.attr("__version__") = TRIVET_VERSION;
  RegisterArrowObjects(module);
  RegisterCustomCode(module);
  WatchInterpreter(module);
  RegisterConnectOptions(module);
  module.def(
      "connect",
      [](const PyConnectOptions& options) {
        return PyConnection(ConnectWith(options), options.progress_bar);
      },
      nb::arg("options"));
  RegisterCluster(module);
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
      .def("register_function", &PyConnection::RegisterFunction)
      .def("register_operator", &PyConnection::RegisterOperator)
      .def("ship_function", &PyConnection::ShipFunction)
      .def("ship_operator", &PyConnection::ShipOperator)
      .def("load_plugin", &PyConnection::LoadPlugin)
      .def_prop_ro("is_remote", &PyConnection::is_remote)
      .def("interrupt", &PyConnection::Interrupt)
      .def("progress", &PyConnection::Progress)
      .def("stage_progress", &PyConnection::Stages)
      .def("plan_cache", &PyConnection::PlanCacheMetrics)
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
           [](const std::shared_ptr<PyResult>& result, bool live, bool string_views) {
             return ExportStream(result, live, string_views);
           })
      .def("cancel", [](const std::shared_ptr<PyResult>& result) { result->raw().Cancel(); });
}
