// The trivet program.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "cluster/commands.h"
#include "cluster/connect.h"
#include "extension/plugin.h"
#include "session/connection.h"
#include "shell/arguments.h"
#include "shell/dot_commands.h"
#include "shell/interactive.h"
#include "shell/result_printer.h"
#include "shell/statement_loop.h"

namespace trivet {
namespace {

int Fail(const Status& status) {
  std::cerr << status.ToString() << std::endl;
  return 1;
}

Result<std::unique_ptr<Connection>> OpenConnection(const ShellArguments& arguments) {
  ConnectOptions options;
  options.database.threads = arguments.threads.value_or(0);
  if (arguments.memory_limit) {
    TRIVET_ASSIGN_OR_RETURN(options.database.memory_limit_bytes,
                            ParseBytes(*arguments.memory_limit));
    if (options.database.memory_limit_bytes == 0) {
      return Status::InvalidInput("--memory-limit wants more than no memory");
    }
  }
  options.remote.location = arguments.coordinator;
  if (!arguments.runtime.empty()) {
    TRIVET_ASSIGN_OR_RETURN(options.mode, ParseRuntimeMode(arguments.runtime));
  } else if (!arguments.coordinator.empty()) {
    options.mode = RuntimeMode::kDistributed;
  }
  if (!arguments.coordinator.empty() && options.mode != RuntimeMode::kDistributed) {
    return Status::InvalidInput("--coordinator goes with --runtime distributed alone");
  }
  options.node.workers = static_cast<uint32_t>(arguments.workers.value_or(2));
  options.node.worker_command = {"/proc/self/exe", "worker"};
  if (!arguments.plugins.empty() && options.mode == RuntimeMode::kDistributed) {
    return Status::InvalidInput("--plugin does not reach a running coordinator")
        .WithHint("start the coordinator and its workers with --plugin");
  }
  Extensions extensions;
  TRIVET_RETURN_IF_ERROR(LoadPlugins(arguments.plugins, extensions));
  options.database.extensions = extensions.Get();
  options.node.server.extensions = extensions.Get();
  for (const std::string& plugin : arguments.plugins) {
    options.node.worker_command.insert(options.node.worker_command.end(), {"--plugin", plugin});
  }
  return Connect(std::move(options));
}

int Main(int argc, char** argv) {
  const std::vector<std::string> rest(argv + std::min(argc, 2), argv + argc);
  if (argc > 1 && std::string_view(argv[1]) == "serve") {
    return RunServe(rest, {"/proc/self/exe", "worker"});
  }
  if (argc > 1 && std::string_view(argv[1]) == "worker") return RunWorker(rest);
  // A reader that went away ends the program quietly, through the failed write.
  std::signal(SIGPIPE, SIG_IGN);
  Result<ShellArguments> arguments = ParseArguments({argv + 1, argv + argc});
  if (!arguments.ok()) return Fail(arguments.status());
  if (arguments->help) {
    std::cout << kShellUsage;
    return 0;
  }
  if (arguments->version) {
    std::cout << "trivet " << kTrivetVersion << "\n";
    return 0;
  }
  Result<std::unique_ptr<Connection>> connection = OpenConnection(*arguments);
  if (!connection.ok()) return Fail(connection.status());
  StatementLoop loop(std::move(*connection));
  const Status format = loop.SetFormat(arguments->format.empty() ? "box" : arguments->format);
  if (!format.ok()) return Fail(format);
  loop.set_timer(arguments->timer);
  if (arguments->inputs.empty()) {
    if (isatty(STDIN_FILENO)) return RunInteractive(loop);
    std::stringstream content;
    content << std::cin.rdbuf();
    return RunScript(loop, content.str()) == DotOutcome::kFailed ? 1 : 0;
  }
  for (const ShellArguments::Input& input : arguments->inputs) {
    Result<std::string> sql = input.is_file ? ReadScript(input.text) : input.text;
    if (!sql.ok()) return Fail(sql.status());
    const DotOutcome outcome = RunScript(loop, *sql);
    if (outcome != DotOutcome::kDone) return outcome == DotOutcome::kFailed ? 1 : 0;
  }
  return 0;
}

}  // namespace
}  // namespace trivet

int main(int argc, char** argv) { return trivet::Main(argc, argv); }
