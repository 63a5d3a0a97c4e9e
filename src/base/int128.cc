#include "base/int128.h"

namespace trivet {

std::string Int128ToString(int128_t value) {
  // The magnitude is taken in unsigned arithmetic, for the smallest value has no positive twin.
  uint128_t rest = value < 0 ? ~static_cast<uint128_t>(value) + 1 : static_cast<uint128_t>(value);
  char digits[40];
  char* const end = digits + sizeof(digits);
  char* begin = end;
  do {
    *--begin = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) *--begin = '-';
  return std::string(begin, end);
}

}  // namespace trivet
