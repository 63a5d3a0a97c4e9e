#pragma once

namespace trivet {

// The release, as the build names it.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace trivet
