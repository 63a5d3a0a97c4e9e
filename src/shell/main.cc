// The trivet program.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "session/connection.h"
#include "shell/arguments.h"
#include "shell/interactive.h"
#include "shell/result_printer.h"
#include "shell/statement_loop.h"

namespace trivet {
namespace {

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status::NotFound("cannot open file").WithFile(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

int Fail(const Status& status) {
  std::cerr << status.ToString() << std::endl;
  return 1;
}

int Main(int argc, char** argv) {
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
  DatabaseOptions options;
  options.threads = arguments->threads.value_or(0);
  if (arguments->memory_limit) {
    Result<size_t> limit = ParseBytes(*arguments->memory_limit);
    if (!limit.ok()) return Fail(limit.status());
    options.memory_limit_bytes = *limit;
  }
  StatementLoop loop(Database::Open(options));
  const Status format = loop.SetFormat(arguments->format.empty() ? "box" : arguments->format);
  if (!format.ok()) return Fail(format);
  loop.set_timer(arguments->timer);
  if (arguments->inputs.empty()) {
    if (isatty(STDIN_FILENO)) return RunInteractive(loop);
    std::stringstream content;
    content << std::cin.rdbuf();
    return loop.Run(content.str()) ? 0 : 1;
  }
  for (const ShellArguments::Input& input : arguments->inputs) {
    Result<std::string> sql = input.is_file ? ReadFile(input.text) : input.text;
    if (!sql.ok()) return Fail(sql.status());
    if (!loop.Run(*sql)) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace trivet

int main(int argc, char** argv) { return trivet::Main(argc, argv); }
