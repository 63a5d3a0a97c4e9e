#include "types/exact_product_sum.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace trivet {

namespace {

constexpr int kLowestExponent = -2148;  // of bit 0 of the superaccumulator, and of scale 2

}  // namespace

void ExactProductSum::AddOutside(double left, double right, const ExactSumArena& arena) {
  if (!std::isfinite(left) || !std::isfinite(right)) {
    saw_special_ = true;
    return;
  }
  if (left == 0 || right == 0) return;
  const auto take_apart = [](double value, uint64_t* mantissa) {
    const auto bits = std::bit_cast<uint64_t>(value);
    const auto exponent = static_cast<uint32_t>(bits >> 52 & 0x7ff);
    *mantissa = (bits & kFractionMask) | (exponent == 0 ? 0 : kHiddenBit);
    return std::max<uint32_t>(exponent, 1);
  };
  uint64_t left_mantissa;
  uint64_t right_mantissa;
  const uint32_t exponent = take_apart(left, &left_mantissa) + take_apart(right, &right_mantissa);
  const uint128_t product = static_cast<uint128_t>(left_mantissa) * right_mantissa;
  const bool negative = std::signbit(left) != std::signbit(right);
  if (scale_ != kNoScale) {
    const uint32_t shift = exponent - scale_;
    if (shift <= kReach && AddShifted(product, negative, shift)) return;
    if (!AddToWide(low_, high_, scale_, arena)) return;
    low_ = 0;
    high_ = 0;
  }
  constexpr uint32_t kBelow = kReach / 2;
  constexpr uint32_t kLowestScale = 2;
  scale_ = exponent > kBelow + kLowestScale ? exponent - kBelow : kLowestScale;
  AddShifted(product, negative, exponent - scale_);
}

bool ExactProductSum::AddToWide(uint128_t low, int128_t high, uint32_t scale,
                                const ExactSumArena& arena) {
  if (low == 0 && high == 0) return true;
  if (wide_ == nullptr) {
    void* const memory = arena.allocate(arena.context, sizeof(Wide));
    if (memory == nullptr) {
      saw_special_ = true;
      return false;
    }
    wide_ = new (memory) Wide{};
  }
  const uint64_t limbs[4] = {static_cast<uint64_t>(low), static_cast<uint64_t>(low >> 64),
                             static_cast<uint64_t>(high), static_cast<uint64_t>(high >> 64)};
  wide_->AddShifted(limbs, 4, static_cast<int>(scale) - 2);
  return true;
}

void ExactProductSum::Merge(const ExactProductSum& other, const ExactSumArena& arena) {
  saw_special_ = saw_special_ || other.saw_special_;
  if (other.wide_ != nullptr) {
    if (wide_ == nullptr) {
      void* const memory = arena.allocate(arena.context, sizeof(Wide));
      if (memory == nullptr) {
        saw_special_ = true;
        return;
      }
      wide_ = new (memory) Wide{};
    }
    wide_->Add(*other.wide_);
  }
  if (other.scale_ == kNoScale) return;
  if (scale_ == kNoScale) {
    low_ = other.low_;
    high_ = other.high_;
    scale_ = other.scale_;
    return;
  }
  if (other.scale_ == scale_) {
    // Half the range each, so that the sum cannot overflow.
    constexpr int128_t kHalf = int128_t{1} << 125;
    const auto is_small = [](int128_t high) { return high < kHalf && high >= -kHalf; };
    if (is_small(high_) && is_small(other.high_)) {
      low_ += other.low_;
      high_ += other.high_ + (low_ < other.low_ ? 1 : 0);
      return;
    }
  }
  AddToWide(other.low_, other.high_, other.scale_, arena);
}

ScaledInteger ExactProductSum::Exact() const {
  if (scale_ == kNoScale) return {};
  const uint64_t limbs[4] = {static_cast<uint64_t>(low_), static_cast<uint64_t>(low_ >> 64),
                             static_cast<uint64_t>(high_), static_cast<uint64_t>(high_ >> 64)};
  if (wide_ == nullptr) {
    return ScaledInteger::FromTwosComplement(limbs, 4,
                                             static_cast<int>(scale_) - 2 + kLowestExponent);
  }
  Wide total = *wide_;
  total.AddShifted(limbs, 4, static_cast<int>(scale_) - 2);
  return ScaledInteger::FromTwosComplement(total.limbs, Wide::kLimbs, kLowestExponent);
}

void ExactProductSum::Serialize(std::string* out) const {
  const auto append = [out](const void* data, size_t size) {
    out->append(static_cast<const char*>(data), size);
  };
  const uint8_t flags = static_cast<uint8_t>((saw_special_ ? 1 : 0) | (wide_ != nullptr ? 2 : 0));
  append(&low_, sizeof(low_));
  append(&high_, sizeof(high_));
  append(&scale_, sizeof(scale_));
  append(&flags, sizeof(flags));
  if (wide_ != nullptr) append(wide_->limbs, sizeof(wide_->limbs));
}

bool ExactProductSum::Deserialize(std::string_view* in, const ExactSumArena& arena,
                                  ExactProductSum* sum) {
  const auto take = [in](void* target, size_t size) {
    if (in->size() < size) return false;
    std::memcpy(target, in->data(), size);
    in->remove_prefix(size);
    return true;
  };
  uint8_t flags = 0;
  *sum = {};
  if (!take(&sum->low_, sizeof(sum->low_)) || !take(&sum->high_, sizeof(sum->high_)) ||
      !take(&sum->scale_, sizeof(sum->scale_)) || !take(&flags, sizeof(flags))) {
    return false;
  }
  const bool empty = sum->scale_ == kNoScale;
  const bool valid_scale =
      empty ? sum->low_ == 0 && sum->high_ == 0 : sum->scale_ >= 2 && sum->scale_ <= 2 * 2046;
  if (!valid_scale || flags > 3 || (empty && (flags & 2) != 0)) return false;
  sum->saw_special_ = (flags & 1) != 0;
  if ((flags & 2) == 0) return true;
  void* const memory = arena.allocate(arena.context, sizeof(Wide));
  if (memory == nullptr) return false;
  sum->wide_ = new (memory) Wide{};
  return take(sum->wide_->limbs, sizeof(sum->wide_->limbs));
}

}  // namespace trivet
