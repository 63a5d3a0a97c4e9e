#pragma once

#include <string>
#include <vector>

namespace trivet {

// The commands `trivet serve` and `trivet worker`, also behind `python -m trivet.serve` and
// `python -m trivet.worker`. Each runs until it is told to stop (SIGTERM, SIGINT), and gives the
// process's exit code. The cluster's secret is read from TRIVET_TOKEN.

// A coordinator and its workers on this host. Writes one line to standard output once it serves:
// {"location": "grpc://HOST:PORT", "token": "..."}; the token only where it was made here.
int RunServe(const std::vector<std::string>& arguments, std::vector<std::string> worker_command);
// One worker of a running coordinator.
int RunWorker(const std::vector<std::string>& arguments);

extern const char* const kServeUsage;
extern const char* const kWorkerUsage;

}  // namespace trivet
