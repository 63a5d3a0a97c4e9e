#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "expression/functions/digest.h"

namespace trivet {

using Sha256Digest = std::array<uint8_t, 32>;

// HMAC-SHA256 (RFC 2104) over the digest that SQL's sha256 uses. The Flight library brings a
// cryptographic library of its own that it hides, and a second one would be linked for this alone.
Sha256Digest HmacSha256(std::string_view key, std::string_view bytes);

// Equality in a time that does not depend on where the bytes differ.
bool ConstantTimeEqual(std::string_view left, std::string_view right);

}  // namespace trivet
