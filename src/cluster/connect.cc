#include "cluster/connect.h"

#include <cstdlib>
#include <utility>

#include "base/string_concat.h"

namespace trivet {

namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<std::unique_ptr<Connection>> ConnectDistributed(RemoteOptions remote) {
  if (remote.location.empty()) remote.location = FromEnvironment("TRIVET_COORDINATOR");
  if (remote.location.empty()) {
    return Status::InvalidInput("runtime mode distributed needs a coordinator's address")
        .WithHint("name one, such as grpc://HOST:PORT, or set TRIVET_COORDINATOR");
  }
  if (!remote.location.starts_with("grpc://") && !remote.location.starts_with("grpc+tls://")) {
    return Status::InvalidInput(StrCat("\"", remote.location, "\" is no coordinator's address"))
        .WithHint("write grpc://HOST:PORT or grpc+tls://HOST:PORT");
  }
  if (remote.token.empty()) remote.token = FromEnvironment("TRIVET_TOKEN");
  return ConnectRemote(remote);
}

Result<std::unique_ptr<Connection>> ConnectSingleNode(NodeDaemonOptions node) {
  if (node.workers == 0) return Status::InvalidInput("a node needs at least one worker");
  if (node.server.token.empty()) node.server.token = NewToken();
  RemoteOptions remote;
  remote.token = node.server.token;
  remote.tls = node.server.tls;
  TRIVET_ASSIGN_OR_RETURN(auto daemon, NodeDaemon::Start(std::move(node), FileSystem::Local()));
  remote.location = daemon->location();
  remote.keep_alive = std::shared_ptr<NodeDaemon>(std::move(daemon));
  return ConnectRemote(remote);
}

}  // namespace

Result<std::unique_ptr<Connection>> Connect(ConnectOptions options) {
  TRIVET_RETURN_IF_ERROR(
      CheckPlacement(options.mode, options.placement.value_or(PlacementOf(options.mode))));
  switch (options.mode) {
    case RuntimeMode::kEmbedded: return Database::Open(std::move(options.database))->Connect();
    case RuntimeMode::kSingleNode: return ConnectSingleNode(std::move(options.node));
    case RuntimeMode::kDistributed: return ConnectDistributed(std::move(options.remote));
  }
  return Status::Internal("an unknown runtime mode");
}

}  // namespace trivet
