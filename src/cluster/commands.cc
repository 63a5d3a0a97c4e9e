#include "cluster/commands.h"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "base/allocator.h"
#include "base/string_concat.h"
#include "cluster/command_options.h"
#include "cluster/node_daemon.h"
#include "cluster/worker_server.h"
#include "extension/plugin.h"

namespace trivet {

const char* const kServeUsage =
    "usage: trivet serve [options]\n"
    "Runs a coordinator and its workers on this host until it is stopped.\n"
    "  --workers N           worker processes (2); 0: workers join from elsewhere\n"
    "  --slots N             tasks at once in each (1)\n"
    "  --host HOST           address to listen on (127.0.0.1)\n"
    "  --port PORT           port to listen on (any free one)\n"
    "  --directory PATH      where workers keep map outputs (the temporary directory)\n"
    "  --worker-memory BYTES memory limit of each worker (an even share)\n"
    "  --disk-quota BYTES    of map outputs, of each worker (no limit)\n"
    "  --compression NAME    of map outputs: none, lz4, zstd (none)\n"
    "  --partitions N        partitions of an exchange (twice the slots)\n"
    "  --single-task-bytes B queries that read less run as one task (32MiB)\n"
    "  --scan-task-rows N    a scan is cut into tasks of about so many rows at least (262144)\n"
    "  --max-sessions N      clients at once (256)\n"
    "  --session-idle-ms N   a session that runs nothing for so long is closed (8 hours)\n"
    "  --journal DIRECTORY   keeps what another process needs to go on after this one was killed\n"
    "  --journal-sync always|never   wait for the disk, or only for the file (always)\n"
    "  --log-level LEVEL     debug, info, warning, error, off (info)\n"
    "  --log-file FILE       appends the log there (standard error)\n"
    "  --plugin FILE         load functions and operators from a shared library, here and in the\n"
    "                        workers; may be repeated\n"
    "  --tls-certificate, --tls-key, --tls-authority FILE\n"
    "  --exit-with-stdin     stop when standard input ends\n"
    "The cluster's secret is read from TRIVET_TOKEN; without it one is made and printed.\n";

const char* const kWorkerUsage =
    "usage: trivet worker --coordinator grpc://HOST:PORT [options]\n"
    "Runs tasks for a coordinator until it is stopped.\n"
    "  --name NAME           unique in the cluster (host and process)\n"
    "  --slots N             tasks at once (1)\n"
    "  --memory-limit BYTES  (80% of the machine)\n"
    "  --host HOST, --port PORT   address of its own service (127.0.0.1, any free port)\n"
    "  --advertise LOCATION  where others reach it, if not there: grpc://HOST:PORT\n"
    "  --directory PATH      where it keeps map outputs\n"
    "  --disk-quota BYTES    of these (no limit)\n"
    "  --compression NAME    of these: none, lz4, zstd (lz4)\n"
    "  --label NAME          a data mount or the like that tasks may ask for\n"
    "  --output-age-ms N     removes map outputs that nobody asks for in so long (24 hours)\n"
    "  --plugin FILE         load functions and operators from a shared library; may be repeated\n"
    "  --lease-ms N          ends when the coordinator is silent for so long (30000)\n"
    "  --log-level LEVEL     debug, info, warning, error, off (info)\n"
    "  --log-file FILE       appends the log there (standard error)\n"
    "  --tls-certificate, --tls-key, --tls-authority FILE\n"
    "  --exit-with-parent    end when the process that started it does\n"
    "The cluster's secret is read from TRIVET_TOKEN.\n";

namespace {

std::atomic<bool> stop_requested{false};

void OnStopSignal(int) { stop_requested = true; }

void CatchStopSignals() {
  struct sigaction action{};
  action.sa_handler = OnStopSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Fail(const Status& status) {
  std::cerr << status.ToString() << std::endl;
  return 1;
}

std::string TokenFromEnvironment() {
  const char* token = std::getenv("TRIVET_TOKEN");
  return token != nullptr ? token : "";
}

// Standard input has come to its end: whoever started the process is gone.
bool InputEnded() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) <= 0) return false;
  char byte = 0;
  return read(STDIN_FILENO, &byte, 1) <= 0;
}

Result<LogOptions> LogOptionsOf(const CommandOptions& options) {
  LogOptions log;
  TRIVET_ASSIGN_OR_RETURN(log.level, ParseLogLevel(options.Text("log-level", "info")));
  log.file = options.Text("log-file");
  return log;
}

// What is registered already, and what the plugins named add.
Result<ExtensionSetPtr> WithPlugins(const CommandOptions& options,
                                    std::shared_ptr<Extensions> extensions) {
  if (extensions == nullptr) extensions = std::make_shared<Extensions>();
  TRIVET_RETURN_IF_ERROR(LoadPlugins(options.All("plugin"), *extensions));
  return extensions->Get();
}

Result<NodeDaemonOptions> ServeOptions(const CommandOptions& options) {
  NodeDaemonOptions daemon;
  TRIVET_ASSIGN_OR_RETURN(const uint64_t workers, options.Count("workers", 2, 0, 1024));
  TRIVET_ASSIGN_OR_RETURN(const uint64_t slots, options.Count("slots", 1, 1, 1024));
  TRIVET_ASSIGN_OR_RETURN(const uint64_t port, options.Count("port", 0, 0, 65535));
  TRIVET_ASSIGN_OR_RETURN(daemon.worker_memory_bytes, options.Bytes("worker-memory", 0));
  TRIVET_ASSIGN_OR_RETURN(daemon.worker_disk_quota_bytes,
                          options.Bytes("disk-quota", daemon.worker_disk_quota_bytes));
  daemon.worker_compression = options.Text("compression", daemon.worker_compression);
  TRIVET_RETURN_IF_ERROR(ParseWireCompression(daemon.worker_compression).status());
  DistributedPlannerOptions& planning = daemon.server.planning;
  TRIVET_ASSIGN_OR_RETURN(const uint64_t partitions,
                          options.Count("partitions", planning.partitions, 0, 65536));
  TRIVET_ASSIGN_OR_RETURN(planning.single_task_bytes,
                          options.Bytes("single-task-bytes", planning.single_task_bytes));
  TRIVET_ASSIGN_OR_RETURN(
      planning.scan_task_rows,
      options.Count("scan-task-rows", planning.scan_task_rows, 1, uint64_t{1} << 40));
  constexpr uint64_t kMonthMs = uint64_t{30} * 24 * 3600 * 1000;
  CoordinatorServerOptions& server = daemon.server;
  TRIVET_ASSIGN_OR_RETURN(server.max_sessions,
                          options.Count("max-sessions", server.max_sessions, 1, 65536));
  TRIVET_ASSIGN_OR_RETURN(
      server.session_idle_ms,
      options.Count("session-idle-ms", server.session_idle_ms, 1'000, kMonthMs));
  planning.partitions = static_cast<uint32_t>(partitions);
  daemon.workers = static_cast<uint32_t>(workers);
  daemon.slots_per_worker = static_cast<uint32_t>(slots);
  daemon.directory = options.Text("directory");
  daemon.server.host = options.Text("host", "127.0.0.1");
  daemon.server.port = static_cast<uint16_t>(port);
  daemon.server.tls = options.Tls();
  server.journal_directory = options.Text("journal");
  const std::string sync = options.Text("journal-sync", "always");
  if (sync != "always" && sync != "never") {
    return Status::InvalidInput(
        StrCat("--journal-sync must be always or never, not \"", sync, "\""));
  }
  server.sync_journal = sync == "always";
  TRIVET_ASSIGN_OR_RETURN(server.log, LogOptionsOf(options));
  server.log.process = "coordinator";
  return daemon;
}

}  // namespace

int RunServe(const std::vector<std::string>& arguments, std::vector<std::string> worker_command,
             std::shared_ptr<Extensions> extensions) {
  Result<CommandOptions> parsed =
      CommandOptions::Parse(arguments, {"workers",        "slots",         "host",
                                        "port",           "directory",     "worker-memory",
                                        "disk-quota",     "partitions",    "single-task-bytes",
                                        "scan-task-rows", "max-sessions",  "session-idle-ms",
                                        "journal",        "journal-sync",  "log-level",
                                        "log-file",       "plugin",        "tls-certificate",
                                        "tls-key",        "tls-authority", "compression"},
                            {"help", "exit-with-stdin"});
  if (!parsed.ok()) return Fail(parsed.status());
  if (parsed->Has("help")) {
    std::cout << kServeUsage;
    return 0;
  }
  Result<NodeDaemonOptions> options = ServeOptions(*parsed);
  if (!options.ok()) return Fail(options.status());
  options->worker_command = std::move(worker_command);
  Result<ExtensionSetPtr> known = WithPlugins(*parsed, std::move(extensions));
  if (!known.ok()) return Fail(known.status());
  options->server.extensions = *known;
  for (const std::string& plugin : parsed->All("plugin")) {
    options->worker_command.insert(options->worker_command.end(), {"--plugin", plugin});
  }
  options->server.token = TokenFromEnvironment();
  // With a journal the secret may be in there.
  const bool token_is_ours = options->server.token.empty();
  if (token_is_ours && options->server.journal_directory.empty()) {
    options->server.token = NewToken();
  }
  KeepLittleFreedMemory();
  CatchStopSignals();
  Result<std::unique_ptr<NodeDaemon>> daemon = NodeDaemon::Start(*options, FileSystem::Local());
  if (!daemon.ok()) return Fail(daemon.status());
  std::cout << "{\"location\": \"" << (*daemon)->location() << "\"";
  if (token_is_ours) std::cout << ", \"token\": \"" << (*daemon)->server().token() << "\"";
  std::cout << "}" << std::endl;
  const bool watch_input = parsed->Has("exit-with-stdin");
  while (!stop_requested && !(watch_input && InputEnded())) usleep(50'000);
  return 0;
}

int RunWorker(const std::vector<std::string>& arguments, std::shared_ptr<Extensions> extensions,
              std::shared_ptr<const CodeLoader> loader) {
  Result<CommandOptions> parsed = CommandOptions::Parse(
      arguments,
      {"coordinator", "name", "slots", "memory-limit", "host", "port", "directory", "disk-quota",
       "advertise", "label", "lease-ms", "output-age-ms", "log-level", "log-file", "plugin",
       "tls-certificate", "tls-key", "tls-authority", "compression"},
      {"help", "exit-with-parent"});
  if (!parsed.ok()) return Fail(parsed.status());
  if (parsed->Has("help")) {
    std::cout << kWorkerUsage;
    return 0;
  }
  const auto options = [&]() -> Result<WorkerServerOptions> {
    WorkerServerOptions worker;
    worker.coordinator = parsed->Text("coordinator");
    if (worker.coordinator.empty()) {
      return Status::InvalidInput("--coordinator is missing: where is the coordinator?");
    }
    worker.name = parsed->Text("name");
    worker.host = parsed->Text("host", "127.0.0.1");
    worker.directory = parsed->Text("directory");
    worker.advertised_location = parsed->Text("advertise");
    worker.token = TokenFromEnvironment();
    worker.tls = parsed->Tls();
    TRIVET_ASSIGN_OR_RETURN(worker.log, LogOptionsOf(*parsed));
    worker.labels = parsed->All("label");
    worker.code_loader = loader;
    TRIVET_ASSIGN_OR_RETURN(worker.extensions, WithPlugins(*parsed, extensions));
    TRIVET_ASSIGN_OR_RETURN(const uint64_t slots, parsed->Count("slots", 1, 1, 1024));
    TRIVET_ASSIGN_OR_RETURN(const uint64_t port, parsed->Count("port", 0, 0, 65535));
    TRIVET_ASSIGN_OR_RETURN(const uint64_t lease,
                            parsed->Count("lease-ms", 30'000, 1'000, 86'400'000));
    TRIVET_ASSIGN_OR_RETURN(
        worker.output_age_ms,
        parsed->Count("output-age-ms", worker.output_age_ms, 1'000, uint64_t{30} * 86'400'000));
    TRIVET_ASSIGN_OR_RETURN(worker.memory_limit_bytes, parsed->Bytes("memory-limit", 0));
    TRIVET_ASSIGN_OR_RETURN(worker.disk_quota_bytes,
                            parsed->Bytes("disk-quota", worker.disk_quota_bytes));
    TRIVET_ASSIGN_OR_RETURN(worker.compression,
                            ParseWireCompression(parsed->Text("compression", "lz4")));
    worker.slots = static_cast<uint32_t>(slots);
    worker.port = static_cast<uint16_t>(port);
    worker.lease_ms = static_cast<int64_t>(lease);
    return worker;
  }();
  if (!options.ok()) return Fail(options.status());
  KeepLittleFreedMemory();
  CatchStopSignals();
  if (parsed->Has("exit-with-parent")) prctl(PR_SET_PDEATHSIG, SIGTERM);
  Result<std::unique_ptr<WorkerServer>> server = WorkerServer::Start(*options, FileSystem::Local());
  if (!server.ok()) return Fail(server.status());
  while (!stop_requested) {
    if ((*server)->WaitFor(50)) return Fail((*server)->Wait());
  }
  return 0;
}

}  // namespace trivet
