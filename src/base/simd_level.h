#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a function compiled for one level starts with; it may be called at that level or above it
// only. Intrinsics are included by the sources of kernels alone.
#if defined(__x86_64__)
#define TRIVET_X86_SIMD 1
#define TRIVET_TARGET_SSE42 [[gnu::target("sse4.2,popcnt")]]
#define TRIVET_TARGET_AVX2 [[gnu::target("avx2,bmi,bmi2,lzcnt,popcnt")]]
#define TRIVET_TARGET_AVX512 \
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,lzcnt,popcnt")]]
#endif

namespace trivet {

// Instruction sets that kernels are compiled for, each containing those before it. Every level
// gives the same bits: a level is about speed alone.
enum class SimdLevel : uint8_t {
  kBaseline = 0,  // plain x86-64, or any other machine
  kSse42 = 1,     // with POPCNT
  kAvx2 = 2,      // with BMI, BMI2, LZCNT
  kAvx512 = 3,    // F, BW, VL and DQ
};
inline constexpr size_t kSimdLevelCount = 4;

// "baseline", "sse4.2", "avx2", "avx512".
std::string_view SimdLevelName(SimdLevel level);
std::optional<SimdLevel> FindSimdLevel(std::string_view name);

// The levels that this machine has, ascending; the last one is the best.
const std::vector<SimdLevel>& SimdLevelsOfMachine();
SimdLevel BestSimdLevel();
// Their names as a list, for messages: "baseline, sse4.2, avx2".
std::string SimdLevelNamesOfMachine();

// Has the whole process use one level from now on or, without one, the best again; false, and
// nothing changes, where the machine lacks it. Any thread may call it at any time: kernels that run
// finish at the level that they began with.
bool ForceSimdLevel(std::optional<SimdLevel> level);
std::optional<SimdLevel> ForcedSimdLevel();

namespace internal {
inline constexpr uint8_t kSimdLevelMask = 3;
inline constexpr uint8_t kSimdLevelForced = 4;
// The level in force, and whether it was forced. Before static initialisation it is the baseline.
extern std::atomic<uint8_t> simd_level_state;
}  // namespace internal

// The level in force.
inline SimdLevel CurrentSimdLevel() {
  return static_cast<SimdLevel>(internal::simd_level_state.load(std::memory_order_relaxed) &
                                internal::kSimdLevelMask);
}

// One kernel's functions, by level; where a level has none of its own, it takes that of the level
// below. A constant of a kernel's source; a call costs one relaxed load and an indirect jump, so
// kernels take a batch of values each.
template <typename Function>
class SimdDispatch {
 public:
  struct Variants {
    Function* baseline;
    Function* sse42 = nullptr;
    Function* avx2 = nullptr;
    Function* avx512 = nullptr;
  };

  constexpr explicit SimdDispatch(const Variants& variants)
      : functions_{variants.baseline, variants.sse42, variants.avx2, variants.avx512} {
    for (size_t i = 1; i < functions_.size(); ++i) {
      if (functions_[i] == nullptr) functions_[i] = functions_[i - 1];
    }
  }

  // The function of the level in force.
  Function& Get() const { return At(CurrentSimdLevel()); }
  Function& At(SimdLevel level) const { return *functions_[static_cast<size_t>(level)]; }

  template <typename... Arguments>
  auto operator()(Arguments... arguments) const {
    return Get()(arguments...);
  }

 private:
  std::array<Function*, kSimdLevelCount> functions_;
};

// Forces a level for as long as it lives, for tests and measurements. One at a time.
class ScopedSimdLevel {
 public:
  explicit ScopedSimdLevel(SimdLevel level) : before_(ForcedSimdLevel()) { ForceSimdLevel(level); }
  ~ScopedSimdLevel() { ForceSimdLevel(before_); }
  ScopedSimdLevel(const ScopedSimdLevel&) = delete;
  ScopedSimdLevel& operator=(const ScopedSimdLevel&) = delete;

 private:
  const std::optional<SimdLevel> before_;
};

}  // namespace trivet
