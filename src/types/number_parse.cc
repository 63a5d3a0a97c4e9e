#include "types/number_parse.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <limits>
#include <string>

#include "types/decimal.h"

namespace trivet {

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool EqualsLower(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return ToLowerAscii(a) == b; });
}

namespace {

// Reads a run of digits in which single underscores may separate digits, calling accept(digit).
// Returns whether the run is well formed; `count` tells how many digits there were.
template <typename Accept>
bool ScanDigits(std::string_view text, size_t* position, int* count, const Accept& accept) {
  *count = 0;
  while (*position < text.size()) {
    const char c = text[*position];
    if (IsDigit(c)) {
      accept(c - '0');
      ++*count;
    } else if (c == '_') {
      const bool between =
          *count > 0 && *position + 1 < text.size() && IsDigit(text[*position + 1]);
      if (!between) return false;
    } else {
      break;
    }
    ++*position;
  }
  return true;
}

// A number taken apart: (-1)^negative × mantissa × 10^exponent. Digits that no longer fit in the
// mantissa are dropped; `next_digit` is the first of them.
struct ScannedNumber {
  bool negative = false;
  uint128_t mantissa = 0;
  int64_t exponent = 0;
  int next_digit = 0;
  bool dropped = false;
};

constexpr int64_t kExponentLimit = 1000000000;  // beyond it every number is zero or out of range

// The exponent after 'e', or false where it is malformed.
bool ScanExponent(std::string_view text, size_t* position, int64_t* exponent) {
  bool negative = false;
  if (*position < text.size() && (text[*position] == '+' || text[*position] == '-')) {
    negative = text[(*position)++] == '-';
  }
  int64_t magnitude = 0;
  int count = 0;
  const bool well_formed = ScanDigits(text, position, &count, [&](int digit) {
    magnitude = std::min(magnitude * 10 + digit, kExponentLimit);
  });
  *exponent += negative ? -magnitude : magnitude;
  return well_formed && count > 0;
}

bool ScanNumber(std::string_view text, ScannedNumber* number) {
  size_t position = 0;
  if (position < text.size() && (text[position] == '+' || text[position] == '-')) {
    number->negative = text[position++] == '-';
  }
  constexpr uint128_t kLimit = (~uint128_t{0} - 9) / 10;
  bool in_fraction = false;
  const auto accept = [&](int digit) {
    if (!number->dropped && number->mantissa <= kLimit) {
      number->mantissa = number->mantissa * 10 + static_cast<unsigned>(digit);
      number->exponent -= in_fraction ? 1 : 0;
      return;
    }
    if (!number->dropped) number->next_digit = digit;
    number->dropped = true;
    number->exponent += in_fraction ? 0 : 1;
  };
  int whole_digits = 0;
  int fraction_digits = 0;
  if (!ScanDigits(text, &position, &whole_digits, accept)) return false;
  if (position < text.size() && text[position] == '.') {
    ++position;
    in_fraction = true;
    if (!ScanDigits(text, &position, &fraction_digits, accept)) return false;
  }
  if (whole_digits + fraction_digits == 0) return false;
  if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
    ++position;
    if (!ScanExponent(text, &position, &number->exponent)) return false;
  }
  return position == text.size();
}

NumberParse ScaleMantissa(const ScannedNumber& number, int scale, int128_t* unscaled) {
  const int64_t shift = number.exponent + scale;
  uint128_t magnitude = number.mantissa;
  if (magnitude == 0) {
    *unscaled = 0;
    return NumberParse::kOk;
  }
  if (shift > 0) {
    // A mantissa that had to drop digits is so large that any shift takes it out of range.
    if (shift > 38 || number.dropped) return NumberParse::kOutOfRange;
    if (__builtin_mul_overflow(
            magnitude, static_cast<uint128_t>(PowerOfTen(static_cast<int>(shift))), &magnitude)) {
      return NumberParse::kOutOfRange;
    }
  } else if (shift == 0) {
    magnitude += number.next_digit >= 5 ? 1 : 0;
  } else if (shift < -39) {
    magnitude = 0;
  } else {
    // 10^39 is beyond 128 bits signed, yet a mantissa may have 39 digits: divide by ten first.
    int64_t left = -shift;
    if (left == 39) {
      magnitude /= 10;
      --left;
    }
    const auto divisor = static_cast<uint128_t>(PowerOfTen(static_cast<int>(left)));
    const uint128_t rest = magnitude % divisor;
    magnitude = magnitude / divisor + (rest >= divisor / 2 ? 1 : 0);
  }
  constexpr auto kMax = static_cast<uint128_t>(kInt128Max);
  if (magnitude > kMax + (number.negative ? 1 : 0)) return NumberParse::kOutOfRange;
  *unscaled = static_cast<int128_t>(number.negative ? ~magnitude + 1 : magnitude);
  return NumberParse::kOk;
}

int DigitValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

NumberParse ParseRadix(std::string_view digits, unsigned radix, int128_t maximum, int128_t* value) {
  uint128_t result = 0;
  const auto limit = static_cast<uint128_t>(maximum);
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] == '_' && i > 0 && i + 1 < digits.size() && digits[i - 1] != '_') continue;
    const auto digit = static_cast<unsigned>(DigitValue(digits[i]));
    if (digit >= radix) return NumberParse::kMalformed;
    if (result > (limit - digit) / radix) return NumberParse::kOutOfRange;
    result = result * radix + digit;
  }
  *value = static_cast<int128_t>(result);
  return digits.empty() ? NumberParse::kMalformed : NumberParse::kOk;
}

// Text without its underscores, each of which stands between two digits; false where one does not.
bool RemoveUnderscores(std::string_view text, std::string* result) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      result->push_back(text[i]);
    } else if (i == 0 || i + 1 == text.size() || !IsDigit(text[i - 1]) || !IsDigit(text[i + 1])) {
      return false;
    }
  }
  return true;
}

template <typename T>
NumberParse ParseFloating(std::string_view text, T* value) {
  text = TrimBlanks(text);
  std::string without_underscores;
  if (text.find('_') != std::string_view::npos) {
    if (!RemoveUnderscores(text, &without_underscores)) return NumberParse::kMalformed;
    text = without_underscores;
  }
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+'))
      return NumberParse::kMalformed;
  }
  const auto answer = fast_float::from_chars(text.data(), text.data() + text.size(), *value);
  if (answer.ec != std::errc() || answer.ptr != text.data() + text.size()) {
    return NumberParse::kMalformed;
  }
  // One NaN only, whatever its text: the sign would leak into the bits of results.
  if (*value != *value) *value = std::numeric_limits<T>::quiet_NaN();
  return NumberParse::kOk;
}

}  // namespace

NumberParse ParseScaled(std::string_view text, int scale, int128_t* unscaled) {
  ScannedNumber number;
  if (!ScanNumber(TrimBlanks(text), &number)) return NumberParse::kMalformed;
  return ScaleMantissa(number, scale, unscaled);
}

NumberParse ParseInteger(std::string_view text, int128_t minimum, int128_t maximum,
                         int128_t* value) {
  text = TrimBlanks(text);
  // Plain digits are nearly all there is.
  if (!text.empty() && text.size() <= 18) {
    const bool negative = text.front() == '-';
    size_t i = negative ? 1 : 0;
    int64_t result = 0;
    for (; i < text.size() && IsDigit(text[i]); ++i) result = result * 10 + (text[i] - '0');
    if (i == text.size() && i > (negative ? 1 : 0)) {
      *value = negative ? -result : result;
      return *value >= minimum && *value <= maximum ? NumberParse::kOk : NumberParse::kOutOfRange;
    }
  }
  if (text.size() >= 2 && text[0] == '0') {
    const char kind = ToLowerAscii(text[1]);
    if (kind == 'x') return ParseRadix(text.substr(2), 16, maximum, value);
    if (kind == 'b') return ParseRadix(text.substr(2), 2, maximum, value);
  }
  ScannedNumber number;
  if (!ScanNumber(text, &number)) return NumberParse::kMalformed;
  if (number.negative && number.mantissa != 0 && minimum == 0) return NumberParse::kOutOfRange;
  const NumberParse outcome = ScaleMantissa(number, 0, value);
  if (outcome != NumberParse::kOk) return outcome;
  return *value >= minimum && *value <= maximum ? NumberParse::kOk : NumberParse::kOutOfRange;
}

NumberParse ParseDouble(std::string_view text, double* value) { return ParseFloating(text, value); }
NumberParse ParseFloat(std::string_view text, float* value) { return ParseFloating(text, value); }

bool ParseBoolean(std::string_view text, bool* value) {
  for (const std::string_view spelling : {"true", "t", "yes", "y", "1"}) {
    if (EqualsLower(text, spelling)) return *value = true;
  }
  for (const std::string_view spelling : {"false", "f", "no", "n", "0"}) {
    if (EqualsLower(text, spelling)) {
      *value = false;
      return true;
    }
  }
  return false;
}

}  // namespace trivet
