#include "expression/functions/utf8.h"

#include <cstring>

namespace trivet {

void AppendUtf8(std::string& out, int32_t point) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    out.push_back(static_cast<char>(0x80 | (point >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
}

bool IsAscii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080ULL;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (word & kHighBits) return false;
  }
  for (; i < text.size(); ++i) {
    if (text[i] & 0x80) return false;
  }
  return true;
}

size_t CountCodePoints(std::string_view text) {
  size_t continuation = 0;
  for (const char c : text) continuation += IsContinuationByte(c);
  return text.size() - continuation;
}

size_t OffsetOfCodePoint(std::string_view text, size_t number) {
  // Never more code points than bytes, and none is longer than four.
  size_t position = 0;
  for (; number > 0 && position < text.size(); --number) {
    ++position;
    while (position < text.size() && IsContinuationByte(text[position])) ++position;
  }
  return position;
}

bool IsValidUtf8(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    const uint8_t first = static_cast<uint8_t>(bytes[i]);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const size_t length = Utf8Length(bytes[i]);
    if (length == 1 || first > 0xF4 || i + length > bytes.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if (!IsContinuationByte(bytes[i + k])) return false;
    }
    const int32_t point = DecodeUtf8(bytes, i);
    constexpr int32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      return false;
    }
  }
  return true;
}

}  // namespace trivet
