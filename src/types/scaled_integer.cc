#include "types/scaled_integer.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/assert.h"

namespace trivet {

double RoundToDouble(bool negative, uint64_t leading, bool inexact, int exponent) {
  constexpr int kBias = 1023;
  const uint64_t sign = negative ? uint64_t{1} << 63 : 0;
  // The value is 1.xxx × 2^(exponent + 63).
  const int biased = exponent + 63 + kBias;
  if (biased >= 2047) return std::bit_cast<double>(sign | uint64_t{0x7ff} << 52);
  // Denormals keep fewer bits.
  const int dropped = biased >= 1 ? 11 : 11 + 1 - biased;
  if (dropped > 64) return std::bit_cast<double>(sign);
  const uint64_t kept = dropped == 64 ? 0 : leading >> dropped;
  const uint64_t half = uint64_t{1} << (dropped - 1);
  const uint64_t rest = dropped == 64 ? leading : leading & ((uint64_t{1} << dropped) - 1);
  const bool up = rest > half || (rest == half && (inexact || (kept & 1) != 0));
  // With the hidden bit added in, a carry out of the significand moves into the exponent by itself,
  // and from the largest finite number to infinity.
  const uint64_t base = biased >= 1 ? static_cast<uint64_t>(biased - 1) << 52 : 0;
  return std::bit_cast<double>(sign | (base + kept + (up ? 1 : 0)));
}

ScaledInteger ScaledInteger::FromTwosComplement(const uint64_t* limbs, int count, int exponent) {
  TRIVET_ASSERT(count <= kCapacity);
  ScaledInteger result;
  result.negative_ = static_cast<int64_t>(limbs[count - 1]) < 0;
  // Low limbs that are zero become part of the exponent.
  int skipped = 0;
  while (skipped < count && limbs[skipped] == 0) ++skipped;
  uint64_t carry = 1;
  for (int i = skipped; i < count; ++i) {
    uint64_t limb = limbs[i];
    if (result.negative_) {
      limb = ~limb + carry;
      carry = carry != 0 && limb == 0 ? 1 : 0;
    }
    result.limbs_[i - skipped] = limb;
  }
  result.count_ = count - skipped;
  result.exponent_ = exponent + 64 * skipped;
  result.Trim();
  return result;
}

void ScaledInteger::Trim() {
  while (count_ > 0 && limbs_[count_ - 1] == 0) --count_;
  if (count_ == 0) negative_ = false;
}

int ScaledInteger::BitLength() const {
  return count_ == 0 ? 0 : 64 * count_ - std::countl_zero(limbs_[count_ - 1]);
}

void ScaledInteger::ShiftLeft(int bits) {
  const int words = bits / 64;
  const int rest = bits % 64;
  TRIVET_ASSERT(count_ + words + 1 <= kCapacity);
  limbs_[count_] = 0;
  for (int i = count_; i >= 0; --i) {
    const uint64_t below = rest != 0 && i > 0 ? limbs_[i - 1] >> (64 - rest) : 0;
    limbs_[i + words] = (limbs_[i] << rest) | below;
  }
  std::fill_n(limbs_.begin(), words, 0);
  count_ += words + 1;
  exponent_ -= bits;
  Trim();
}

void ScaledInteger::MultiplyBy(uint64_t factor) {
  uint64_t carry = 0;
  for (int i = 0; i < count_; ++i) {
    const uint128_t product = static_cast<uint128_t>(limbs_[i]) * factor + carry;
    limbs_[i] = static_cast<uint64_t>(product);
    carry = static_cast<uint64_t>(product >> 64);
  }
  TRIVET_ASSERT(count_ < kCapacity);
  limbs_[count_++] = carry;
  Trim();
}

ScaledInteger ScaledInteger::operator*(const ScaledInteger& other) const {
  TRIVET_ASSERT(count_ + other.count_ <= kCapacity);
  ScaledInteger result;
  result.count_ = count_ + other.count_;
  result.exponent_ = exponent_ + other.exponent_;
  result.negative_ = negative_ != other.negative_;
  std::fill_n(result.limbs_.begin(), result.count_, 0);
  for (int i = 0; i < count_; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < other.count_; ++j) {
      const uint128_t product =
          static_cast<uint128_t>(limbs_[i]) * other.limbs_[j] + result.limbs_[i + j] + carry;
      result.limbs_[i + j] = static_cast<uint64_t>(product);
      carry = static_cast<uint64_t>(product >> 64);
    }
    result.limbs_[i + other.count_] = carry;
  }
  result.Trim();
  return result;
}

int ScaledInteger::CompareMagnitudes(const ScaledInteger& left, const ScaledInteger& right) {
  if (left.count_ != right.count_) return left.count_ < right.count_ ? -1 : 1;
  for (int i = left.count_ - 1; i >= 0; --i) {
    if (left.limbs_[i] != right.limbs_[i]) return left.limbs_[i] < right.limbs_[i] ? -1 : 1;
  }
  return 0;
}

ScaledInteger ScaledInteger::operator+(const ScaledInteger& other) const {
  if (IsZero()) return other;
  if (other.IsZero()) return *this;
  ScaledInteger left = *this;
  ScaledInteger right = other;
  if (left.exponent_ > right.exponent_) left.ShiftLeft(left.exponent_ - right.exponent_);
  if (right.exponent_ > left.exponent_) right.ShiftLeft(right.exponent_ - left.exponent_);
  const bool subtract = left.negative_ != right.negative_;
  if (CompareMagnitudes(left, right) < 0) std::swap(left, right);
  unsigned carry = 0;
  for (int i = 0; i < left.count_; ++i) {
    const uint64_t addend = i < right.count_ ? right.limbs_[i] : 0;
    if (subtract) {
      const uint128_t difference = static_cast<uint128_t>(left.limbs_[i]) - addend - carry;
      left.limbs_[i] = static_cast<uint64_t>(difference);
      carry = static_cast<unsigned>(difference >> 64) & 1;
    } else {
      const uint128_t sum = static_cast<uint128_t>(left.limbs_[i]) + addend + carry;
      left.limbs_[i] = static_cast<uint64_t>(sum);
      carry = static_cast<unsigned>(sum >> 64);
    }
  }
  if (!subtract) {
    TRIVET_ASSERT(left.count_ < kCapacity);
    left.limbs_[left.count_++] = carry;
  }
  left.Trim();
  return left;
}

ScaledInteger ScaledInteger::operator-(const ScaledInteger& other) const {
  ScaledInteger negated = other;
  negated.negative_ = !other.negative_ && !other.IsZero();
  return *this + negated;
}

bool ScaledInteger::DivideBy(uint64_t divisor) {
  uint64_t rest = 0;
  for (int i = count_ - 1; i >= 0; --i) {
    const uint128_t dividend = static_cast<uint128_t>(rest) << 64 | limbs_[i];
    limbs_[i] = static_cast<uint64_t>(dividend / divisor);
    rest = static_cast<uint64_t>(dividend % divisor);
  }
  Trim();
  return rest == 0;
}

double ScaledInteger::RoundedQuotient(uint64_t divisor, uint64_t second_divisor) const {
  if (IsZero()) return 0.0;
  ScaledInteger quotient = *this;
  bool inexact = false;
  if (divisor != 1 || second_divisor != 1) {
    // At least 66 bits of quotient are left: two divisors of 64 bits eat 128 of these.
    constexpr int kWanted = 66 + 128;
    if (const int length = quotient.BitLength(); length < kWanted)
      quotient.ShiftLeft(kWanted - length);
    // Dividing by one after the other cuts the same as dividing by the product.
    inexact = !quotient.DivideBy(divisor);
    inexact = !quotient.DivideBy(second_divisor) || inexact;
  }
  const int top = quotient.count_ - 1;
  const int shift = std::countl_zero(quotient.limbs_[top]);
  uint64_t leading = quotient.limbs_[top] << shift;
  if (shift > 0 && top > 0) leading |= quotient.limbs_[top - 1] >> (64 - shift);
  if (top > 0) inexact = inexact || (quotient.limbs_[top - 1] << shift) != 0;
  for (int i = 0; i < top - 1 && !inexact; ++i) inexact = quotient.limbs_[i] != 0;
  return RoundToDouble(negative_, leading, inexact, quotient.exponent_ + 64 * top - shift);
}

double ScaledInteger::Rounded() const { return RoundedQuotient(1, 1); }

}  // namespace trivet
