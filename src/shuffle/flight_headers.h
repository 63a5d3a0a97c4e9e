#pragma once

#include <string_view>

namespace trivet {

// What every call carries beside its body.
inline constexpr const char* kProtocolHeader = "trivet-protocol";
inline constexpr const char* kTokenHeader = "authorization";
inline constexpr std::string_view kTokenPrefix = "Bearer ";

}  // namespace trivet
