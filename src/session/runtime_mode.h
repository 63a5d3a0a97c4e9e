#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace trivet {

// What a user asks for.
enum class RuntimeMode : uint8_t {
  kEmbedded,     // in the caller's process
  kSingleNode,   // a coordinator and worker processes on this host
  kDistributed,  // a cluster whose coordinator is named
};
// Where queries really run.
enum class ExecutionPlacement : uint8_t {
  kLocalInProcess,
  kSingleNodeDaemon,
  kRemoteClusterRequired,
};
std::string_view RuntimeModeName(RuntimeMode mode);
std::string_view ExecutionPlacementName(ExecutionPlacement placement);
// "embedded", "single_node" (or "single-node"), "distributed"; InvalidInput for other names.
Result<RuntimeMode> ParseRuntimeMode(std::string_view name);

// The one placement of the mode.
ExecutionPlacement PlacementOf(RuntimeMode mode);
// OK for the three pairs that mean something, InvalidInput naming both for the six others. Asked
// when a connection is made and again before each query, so that nothing ever runs elsewhere than
// the user said.
Status CheckPlacement(RuntimeMode mode, ExecutionPlacement placement);

}  // namespace trivet
