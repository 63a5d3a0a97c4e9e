#include "base/simd_level.h"

namespace trivet {

namespace {

constexpr std::array<std::string_view, kSimdLevelCount> kNames = {"baseline", "sse4.2", "avx2",
                                                                  "avx512"};

// __builtin_cpu_supports asks the operating system, too, whether it saves the registers.
SimdLevel DetectBest() {
#if defined(TRIVET_X86_SIMD)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("popcnt")) {
    return SimdLevel::kBaseline;
  }
  // Every processor with AVX2 has LZCNT, which not every compiler lets one ask for.
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2")) {
    return SimdLevel::kSse42;
  }
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has_avx512 ? SimdLevel::kAvx512 : SimdLevel::kAvx2;
#else
  return SimdLevel::kBaseline;
#endif
}

}  // namespace

namespace internal {
std::atomic<uint8_t> simd_level_state{static_cast<uint8_t>(BestSimdLevel())};
}  // namespace internal

std::string_view SimdLevelName(SimdLevel level) { return kNames[static_cast<size_t>(level)]; }

std::optional<SimdLevel> FindSimdLevel(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<SimdLevel>(i);
  }
  return std::nullopt;
}

const std::vector<SimdLevel>& SimdLevelsOfMachine() {
  static const std::vector<SimdLevel> levels = [] {
    std::vector<SimdLevel> found;
    const auto best = static_cast<uint8_t>(DetectBest());
    for (uint8_t i = 0; i <= best; ++i) found.push_back(static_cast<SimdLevel>(i));
    return found;
  }();
  return levels;
}

SimdLevel BestSimdLevel() { return SimdLevelsOfMachine().back(); }

std::string SimdLevelNamesOfMachine() {
  std::string names;
  for (const SimdLevel level : SimdLevelsOfMachine()) {
    if (!names.empty()) names += ", ";
    names += SimdLevelName(level);
  }
  return names;
}

bool ForceSimdLevel(std::optional<SimdLevel> level) {
  if (level && *level > BestSimdLevel()) return false;
  const auto number = static_cast<uint8_t>(level.value_or(BestSimdLevel()));
  const uint8_t forced = level ? internal::kSimdLevelForced : 0;
  internal::simd_level_state.store(number | forced, std::memory_order_relaxed);
  return true;
}

std::optional<SimdLevel> ForcedSimdLevel() {
  const uint8_t state = internal::simd_level_state.load(std::memory_order_relaxed);
  if ((state & internal::kSimdLevelForced) == 0) return std::nullopt;
  return static_cast<SimdLevel>(state & internal::kSimdLevelMask);
}

}  // namespace trivet
