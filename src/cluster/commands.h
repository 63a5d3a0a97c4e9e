#pragma once

#include <memory>
#include <string>
#include <vector>

#include "extension/code_loader.h"

namespace trivet {

// The commands `trivet serve` and `trivet worker`, also behind `python -m trivet.serve` and
// `python -m trivet.worker`. Each runs until it is told to stop (SIGTERM, SIGINT), and gives the
// process's exit code. The cluster's secret is read from TRIVET_TOKEN.

// A coordinator and its workers on this host. Writes one line to standard output once it serves:
// {"location": "grpc://HOST:PORT", "token": "..."}; the token only where it was made here.
// `extensions`, where given, has what is registered besides plugins; the worker command must then
// bring the same.
int RunServe(const std::vector<std::string>& arguments, std::vector<std::string> worker_command,
             std::shared_ptr<Extensions> extensions = nullptr);
// One worker of a running coordinator. `loader` loads code that sessions bring along.
int RunWorker(const std::vector<std::string>& arguments,
              std::shared_ptr<Extensions> extensions = nullptr,
              std::shared_ptr<const CodeLoader> loader = nullptr);

extern const char* const kServeUsage;
extern const char* const kWorkerUsage;

}  // namespace trivet
