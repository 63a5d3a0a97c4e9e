#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace trivet {

// The bytes around an encoded plan: protocol version, build id and a checksum.
std::string SealEnvelope(std::string body, const std::string& build_id);

// The plan's bytes. ProtocolMismatch for another version or build, Corruption for bytes that are no
// envelope, are too many or whose checksum is wrong.
Result<std::string> OpenEnvelope(std::string_view bytes, const std::string& build_id,
                                 size_t max_bytes);

}  // namespace trivet
