#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/node_daemon.h"
#include "cluster/remote_connection.h"
#include "session/runtime_mode.h"

namespace trivet {

// How a connection is made; nothing else differs for whoever uses it.
struct ConnectOptions {
  RuntimeMode mode = RuntimeMode::kEmbedded;
  // Empty: the mode's own. Another one is an error.
  std::optional<ExecutionPlacement> placement;
  // Embedded.
  DatabaseOptions database;
  // Distributed: the coordinator's location; empty: TRIVET_COORDINATOR. The secret; empty:
  // TRIVET_TOKEN.
  RemoteOptions remote;
  // Single node: a node of the session's own, which ends with its last connection and result.
  NodeDaemonOptions node;
};

// InvalidInput where mode, placement and options do not go together; Unavailable where the
// coordinator cannot be reached. Never falls back to another mode.
Result<std::unique_ptr<Connection>> Connect(ConnectOptions options);

}  // namespace trivet
