#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/connect.h"
#include "custom_code.h"

namespace trivet::python {

// What Python asks a connection to be; python/trivet/connection.py has the defaults.
struct PyConnectOptions {
  std::string mode = "embedded";
  std::string placement;
  size_t threads = 0;
  std::string memory_limit;
  std::string coordinator;
  std::string token;
  TlsOptions tls;
  uint32_t workers = 2;
  uint32_t slots = 1;
  std::vector<std::string> worker_command;
  uint32_t partitions = 0;
  std::optional<uint64_t> single_task_bytes;
  uint64_t scan_task_rows = 0;
  uint32_t forced_scan_tasks = 0;
  bool adaptive = true;
  bool progress_bar = false;
  std::string log_level;
  std::string log_file;
  PyExtensions extensions;
};

// Makes the connection; throws where it cannot be made. Called with the interpreter lock held,
// which is released meanwhile.
std::shared_ptr<Connection> ConnectWith(const PyConnectOptions& wanted);

void RegisterConnectOptions(nanobind::module_& module);

}  // namespace trivet::python
