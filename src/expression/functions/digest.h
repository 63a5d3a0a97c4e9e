#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trivet {

// Message digests for SQL's md5(), sha1() and sha256(). Not for protecting anything.
std::array<uint8_t, 16> Md5(std::string_view message);     // RFC 1321
std::array<uint8_t, 20> Sha1(std::string_view message);    // RFC 3174
std::array<uint8_t, 32> Sha256(std::string_view message);  // FIPS 180-4

}  // namespace trivet
