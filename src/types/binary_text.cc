#include "types/binary_text.h"

#include "base/string_concat.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

constexpr char kUpperDigits[] = "0123456789ABCDEF";
constexpr char kLowerDigits[] = "0123456789abcdef";

// -1 where the character is no hexadecimal digit.
int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr uint128_t kUuidFlip = uint128_t{1} << 127;

}  // namespace

std::string BlobToText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 32 && byte < 127 && c != '\\' && c != '\'' && c != '"') {
      text.push_back(c);
    } else {
      text.append("\\x");
      text.push_back(kUpperDigits[byte >> 4]);
      text.push_back(kUpperDigits[byte & 15]);
    }
  }
  return text;
}

Result<std::string> TextToBlob(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      const int high = i + 3 < text.size() && text[i + 1] == 'x' ? HexValue(text[i + 2]) : -1;
      const int low = high >= 0 ? HexValue(text[i + 3]) : -1;
      if (low < 0) {
        return Status::InvalidInput(
            StrCat("Invalid hex escape code encountered in string -> blob conversion of string \"",
                   text, "\": ", text.substr(i, 4)));
      }
      bytes.push_back(static_cast<char>(high * 16 + low));
      i += 3;
    } else if (static_cast<unsigned char>(text[i]) <= 127) {
      bytes.push_back(text[i]);
    } else {
      return Status::InvalidInput(
          StrCat("Invalid byte encountered in STRING -> BLOB conversion of string \"", text,
                 "\". All non-ascii characters must be escaped with hex codes (e.g. \\xAA)"));
    }
  }
  return bytes;
}

char* WriteUuid(char* out, int128_t uuid) {
  const uint128_t bits = static_cast<uint128_t>(uuid) ^ kUuidFlip;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *out++ = '-';
    *out++ = kLowerDigits[static_cast<int>(bits >> (124 - 4 * digit)) & 15];
  }
  return out;
}

bool ParseUuid(std::string_view text, int128_t* uuid) {
  if (text.size() >= 2 && text.front() == '{') {
    if (text.back() != '}') return false;
    text = text.substr(1, text.size() - 2);
  }
  uint128_t bits = 0;
  int digits = 0;
  bool after_dash = false;
  for (const char c : text) {
    if (c == '-') {
      if (after_dash) return false;
      after_dash = true;
      continue;
    }
    after_dash = false;
    const int value = HexValue(c);
    if (value < 0 || digits == 32) return false;
    bits = (bits << 4) | static_cast<unsigned>(value);
    ++digits;
  }
  *uuid = static_cast<int128_t>(bits ^ kUuidFlip);
  return digits == 32;
}

}  // namespace trivet
