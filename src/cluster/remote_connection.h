#pragma once

#include <memory>
#include <string>

#include "session/connection.h"
#include "shuffle/flight_security.h"

namespace trivet {

struct RemoteOptions {
  std::string location;  // grpc://HOST:PORT or grpc+tls://HOST:PORT
  std::string token;
  TlsOptions tls;
  int64_t connect_timeout_ms = 5'000;
  // What the connection and its results keep alive, such as a node started for them.
  std::shared_ptr<void> keep_alive;
};

// Connects to a running coordinator: statements run there, on its workers, and nothing is ever run
// here in their place. Unavailable, PermissionDenied or ProtocolMismatch within the timeout.
Result<std::unique_ptr<Connection>> ConnectRemote(const RemoteOptions& options);

}  // namespace trivet
