#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/int128.h"
#include "base/status.h"

namespace trivet {

// Text forms of BLOB and UUID.

// Printable ASCII as it is, except backslash and quotes; every other byte as \xAB.
std::string BlobToText(std::string_view bytes);
// The inverse; InvalidInput for a byte beyond ASCII or a broken escape.
Result<std::string> TextToBlob(std::string_view text);

// A UUID is stored as its 128 bits, big end first, with the first bit flipped, so that the signed
// order of the integers is the order of the bytes.
inline constexpr size_t kUuidTextSize = 36;
char* WriteUuid(char* out, int128_t uuid);
// 32 hexadecimal digits, with single dashes allowed between groups, optionally in braces.
bool ParseUuid(std::string_view text, int128_t* uuid);

}  // namespace trivet
