#include "session/runtime_mode.h"

#include "base/string_concat.h"

namespace trivet {

std::string_view RuntimeModeName(RuntimeMode mode) {
  switch (mode) {
    case RuntimeMode::kEmbedded: return "embedded";
    case RuntimeMode::kSingleNode: return "single_node";
    case RuntimeMode::kDistributed: return "distributed";
  }
  return "unknown";
}

std::string_view ExecutionPlacementName(ExecutionPlacement placement) {
  switch (placement) {
    case ExecutionPlacement::kLocalInProcess: return "local_in_process";
    case ExecutionPlacement::kSingleNodeDaemon: return "single_node_daemon";
    case ExecutionPlacement::kRemoteClusterRequired: return "remote_cluster_required";
  }
  return "unknown";
}

Result<RuntimeMode> ParseRuntimeMode(std::string_view name) {
  if (name == "embedded") return RuntimeMode::kEmbedded;
  if (name == "single_node" || name == "single-node") return RuntimeMode::kSingleNode;
  if (name == "distributed") return RuntimeMode::kDistributed;
  return Status::InvalidInput(StrCat("there is no runtime mode \"", name, "\""))
      .WithHint("embedded, single_node or distributed");
}

ExecutionPlacement PlacementOf(RuntimeMode mode) {
  switch (mode) {
    case RuntimeMode::kEmbedded: return ExecutionPlacement::kLocalInProcess;
    case RuntimeMode::kSingleNode: return ExecutionPlacement::kSingleNodeDaemon;
    case RuntimeMode::kDistributed: break;
  }
  return ExecutionPlacement::kRemoteClusterRequired;
}

Status CheckPlacement(RuntimeMode mode, ExecutionPlacement placement) {
  if (PlacementOf(mode) == placement) return Status::OK();
  return Status::InvalidInput(StrCat("runtime mode ", RuntimeModeName(mode),
                                     " cannot be placed as ", ExecutionPlacementName(placement),
                                     ", only as ", ExecutionPlacementName(PlacementOf(mode))));
}

}  // namespace trivet
