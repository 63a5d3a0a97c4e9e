#pragma once

#include <string>
#include <string_view>

#include "coordinator/action.h"

namespace trivet {

// The actions of a worker's Flight service, and what a coordinator sends with them. Each answers
// with nothing.
inline constexpr std::string_view kLaunchAction = "worker.launch";
inline constexpr std::string_view kCancelAction = "worker.cancel";
inline constexpr std::string_view kFenceAction = "worker.fence";
inline constexpr std::string_view kDeleteAction = "worker.delete";
// The action of a coordinator's service that takes an event (EncodeEvent); the answer acknowledges
// it.
inline constexpr std::string_view kEventAction = "coordinator.event";
// Takes the id of code that a session brought along; answers with the code.
inline constexpr std::string_view kCodeAction = "coordinator.code";

// Decoding gives Corruption for bytes that are no such message.
std::string EncodeLaunch(const LaunchAttempt& launch);
Result<LaunchAttempt> DecodeLaunch(std::string_view bytes);
std::string EncodeCancel(const CancelAttempt& cancel);
Result<CancelAttempt> DecodeCancel(std::string_view bytes);
std::string EncodeFence(const FenceWorker& fence);
Result<FenceWorker> DecodeFence(std::string_view bytes);
std::string EncodeDelete(const DeleteShuffleData& data);
Result<DeleteShuffleData> DecodeDelete(std::string_view bytes);

}  // namespace trivet
