#include "types/exact_sum.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "base/assert.h"

namespace trivet {

namespace {

constexpr int kLowestExponent = -1074;  // of bit 0 of the superaccumulator, and of scale 1

int128_t MantissaOf(uint64_t bits, int128_t hidden) {
  const int128_t magnitude = static_cast<int128_t>(bits & ((uint64_t{1} << 52) - 1)) | hidden;
  return static_cast<int64_t>(bits) < 0 ? -magnitude : magnitude;
}

// Bits of the magnitude.
int BitLength(int128_t value) {
  const uint128_t magnitude =
      value < 0 ? ~static_cast<uint128_t>(value) + 1 : static_cast<uint128_t>(value);
  const auto high = static_cast<uint64_t>(magnitude >> 64);
  return high != 0 ? 128 - std::countl_zero(high)
                   : 64 - std::countl_zero(static_cast<uint64_t>(magnitude));
}

}  // namespace

void ExactSum::AddOutside(double value, const ExactSumArena& arena) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const auto exponent = static_cast<uint32_t>(bits >> 52 & 0x7ff);
  if (value == 0) {
    specials_ |= kSawZero;
    return;
  }
  if (exponent == 0x7ff) {
    specials_ |= std::isnan(value) ? kSawNaN : value > 0 ? kSawInfinity : kSawNegativeInfinity;
    return;
  }
  // Denormals have the exponent of the smallest normal numbers, without the hidden bit.
  const uint32_t effective = std::max<uint32_t>(exponent, 1);
  const int128_t mantissa = MantissaOf(bits, exponent == 0 ? 0 : static_cast<int128_t>(kHiddenBit));
  if (scale_ != kNoScale) {
    const uint32_t shift = effective - scale_;
    int128_t sum;
    if (shift <= kReach && !__builtin_add_overflow(int128_t{window_}, mantissa << shift, &sum)) {
      window_ = sum;  // a denormal within the window
      return;
    }
    if (!AddToWide(window_, scale_, arena)) return;
    window_ = 0;
  }
  constexpr uint32_t kBelow = kReach / 2;
  scale_ = std::min(effective > kBelow ? effective - kBelow : 1, kMaxScale);
  window_ = mantissa << (effective - scale_);
}

bool ExactSum::AddToWide(int128_t window, uint32_t scale, const ExactSumArena& arena) {
  if (window == 0) return true;
  if (wide_ == nullptr) {
    void* const memory = arena.allocate(arena.context, sizeof(Wide));
    if (memory == nullptr) {
      specials_ |= kSawNaN;
      return false;
    }
    wide_ = new (memory) Wide{};
  }
  const uint64_t limbs[2] = {Int128Low(window), static_cast<uint64_t>(Int128High(window))};
  wide_->AddShifted(limbs, 2, static_cast<int>(scale) - 1);
  return true;
}

void ExactSum::AddWindow(int128_t window, uint32_t scale, const ExactSumArena& arena) {
  if (scale_ == kNoScale || window_ == 0) {
    window_ = window;
    scale_ = scale;
    return;
  }
  // Bring both to the lower scale where neither loses bits at the top.
  const uint32_t lower = std::min(scale, scale_);
  const bool fits = BitLength(window) + static_cast<int>(scale - lower) < 127 &&
                    BitLength(window_) + static_cast<int>(scale_ - lower) < 127;
  if (fits) {
    window_ = (window_ << (scale_ - lower)) + (window << (scale - lower));
    scale_ = lower;
  } else {
    AddToWide(window, scale, arena);
  }
}

void ExactSum::Merge(const ExactSum& other, const ExactSumArena& arena) {
  specials_ |= other.specials_;
  if (other.wide_ != nullptr) {
    if (wide_ == nullptr) {
      void* const memory = arena.allocate(arena.context, sizeof(Wide));
      if (memory == nullptr) {
        specials_ |= kSawNaN;
        return;
      }
      wide_ = new (memory) Wide(*other.wide_);
    } else {
      wide_->Add(*other.wide_);
    }
  }
  if (other.scale_ != kNoScale) AddWindow(other.window_, other.scale_, arena);
}

ScaledInteger ExactSum::Exact() const {
  if (scale_ == kNoScale) return {};
  const uint64_t limbs[2] = {Int128Low(window_), static_cast<uint64_t>(Int128High(window_))};
  if (wide_ == nullptr) {
    return ScaledInteger::FromTwosComplement(limbs, 2,
                                             static_cast<int>(scale_) - 1 + kLowestExponent);
  }
  Wide total = *wide_;
  total.AddShifted(limbs, 2, static_cast<int>(scale_) - 1);
  return ScaledInteger::FromTwosComplement(total.limbs, Wide::kLimbs, kLowestExponent);
}

double ExactSum::Rounded() const {
  if (!IsFinite()) return RoundedMean(1);
  if (wide_ != nullptr) return Exact().Rounded();
  if (scale_ == kNoScale || window_ == 0) return 0.0;
  // The common case without the machinery: 128 bits to a double.
  const bool negative = window_ < 0;
  const uint128_t magnitude =
      negative ? ~static_cast<uint128_t>(window_) + 1 : static_cast<uint128_t>(window_);
  const auto high = static_cast<uint64_t>(magnitude >> 64);
  const int shift =
      high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<uint64_t>(magnitude));
  const uint128_t aligned = magnitude << shift;
  return RoundToDouble(negative, static_cast<uint64_t>(aligned >> 64),
                       static_cast<uint64_t>(aligned) != 0,
                       static_cast<int>(scale_) - 1 + kLowestExponent + 64 - shift);
}

double ExactSum::RoundedMean(uint64_t count) const {
  constexpr uint8_t kBoth = kSawInfinity | kSawNegativeInfinity;
  if ((specials_ & kSawNaN) != 0 || (specials_ & kBoth) == kBoth)
    return std::numeric_limits<double>::quiet_NaN();
  if ((specials_ & kSawInfinity) != 0) return std::numeric_limits<double>::infinity();
  if ((specials_ & kSawNegativeInfinity) != 0) return -std::numeric_limits<double>::infinity();
  TRIVET_ASSERT(count > 0);
  return Exact().RoundedQuotient(count, 1);
}

void ExactSum::Serialize(std::string* out) const {
  const auto append = [out](const void* data, size_t size) {
    out->append(static_cast<const char*>(data), size);
  };
  const uint8_t has_wide = wide_ != nullptr;
  append(&window_, sizeof(window_));
  append(&scale_, sizeof(scale_));
  append(&specials_, sizeof(specials_));
  append(&has_wide, sizeof(has_wide));
  if (has_wide != 0) append(wide_->limbs, sizeof(wide_->limbs));
}

bool ExactSum::Deserialize(std::string_view* in, const ExactSumArena& arena, ExactSum* sum) {
  const auto take = [in](void* target, size_t size) {
    if (in->size() < size) return false;
    std::memcpy(target, in->data(), size);
    in->remove_prefix(size);
    return true;
  };
  uint8_t has_wide = 0;
  *sum = {};
  if (!take(&sum->window_, sizeof(sum->window_)) || !take(&sum->scale_, sizeof(sum->scale_)) ||
      !take(&sum->specials_, sizeof(sum->specials_)) || !take(&has_wide, sizeof(has_wide))) {
    return false;
  }
  const bool valid_scale =
      sum->scale_ == kNoScale ? sum->window_ == 0 : sum->scale_ >= 1 && sum->scale_ <= kMaxScale;
  constexpr uint8_t kAllSpecials = kSawZero | kSawNaN | kSawInfinity | kSawNegativeInfinity;
  if ((sum->specials_ & ~kAllSpecials) != 0) return false;
  if (!valid_scale || has_wide > 1 || (has_wide == 1 && sum->scale_ == kNoScale)) return false;
  if (has_wide == 0) return true;
  void* const memory = arena.allocate(arena.context, sizeof(Wide));
  if (memory == nullptr) return false;
  sum->wide_ = new (memory) Wide{};
  return take(sum->wide_->limbs, sizeof(sum->wide_->limbs));
}

}  // namespace trivet
