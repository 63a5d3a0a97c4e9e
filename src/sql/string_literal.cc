#include <algorithm>

#include "sql/lexer.h"

namespace trivet {

namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// False for surrogates and numbers beyond Unicode.
bool AppendUtf8(uint32_t code_point, std::string& out) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) return false;
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    out += static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
  return true;
}

// Undoes doubled quotes in the stretch between two quotes.
std::string UndoubleQuotes(std::string_view text, char quote) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (text[i] == quote) ++i;
  }
  return result;
}

// Reads up to `count` digits of `base` (a power of two up to 16); `count` is set to those read.
uint32_t ReadDigits(std::string_view text, size_t& count, int base) {
  uint32_t value = 0;
  size_t read = 0;
  while (read < count && read < text.size()) {
    const int digit = HexDigit(text[read]);
    if (digit < 0 || digit >= base) break;
    value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
    ++read;
  }
  count = read;
  return value;
}

// Appends what the escape behind a backslash stands for and returns its length, 0 where it is
// malformed.
size_t DecodeBackslash(std::string_view escape, std::string& out) {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kControls = "\b\f\n\r\t";
  const char c = escape.front();
  if (const size_t index = kLetters.find(c); index != std::string_view::npos) {
    out += kControls[index];
    return 1;
  }
  if (c >= '0' && c <= '7') {
    size_t count = 3;
    out += static_cast<char>(ReadDigits(escape, count, 8));
    return count;
  }
  if (c == 'x') {
    size_t count = 2;
    const uint32_t value = ReadDigits(escape.substr(1), count, 16);
    if (count == 0) return 0;
    out += static_cast<char>(value);
    return 1 + count;
  }
  if (c == 'u' || c == 'U') {
    const size_t expected = c == 'u' ? 4 : 8;
    size_t count = expected;
    const uint32_t value = ReadDigits(escape.substr(1), count, 16);
    if (count != expected || !AppendUtf8(value, out)) return 0;
    return 1 + count;
  }
  out += c;
  return 1;
}

Result<std::string> DecodeEscapeString(std::string_view body, size_t body_begin) {
  std::string result;
  result.reserve(body.size());
  for (size_t i = 0; i < body.size();) {
    if (body[i] == '\\') {
      const size_t length = DecodeBackslash(body.substr(i + 1), result);
      if (length == 0) {
        return Status::InvalidInput("malformed escape in the string literal")
            .WithPosition(body_begin + i);
      }
      i += 1 + length;
    } else {
      result += body[i];
      i += body[i] == '\'' ? 2 : 1;
    }
  }
  if (FindInvalidUtf8(result) != std::string_view::npos) {
    return Status::InvalidInput("the escapes of the string literal do not give valid UTF-8")
        .WithPosition(body_begin);
  }
  return result;
}

// U&'..': \XXXX and \+XXXXXX stand for code points.
Result<std::string> DecodeUnicodeString(std::string_view body, size_t body_begin) {
  std::string result;
  for (size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      result += body[i];
      i += body[i] == '\'' ? 2 : 1;
      continue;
    }
    const std::string_view rest = body.substr(i + 1);
    if (rest.starts_with('\\')) {
      result += '\\';
      i += 2;
      continue;
    }
    const size_t sign = rest.starts_with('+') ? 1 : 0;
    const size_t expected = sign == 1 ? 6 : 4;
    size_t count = expected;
    const uint32_t value = ReadDigits(rest.substr(sign), count, 16);
    if (count != expected || !AppendUtf8(value, result)) {
      return Status::InvalidInput("malformed Unicode escape in the string literal")
          .WithPosition(body_begin + i);
    }
    i += 1 + sign + count;
  }
  return result;
}

}  // namespace

Result<std::string> StringTokenValue(std::string_view sql, const Token& token) {
  const std::string_view text = sql.substr(token.begin, token.end - token.begin);
  if (token.kind == TokenKind::kDollarString) {
    const size_t tag_size = text.find('$', 1) + 1;
    return std::string(text.substr(tag_size, text.size() - 2 * tag_size));
  }
  const size_t opening = text.find('\'');
  const std::string_view body = text.substr(opening + 1, text.size() - opening - 2);
  const size_t body_begin = token.begin + opening + 1;
  switch (token.kind) {
    case TokenKind::kEscapeString: return DecodeEscapeString(body, body_begin);
    case TokenKind::kUnicodeString: return DecodeUnicodeString(body, body_begin);
    case TokenKind::kBlob:
      if (!std::all_of(body.begin(), body.end(), [](char c) { return HexDigit(c) >= 0; })) {
        return Status::InvalidInput("a blob literal holds hexadecimal digits only")
            .WithPosition(token.begin);
      }
      if (body.size() % 2 != 0) {
        return Status::InvalidInput("a blob literal needs an even number of hexadecimal digits")
            .WithPosition(token.begin);
      }
      return std::string(body);
    case TokenKind::kBitString:
      if (!std::all_of(body.begin(), body.end(), [](char c) { return c == '0' || c == '1'; })) {
        return Status::InvalidInput("a bit string literal holds the digits 0 and 1 only")
            .WithPosition(token.begin);
      }
      return std::string(body);
    default: return UndoubleQuotes(body, '\'');
  }
}

std::string IdentifierTokenValue(std::string_view sql, const Token& token) {
  const std::string_view text = sql.substr(token.begin, token.end - token.begin);
  if (token.kind != TokenKind::kQuotedIdentifier) return std::string(text);
  return UndoubleQuotes(text.substr(1, text.size() - 2), text.front());
}

std::string NumberTokenValue(std::string_view sql, const Token& token) {
  std::string digits;
  for (const char c : sql.substr(token.begin, token.end - token.begin)) {
    if (c != '_') digits += c;
  }
  const bool is_prefixed = token.kind == TokenKind::kInteger && digits.size() > 2 &&
                           digits[0] == '0' && !(digits[1] >= '0' && digits[1] <= '9');
  if (!is_prefixed) return digits;
  const char mark = digits[1];
  const uint32_t base = mark == 'x' || mark == 'X' ? 16 : mark == 'o' || mark == 'O' ? 8 : 2;
  // Decimal digits, least significant first. The work is the square of the length, which the lexer
  // bounds.
  std::string decimal = "0";
  for (size_t i = 2; i < digits.size(); ++i) {
    uint32_t carry = static_cast<uint32_t>(HexDigit(digits[i]));
    for (char& digit : decimal) {
      carry += static_cast<uint32_t>(digit - '0') * base;
      digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) decimal += static_cast<char>('0' + carry % 10);
  }
  std::reverse(decimal.begin(), decimal.end());
  return decimal;
}

size_t FindInvalidUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                          : lead >= 0xE0 && lead <= 0xEF ? 3
                          : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                         : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return i;
    }
    // Overlong forms, surrogates and numbers beyond Unicode show in the second byte.
    const unsigned char second = byte(i + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace trivet
