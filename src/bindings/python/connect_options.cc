#include "connect_options.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "errors.h"

namespace nb = nanobind;

namespace trivet::python {

std::shared_ptr<Connection> ConnectWith(const PyConnectOptions& wanted) {
  ConnectOptions options;
  options.mode = ValueOrThrow(ParseRuntimeMode(wanted.mode));
  if (!wanted.placement.empty()) {
    for (const ExecutionPlacement placement :
         {ExecutionPlacement::kLocalInProcess, ExecutionPlacement::kSingleNodeDaemon,
          ExecutionPlacement::kRemoteClusterRequired}) {
      if (wanted.placement == ExecutionPlacementName(placement)) options.placement = placement;
    }
    if (!options.placement) {
      ThrowIfError(Status::InvalidInput("there is no placement \"" + wanted.placement + "\""));
    }
  }
  options.database.threads = wanted.threads;
  if (!wanted.memory_limit.empty()) {
    options.database.memory_limit_bytes = ValueOrThrow(ParseBytes(wanted.memory_limit));
  }
  options.database.extensions = wanted.extensions.extensions->Get();
  options.node.server.extensions = wanted.extensions.extensions->Get();
  options.remote.location = wanted.coordinator;
  options.remote.token = wanted.token;
  options.remote.tls = wanted.tls;
  options.node.workers = wanted.workers;
  options.node.slots_per_worker = wanted.slots;
  options.node.worker_command = wanted.worker_command;
  options.node.server.token = wanted.token;
  options.node.server.tls = wanted.tls;
  LogOptions& log = options.node.server.log;
  if (!wanted.log_level.empty()) log.level = ValueOrThrow(ParseLogLevel(wanted.log_level));
  log.file = wanted.log_file;
  log.process = "coordinator";
  DistributedPlannerOptions& planning = options.node.server.planning;
  if (wanted.partitions != 0) planning.partitions = wanted.partitions;
  if (wanted.single_task_bytes) planning.single_task_bytes = *wanted.single_task_bytes;
  if (wanted.scan_task_rows != 0) planning.scan_task_rows = wanted.scan_task_rows;
  planning.forced_scan_tasks = wanted.forced_scan_tasks;
  AdaptationOptions& adaptation = options.node.server.queries.adaptation;
  adaptation.coalesce = adaptation.split = adaptation.broadcast = wanted.adaptive;
  Result<std::unique_ptr<Connection>> connection = [&] {
    nb::gil_scoped_release unlocked;
    return Connect(std::move(options));
  }();
  return std::shared_ptr<Connection>(ValueOrThrow(std::move(connection)));
}

void RegisterConnectOptions(nb::module_& module) {
  nb::class_<PyConnectOptions>(module, "ConnectOptions")
      .def(nb::init<>())
      .def_rw("mode", &PyConnectOptions::mode)
      .def_rw("placement", &PyConnectOptions::placement)
      .def_rw("threads", &PyConnectOptions::threads)
      .def_rw("memory_limit", &PyConnectOptions::memory_limit)
      .def_rw("coordinator", &PyConnectOptions::coordinator)
      .def_rw("token", &PyConnectOptions::token)
      .def_prop_rw(
          "tls_authority",
          [](const PyConnectOptions& options) { return options.tls.authority_file; },
          [](PyConnectOptions& options, const std::string& file) {
            options.tls.authority_file = file;
          })
      .def_prop_rw(
          "tls_certificate",
          [](const PyConnectOptions& options) { return options.tls.certificate_file; },
          [](PyConnectOptions& options, const std::string& file) {
            options.tls.certificate_file = file;
          })
      .def_prop_rw(
          "tls_key", [](const PyConnectOptions& options) { return options.tls.key_file; },
          [](PyConnectOptions& options, const std::string& file) { options.tls.key_file = file; })
      .def_rw("workers", &PyConnectOptions::workers)
      .def_rw("slots", &PyConnectOptions::slots)
      .def_rw("worker_command", &PyConnectOptions::worker_command)
      .def_rw("partitions", &PyConnectOptions::partitions)
      .def_rw("single_task_bytes", &PyConnectOptions::single_task_bytes)
      .def_rw("scan_task_rows", &PyConnectOptions::scan_task_rows)
      .def_rw("forced_scan_tasks", &PyConnectOptions::forced_scan_tasks)
      .def_rw("adaptive", &PyConnectOptions::adaptive)
      .def_rw("progress_bar", &PyConnectOptions::progress_bar)
      .def_rw("log_level", &PyConnectOptions::log_level)
      .def_rw("log_file", &PyConnectOptions::log_file)
      .def_rw("extensions", &PyConnectOptions::extensions);
}

}  // namespace trivet::python
