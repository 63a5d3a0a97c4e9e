#pragma once

#include <cstdint>
#include <string_view>

#include "base/int128.h"

namespace trivet {

// Numbers from text, with the forms and roundings of the reference dialect's casts. Blanks around
// the number are ignored; single underscores may stand between digits.

enum class NumberParse { kOk, kMalformed, kOutOfRange };

// Decimal text as unscaled × 10^-scale, rounded half away from zero: an optional sign, digits with
// an optional point, an optional exponent. kOutOfRange where it leaves 128 bits.
NumberParse ParseScaled(std::string_view text, int scale, int128_t* unscaled);

// An integer in [minimum, maximum]: as ParseScaled with scale 0 (so 1.5 is 2 and 1e2 is 100), and
// 0x1F, 0b101 without a sign.
NumberParse ParseInteger(std::string_view text, int128_t minimum, int128_t maximum,
                         int128_t* value);

// Nearest value, ties to even; also inf, infinity, nan in any case. What is too large is infinite.
NumberParse ParseDouble(std::string_view text, double* value);
NumberParse ParseFloat(std::string_view text, float* value);

// true/t/yes/y/1 and false/f/no/n/0 in any case, nothing around them.
bool ParseBoolean(std::string_view text, bool* value);

// As isspace in the C locale.
inline constexpr bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline constexpr char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string_view TrimBlanks(std::string_view text);
// Whether the texts are equal when ASCII letters of `text` are lowered.
bool EqualsLower(std::string_view text, std::string_view lower);

}  // namespace trivet
