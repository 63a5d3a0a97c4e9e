#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/int128.h"
#include "types/scaled_integer.h"
#include "types/superaccumulator.h"

namespace trivet {

// The exact sum of doubles: no addition rounds, so the result does not depend on the order or the
// partitioning of the input, and is rounded once at the end.
//
// The sum is held in a window of 128 bits at a scale that the first value decides; values of up to
// 2^±31 times it are added with two integer additions. What does not fit moves the window: its
// content goes to a superaccumulator over the whole range of doubles, which lives in the caller's
// arena.
//
// 32 bytes, aligned to 8, trivially copyable; two copies must not both go on adding, as they share
// the superaccumulator. Not synchronised.
class ExactSum {
 public:
  // 2^-1074 to 2^1024, and room for 2^64 addends.
  using Wide = Superaccumulator<34>;

  void Add(double value, const ExactSumArena& arena) {
    const auto bits = std::bit_cast<uint64_t>(value);
    const uint32_t shift = static_cast<uint32_t>(bits >> 52 & 0x7ff) - scale_;
    if (shift <= kReach) [[likely]] {
      const auto magnitude = static_cast<int64_t>((bits & kFractionMask) | kHiddenBit);
      const int64_t sign = static_cast<int64_t>(bits) >> 63;
      const int64_t mantissa = (magnitude ^ sign) - sign;
      const int128_t addend =
          MakeInt128(mantissa >> 1 >> (63 - shift), static_cast<uint64_t>(mantissa) << shift);
      int128_t sum;
      if (!__builtin_add_overflow(int128_t{window_}, addend, &sum)) [[likely]] {
        window_ = sum;
        return;
      }
    }
    AddOutside(value, arena);
  }

  // Adds n values; the fast way for a sum without groups.
  void AddBlock(const double* values, size_t count, const ExactSumArena& arena);
  // Adds those of `count` rows that are valid, and returns how many. Row i lies at
  // j = selection ? selection[i] : i of values and of the validity bits (null: all valid).
  size_t AddRows(const double* values, const uint32_t* selection, const uint64_t* validity,
                 size_t count, const ExactSumArena& arena);
  // Adds all of another sum, which may live in another arena; that one must not be used further
  // unless its arena lives on.
  void Merge(const ExactSum& other, const ExactSumArena& arena);

  // Whether any value was added, zeros and NaNs included.
  bool HasValue() const { return scale_ != kNoScale || specials_ != 0; }
  // The exact sum rounded to nearest, ties to even; infinite beyond the range. Any NaN, and
  // infinities of both signs, give NaN; zero is positive.
  double Rounded() const;
  // The exact sum divided by the count (> 0), rounded once.
  double RoundedMean(uint64_t count) const;
  // False where a NaN or infinity was added.
  bool IsFinite() const { return (specials_ & ~kSawZero) == 0; }
  // The value, where it is finite.
  ScaledInteger Exact() const;

  // Bytes that stand for the sum on another machine; Deserialize takes the arena for what does not
  // fit the state and fails on bytes that Serialize did not write.
  void Serialize(std::string* out) const;
  static bool Deserialize(std::string_view* in, const ExactSumArena& arena, ExactSum* sum);

 private:
  static constexpr uint64_t kFractionMask = (uint64_t{1} << 52) - 1;
  static constexpr uint64_t kHiddenBit = uint64_t{1} << 52;
  static constexpr uint32_t kReach = 63;         // exponents of the window
  static constexpr uint32_t kNoScale = 0x10000;  // beyond every exponent
  static constexpr uint32_t kMaxScale = 2046 - kReach;
  enum Special : uint8_t { kSawZero = 1, kSawNaN = 2, kSawInfinity = 4, kSawNegativeInfinity = 8 };

  void AddOutside(double value, const ExactSumArena& arena);
  void AddWindow(int128_t window, uint32_t scale, const ExactSumArena& arena);
  bool AddToWide(int128_t window, uint32_t scale, const ExactSumArena& arena);
  bool AddFiniteBlock(const double* values, size_t count, const ExactSumArena& arena);

  // An integer of 128 bits that asks for no more than the alignment of its halves: sums lie side by
  // side in rows of hash tables, where padding costs cache lines.
  class Window {
   public:
    Window(int128_t value) : low_(Int128Low(value)), high_(Int128High(value)) {}
    operator int128_t() const { return MakeInt128(high_, low_); }

   private:
    uint64_t low_;
    int64_t high_;
  };

  Window window_ = 0;
  uint32_t scale_ = kNoScale;  // biased exponent of doubles whose last bit is the window's bit 0
  uint8_t specials_ = 0;
  Wide* wide_ = nullptr;
};
static_assert(sizeof(ExactSum) == 32 && alignof(ExactSum) == 8);

}  // namespace trivet
