#include "cluster.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "cluster/commands.h"
#include "cluster/coordinator_server.h"
#include "cluster/worker_server.h"
#include "custom_code.h"
#include "errors.h"
#include "execution/operators/scan.h"

namespace nb = nanobind;

namespace trivet::python {

namespace {

// A coordinator in this process.
class PyCoordinator {
 public:
  PyCoordinator(const std::string& host, uint16_t port, const std::string& token,
                uint32_t partitions, std::optional<uint64_t> single_task_bytes,
                uint64_t scan_task_rows, uint32_t forced_scan_tasks, bool adaptive,
                const std::string& journal, const std::string& log_level,
                const std::string& log_file, const PyExtensions& extensions) {
    CoordinatorServerOptions options;
    options.extensions = extensions.extensions->Get();
    AdaptationOptions& adaptation = options.queries.adaptation;
    adaptation.coalesce = adaptation.split = adaptation.broadcast = adaptive;
    options.planning.forced_scan_tasks = forced_scan_tasks;
    options.host = host;
    options.port = port;
    options.token = token;
    options.journal_directory = journal;
    // A Ray cluster does not outlive its head's machine: what survives the process is enough.
    options.sync_journal = false;
    options.log = {ValueOrThrow(ParseLogLevel(log_level)), log_file, "coordinator"};
    if (partitions != 0) options.planning.partitions = partitions;
    if (single_task_bytes) options.planning.single_task_bytes = *single_task_bytes;
    if (scan_task_rows != 0) options.planning.scan_task_rows = scan_task_rows;
    nb::gil_scoped_release unlocked;
    Result<std::unique_ptr<CoordinatorServer>> server =
        CoordinatorServer::Start(options, FileSystem::Local());
    nb::gil_scoped_acquire locked;
    server_ = ValueOrThrow(std::move(server));
  }
  ~PyCoordinator() { Stop(); }

  std::string location() const { return server_ ? server_->location() : ""; }
  std::string token() const { return server_ ? server_->token() : ""; }
  int64_t idle_ms() const { return server_ ? server_->idle_ms() : 0; }
  // The worker's process or actor has ended.
  void WorkerEnded(const std::string& name, const std::string& reason) {
    nb::gil_scoped_release unlocked;
    for (const WorkerSnapshot& worker : server_->driver().Workers()) {
      if (worker.worker.name != name || worker.condition == WorkerCondition::kLost) continue;
      server_->driver().Post(WorkerLost{worker.worker, reason});
    }
  }
  void ExpectSlots(uint32_t slots) { server_->driver().ExpectSlots(slots); }
  nb::list Workers() const {
    nb::list workers;
    for (const WorkerSnapshot& worker : server_->driver().Workers()) {
      nb::dict row;
      row["name"] = worker.worker.name;
      row["incarnation"] = worker.worker.incarnation;
      row["address"] = worker.address;
      row["condition"] = std::string(WorkerConditionName(worker.condition));
      row["slots"] = worker.slots;
      row["running_tasks"] = worker.running_tasks;
      workers.append(row);
    }
    return workers;
  }
  void Stop() {
    nb::gil_scoped_release unlocked;
    server_.reset();
  }

 private:
  std::unique_ptr<CoordinatorServer> server_;
};

// A worker in this process.
class PyWorker {
 public:
  PyWorker(const std::string& coordinator, const std::string& name, const std::string& token,
           const std::string& host, uint32_t slots, size_t memory_limit_bytes,
           const std::string& directory, std::vector<std::string> labels,
           const std::string& compression, const std::string& log_level,
           const std::string& log_file, const PyExtensions& extensions) {
    WorkerServerOptions options;
    options.compression = ValueOrThrow(ParseWireCompression(compression));
    options.extensions = extensions.extensions->Get();
    options.code_loader = PythonCodeLoader();
    options.coordinator = coordinator;
    options.name = name;
    options.token = token;
    options.host = host;
    options.slots = slots;
    options.memory_limit_bytes = memory_limit_bytes;
    options.directory = directory;
    options.labels = std::move(labels);
    options.log = {ValueOrThrow(ParseLogLevel(log_level)), log_file, name};
    nb::gil_scoped_release unlocked;
    Result<std::unique_ptr<WorkerServer>> server =
        WorkerServer::Start(options, FileSystem::Local());
    nb::gil_scoped_acquire locked;
    server_ = ValueOrThrow(std::move(server));
  }
  ~PyWorker() { Stop(); }

  // Waits until the worker has ended, at most so long; whether it has.
  bool WaitFor(int64_t timeout_ms) {
    nb::gil_scoped_release unlocked;
    return server_ == nullptr || server_->WaitFor(timeout_ms);
  }
  std::string location() const { return server_ ? server_->location() : ""; }
  void Stop() {
    nb::gil_scoped_release unlocked;
    server_.reset();
  }

 private:
  std::unique_ptr<WorkerServer> server_;
};

}  // namespace

void RegisterCluster(nb::module_& module) {
  nb::class_<PyCoordinator>(module, "Coordinator")
      .def(nb::init<const std::string&, uint16_t, const std::string&, uint32_t,
                    std::optional<uint64_t>, uint64_t, uint32_t, bool, const std::string&,
                    const std::string&, const std::string&, const PyExtensions&>(),
           nb::arg("host"), nb::arg("port"), nb::arg("token"), nb::arg("partitions") = 0,
           nb::arg("single_task_bytes").none() = nb::none(), nb::arg("scan_task_rows") = 0,
           nb::arg("forced_scan_tasks") = 0, nb::arg("adaptive") = true, nb::arg("journal") = "",
           nb::arg("log_level") = "off", nb::arg("log_file") = "",
           nb::arg("extensions") = PyExtensions())
      .def_prop_ro("location", &PyCoordinator::location)
      .def_prop_ro("token", &PyCoordinator::token)
      .def_prop_ro("idle_ms", &PyCoordinator::idle_ms)
      .def("worker_ended", &PyCoordinator::WorkerEnded, nb::arg("name"), nb::arg("reason"))
      .def("expect_slots", &PyCoordinator::ExpectSlots, nb::arg("slots"))
      .def("workers", &PyCoordinator::Workers)
      .def("stop", &PyCoordinator::Stop);
  nb::class_<PyWorker>(module, "Worker")
      .def(nb::init<const std::string&, const std::string&, const std::string&, const std::string&,
                    uint32_t, size_t, const std::string&, std::vector<std::string>,
                    const std::string&, const std::string&, const std::string&,
                    const PyExtensions&>(),
           nb::arg("coordinator"), nb::arg("name"), nb::arg("token"), nb::arg("host"),
           nb::arg("slots"), nb::arg("memory_limit_bytes") = 0, nb::arg("directory") = "",
           nb::arg("labels") = std::vector<std::string>(), nb::arg("compression") = "lz4",
           nb::arg("log_level") = "off", nb::arg("log_file") = "",
           nb::arg("extensions") = PyExtensions())
      .def_prop_ro("location", &PyWorker::location)
      .def("wait_for", &PyWorker::WaitFor, nb::arg("timeout_ms"))
      .def("stop", &PyWorker::Stop);
  module.def("new_token", &NewToken);
  module.def("scans_started", &ScansStarted,
             "How many scans the plans of this process have started.");
  // A console's Ctrl-C and a polite kill end these, as in the program.
  module.def(
      "run_worker",
      [](const std::vector<std::string>& arguments, const PyExtensions& extensions) {
        const auto loader = PythonCodeLoader();
        nb::gil_scoped_release unlocked;
        return RunWorker(arguments, extensions.extensions, loader);
      },
      nb::arg("arguments"), nb::arg("extensions") = PyExtensions());
  module.def(
      "run_serve",
      [](const std::vector<std::string>& arguments, std::vector<std::string> worker_command,
         const PyExtensions& extensions) {
        nb::gil_scoped_release unlocked;
        return RunServe(arguments, std::move(worker_command), extensions.extensions);
      },
      nb::arg("arguments"), nb::arg("worker_command"), nb::arg("extensions") = PyExtensions());
}

}  // namespace trivet::python
