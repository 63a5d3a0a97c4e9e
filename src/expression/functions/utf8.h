#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trivet {

// UTF-8 for the string functions. VARCHARs hold valid UTF-8; whatever else comes is read byte by
// byte, never beyond the end.

inline constexpr bool IsContinuationByte(char c) {
  return (static_cast<uint8_t>(c) & 0xC0) == 0x80;
}

// Bytes of the code point that starts with this byte.
inline constexpr size_t Utf8Length(char first) {
  const uint8_t byte = static_cast<uint8_t>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// The code point at text[position]; moves position behind it.
inline int32_t DecodeUtf8(std::string_view text, size_t& position) {
  const uint8_t first = static_cast<uint8_t>(text[position]);
  const size_t length = Utf8Length(text[position]);
  if (length == 1 || position + length > text.size()) {
    ++position;
    return first;
  }
  int32_t point = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    point = point << 6 | (static_cast<uint8_t>(text[position + i]) & 0x3F);
  }
  position += length;
  return point;
}

void AppendUtf8(std::string& out, int32_t point);

bool IsAscii(std::string_view text);
size_t CountCodePoints(std::string_view text);
// Byte offset of the code point with this number; the text's size where there are fewer.
size_t OffsetOfCodePoint(std::string_view text, size_t number);
// False for bytes that are not UTF-8, surrogates and overlong forms included.
bool IsValidUtf8(std::string_view bytes);

}  // namespace trivet
