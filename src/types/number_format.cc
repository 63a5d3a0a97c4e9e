#include "types/number_format.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/assert.h"

namespace trivet {

namespace {

// Lays out shortest digits d.ddd × 10^exponent in the way of the reference dialect.
char* LayOutDigits(char* out, const char* digits, int count, int exponent) {
  if (exponent < -4 || exponent >= 16) {
    *out++ = digits[0];
    if (count > 1) {
      *out++ = '.';
      std::memcpy(out, digits + 1, static_cast<size_t>(count - 1));
      out += count - 1;
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    const auto magnitude = static_cast<uint64_t>(exponent < 0 ? -exponent : exponent);
    return magnitude < 100 ? WritePadded(out, magnitude, 2) : WritePadded(out, magnitude, 3);
  }
  if (exponent < 0) {
    *out++ = '0';
    *out++ = '.';
    for (int i = -1; i > exponent; --i) *out++ = '0';
    std::memcpy(out, digits, static_cast<size_t>(count));
    return out + count;
  }
  for (int i = 0; i <= exponent; ++i) *out++ = i < count ? digits[i] : '0';
  *out++ = '.';
  if (count <= exponent + 1) {
    *out++ = '0';
    return out;
  }
  std::memcpy(out, digits + exponent + 1, static_cast<size_t>(count - exponent - 1));
  return out + (count - exponent - 1);
}

char* WriteLiteral(char* out, const char* text) {
  const size_t size = std::strlen(text);
  std::memcpy(out, text, size);
  return out + size;
}

template <typename T>
char* WriteFloating(char* out, T value) {
  if (std::isnan(value)) return WriteLiteral(out, "nan");
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (std::isinf(value)) return WriteLiteral(out, "inf");
  if (value == 0) return WriteLiteral(out, "0.0");
  char scientific[40];
  const auto end = std::to_chars(scientific, scientific + sizeof(scientific), value,
                                 std::chars_format::scientific)
                       .ptr;
  // d[.ddd]e±xx, taken apart into bare digits and the exponent.
  char digits[24];
  int count = 0;
  const char* position = scientific;
  for (; *position != 'e'; ++position) {
    if (*position != '.') digits[count++] = *position;
  }
  int exponent = 0;
  ++position;
  const bool negative = *position == '-';
  for (++position; position != end; ++position) exponent = exponent * 10 + (*position - '0');
  return LayOutDigits(out, digits, count, negative ? -exponent : exponent);
}

constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596"
    "979899";

}  // namespace

char* WriteUInt64(char* out, uint64_t value) {
  char buffer[20];
  char* const end = buffer + sizeof(buffer);
  char* begin = end;
  while (value >= 100) {
    begin -= 2;
    std::memcpy(begin, kDigitPairs + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    begin -= 2;
    std::memcpy(begin, kDigitPairs + 2 * value, 2);
  } else {
    *--begin = static_cast<char>('0' + value);
  }
  std::memcpy(out, begin, static_cast<size_t>(end - begin));
  return out + (end - begin);
}

char* WriteInt64(char* out, int64_t value) {
  if (value >= 0) return WriteUInt64(out, static_cast<uint64_t>(value));
  *out++ = '-';
  return WriteUInt64(out, ~static_cast<uint64_t>(value) + 1);
}

char* WriteInt128(char* out, int128_t value) {
  uint128_t rest = static_cast<uint128_t>(value);
  if (value < 0) {
    *out++ = '-';
    rest = ~rest + 1;
  }
  // Nineteen digits at a time, so that only a wide value pays for 128-bit division.
  constexpr uint64_t kChunk = 10000000000000000000ULL;
  uint64_t chunks[3];
  int count = 0;
  while (rest >= kChunk) {
    chunks[count++] = static_cast<uint64_t>(rest % kChunk);
    rest /= kChunk;
  }
  out = WriteUInt64(out, static_cast<uint64_t>(rest));
  while (count > 0) out = WritePadded(out, chunks[--count], 19);
  return out;
}

char* WriteDouble(char* out, double value) { return WriteFloating(out, value); }
char* WriteFloat(char* out, float value) { return WriteFloating(out, value); }

}  // namespace trivet
