#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/int128.h"
#include "types/scaled_integer.h"
#include "types/superaccumulator.h"

namespace trivet {

// The exact sum of products of doubles, as ExactSum is of doubles: neither a product nor an
// addition rounds. A window of 256 bits takes products of 106 bits within 2^±63 of the first one's
// scale; the rest goes to a superaccumulator in the caller's arena.
//
// 48 bytes, trivially copyable; copies must not both go on adding. Not synchronised.
class alignas(16) ExactProductSum {
 public:
  // 2^-2148 to 2^2048, and room for 2^64 addends.
  using Wide = Superaccumulator<67>;

  void Add(double left, double right, const ExactSumArena& arena) {
    const auto a = std::bit_cast<uint64_t>(left);
    const auto b = std::bit_cast<uint64_t>(right);
    const auto a_exponent = static_cast<uint32_t>(a >> 52 & 0x7ff);
    const auto b_exponent = static_cast<uint32_t>(b >> 52 & 0x7ff);
    // The sum of biased exponents is the product's scale; zeros, denormals, infinities and NaNs go
    // aside.
    const bool plain = a_exponent - 1 < 0x7feU && b_exponent - 1 < 0x7feU;
    const uint32_t shift = a_exponent + b_exponent - scale_;
    if (plain && shift <= kReach) [[likely]] {
      const uint128_t product = static_cast<uint128_t>((a & kFractionMask) | kHiddenBit) *
                                ((b & kFractionMask) | kHiddenBit);
      if (AddShifted(product, static_cast<int64_t>(a ^ b) < 0, shift)) [[likely]]
        return;
    }
    AddOutside(left, right, arena);
  }
  void AddSquare(double value, const ExactSumArena& arena) { Add(value, value, arena); }

  void Merge(const ExactProductSum& other, const ExactSumArena& arena);

  // False where a product was NaN or infinite, or had such a factor.
  bool IsFinite() const { return !saw_special_; }
  // The value, where it is finite.
  ScaledInteger Exact() const;

  void Serialize(std::string* out) const;
  static bool Deserialize(std::string_view* in, const ExactSumArena& arena, ExactProductSum* sum);

 private:
  static constexpr uint64_t kFractionMask = (uint64_t{1} << 52) - 1;
  static constexpr uint64_t kHiddenBit = uint64_t{1} << 52;
  static constexpr uint32_t kReach = 127;
  static constexpr uint32_t kNoScale = 0x10000;  // beyond every sum of exponents

  // Adds ±(product << shift), shift <= kReach; false, with nothing changed, where the window
  // overflows.
  bool AddShifted(uint128_t product, bool negative, uint32_t shift) {
    // In limbs and without branches, for the signs and shifts of data cannot be predicted.
    const auto bottom = static_cast<uint64_t>(product);
    const auto top = static_cast<uint64_t>(product >> 64);
    const uint32_t bits = shift & 63;
    const uint64_t first = bottom << bits;
    const uint64_t second = (top << bits) | (bottom >> 1 >> (63 - bits));
    const uint64_t third = top >> 1 >> (63 - bits);
    const uint64_t moved =
        0 - static_cast<uint64_t>(shift >> 6);  // all ones where a whole limb is skipped
    const uint64_t sign = 0 - static_cast<uint64_t>(negative);
    const uint64_t limb_1 = (first & moved) | (second & ~moved);
    const uint64_t limb_2 = (second & moved) | (third & ~moved);
    const uint128_t low = static_cast<uint128_t>(limb_1 ^ sign) << 64 | ((first & ~moved) ^ sign);
    const uint128_t high = static_cast<uint128_t>((third & moved) ^ sign) << 64 | (limb_2 ^ sign);
    const uint128_t complement = sign & 1;  // what the negation still lacks
    const uint128_t partial = low + complement;
    const uint128_t sum_low = low_ + partial;
    const int128_t carry = static_cast<int>(partial < low) + static_cast<int>(sum_low < partial);
    int128_t sum_high;
    if (__builtin_add_overflow(high_, static_cast<int128_t>(high), &sum_high)) return false;
    if (__builtin_add_overflow(sum_high, carry, &sum_high)) return false;
    low_ = sum_low;
    high_ = sum_high;
    return true;
  }
  void AddOutside(double left, double right, const ExactSumArena& arena);
  bool AddToWide(uint128_t low, int128_t high, uint32_t scale, const ExactSumArena& arena);

  uint128_t low_ = 0;
  int128_t high_ = 0;
  uint32_t scale_ =
      kNoScale;  // sum of the biased exponents of factors whose product has its last bit at bit 0
  bool saw_special_ = false;
  Wide* wide_ = nullptr;
};
static_assert(sizeof(ExactProductSum) == 48);

}  // namespace trivet
