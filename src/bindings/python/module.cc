// The compiled half of the Python package: databases, connections, results. python/trivet wraps it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_objects.h"
#include "cluster.h"
#include "connect_options.h"
#include "custom_code.h"
#include "errors.h"
#include "extension/plugin.h"
#include "formats/arrow/stream_table.h"
#include "interpreter.h"
#include "python_result.h"
#include "session/connection.h"
#include "values.h"

namespace nb = nanobind;

namespace trivet::python {
namespace {

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
      .def("read_ahead",
           [](const std::shared_ptr<PyResult>& result) { return result->ReadAhead(); })
      .def("has",
           [](const std::shared_ptr<PyResult>& result, size_t row) { return result->Has(row); })
      .def("row_count", [](const std::shared_ptr<PyResult>& result) { return result->RowCount(); })
      .def("fetch", [](const std::shared_ptr<PyResult>& result, size_t offset,
                       size_t limit) { return FetchRows(*result, offset, limit); })
      .def("box", [](const std::shared_ptr<PyResult>& result, size_t max_rows,
                     size_t width) { return BoxText(*result, max_rows, width); })
      .def("stream", [](const std::shared_ptr<PyResult>& result, bool live,
                        bool string_views) { return ExportStream(result, live, string_views); })
      .def("cancel", [](const std::shared_ptr<PyResult>& result) { result->raw().Cancel(); });
}
