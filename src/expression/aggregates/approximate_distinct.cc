// approx_count_distinct: HyperLogLog with 4096 registers (standard error 1.6 %) and the estimator
// of Ertl ("New cardinality estimation algorithms for HyperLogLog sketches", 2017). Few registers
// set are kept as a small table; the estimate depends on the registers alone, not on their form.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/function_registry.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

constexpr int kIndexBits = 12;
constexpr uint32_t kRegisters = 1u << kIndexBits;
constexpr int kRankBits = 64 - kIndexBits;  // ranks are 1..kRankBits + 1
constexpr uint32_t kFirstSlots = 16;
constexpr uint32_t kMostSlots = 512;  // a larger table would be no smaller than all registers

struct Sketch {
  uint8_t* registers;  // all of them, or null
  uint32_t* slots;     // open addressing by index; (index << 8 | rank), 0: free
  uint32_t slot_count;
  uint32_t used;
};

// False where the arena refuses; then nothing has changed.
bool AddToSketch(AggregateArena& arena, Sketch& sketch, uint32_t index, uint8_t rank);

// Adds everything that `source` holds.
void MergeSketch(AggregateArena& arena, const Sketch& source, Sketch& target) {
  if (source.registers != nullptr) {
    for (uint32_t i = 0; i < kRegisters; ++i) {
      if (source.registers[i] != 0) AddToSketch(arena, target, i, source.registers[i]);
    }
  }
  for (uint32_t i = 0; i < source.slot_count; ++i) {
    const uint32_t slot = source.slots[i];
    if (slot != 0) AddToSketch(arena, target, slot >> 8, static_cast<uint8_t>(slot));
  }
}

// Makes room for one more entry; false after an OutOfMemory.
bool GrowSketch(AggregateArena& arena, Sketch& sketch) {
  const uint32_t slots = sketch.slot_count == 0 ? kFirstSlots : 2 * sketch.slot_count;
  Sketch larger{};
  if (slots > kMostSlots) {
    larger.registers = static_cast<uint8_t*>(arena.Allocate(kRegisters));
    if (larger.registers == nullptr) return false;
    std::memset(larger.registers, 0, kRegisters);
  } else {
    larger.slots = static_cast<uint32_t*>(arena.Allocate(slots * sizeof(uint32_t)));
    if (larger.slots == nullptr) return false;
    std::memset(larger.slots, 0, slots * sizeof(uint32_t));
    larger.slot_count = slots;
  }
  MergeSketch(arena, sketch, larger);
  sketch = larger;
  return true;
}

bool AddToSketch(AggregateArena& arena, Sketch& sketch, uint32_t index, uint8_t rank) {
  if (sketch.registers == nullptr) {
    const uint32_t mask = sketch.slot_count - 1;
    if (sketch.slot_count != 0) {
      uint32_t slot = index & mask;
      while (sketch.slots[slot] != 0 && sketch.slots[slot] >> 8 != index) slot = (slot + 1) & mask;
      if (sketch.slots[slot] != 0) {
        sketch.slots[slot] = std::max(sketch.slots[slot], index << 8 | rank);
        return true;
      }
      if (4 * (sketch.used + 1) <= 3 * sketch.slot_count) {
        sketch.slots[slot] = index << 8 | rank;
        ++sketch.used;
        return true;
      }
    }
    return GrowSketch(arena, sketch) && AddToSketch(arena, sketch, index, rank);
  }
  sketch.registers[index] = std::max(sketch.registers[index], rank);
  return true;
}

bool AddHash(AggregateArena& arena, Sketch& sketch, uint64_t hash) {
  // Mixed once more: the engine's hash of an integer is a bijection that maps 0 to 0.
  hash = HashInt64(hash + 0x9e3779b97f4a7c15ULL);
  const auto index = static_cast<uint32_t>(hash >> kRankBits);
  const int zeros = std::countl_zero(hash << kIndexBits);
  const int rank = std::min(zeros, kRankBits) + 1;
  return AddToSketch(arena, sketch, index, static_cast<uint8_t>(rank));
}

double Sigma(double x) {
  if (x == 1.0) return HUGE_VAL;
  double y = 1.0;
  double z = x;
  for (double before = -1.0; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

double Tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double y = 1.0;
  double z = 1.0 - x;
  for (double before = -1.0; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1.0 - x) * (1.0 - x) * y;
  }
  return z / 3.0;
}

double Estimate(const Sketch& sketch) {
  uint32_t histogram[kRankBits + 2] = {};
  histogram[0] = kRegisters;
  const auto count = [&](uint8_t rank) {
    --histogram[0];
    ++histogram[rank];
  };
  if (sketch.registers != nullptr) {
    for (uint32_t i = 0; i < kRegisters; ++i) {
      if (sketch.registers[i] != 0) count(sketch.registers[i]);
    }
  }
  for (uint32_t i = 0; i < sketch.slot_count; ++i) {
    if (sketch.slots[i] != 0) count(static_cast<uint8_t>(sketch.slots[i]));
  }
  if (histogram[0] == kRegisters) return 0.0;
  constexpr double kAlpha = 0.7213475204444817;  // 1 / (2 ln 2)
  const double m = kRegisters;
  double z = m * Tau(1.0 - histogram[kRankBits + 1] / m);
  for (int rank = kRankBits; rank >= 1; --rank) z = 0.5 * (z + histogram[rank]);
  z += m * Sigma(histogram[0] / m);
  return kAlpha * m * m / z;
}

struct ApproximateDistinct {
  using State = Sketch;
  static void Initialize(const BoundAggregateFunction&, State& state) { state = Sketch{}; }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    if (target.registers == nullptr && target.used == 0) {
      target = source;
    } else {
      MergeSketch(call.arena, source, target);
    }
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutFlag(state.registers != nullptr);
    if (state.registers != nullptr) return out.PutRaw(state.registers, kRegisters);
    out.PutUnsigned(state.used);
    for (uint32_t i = 0; i < state.slot_count; ++i) {
      if (state.slots[i] != 0) out.PutValue(state.slots[i]);
    }
  }
  // What is added twice counts once, so that a state may be absorbed in part.
  static constexpr bool kIsRefusable = true;
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    const LogicalType slot_type = TypeId::kUInt32;
    const auto add = [&](uint32_t index, uint32_t rank) {
      if (index >= kRegisters || rank > kRankBits + 1) return false;
      if (rank != 0) AddToSketch(call.arena, target, index, static_cast<uint8_t>(rank));
      return true;
    };
    bool all_registers = false;
    uint64_t used = 0;
    if (!in.GetFlag(all_registers)) return false;
    if (all_registers) {
      uint8_t registers[kRegisters];
      if (!in.GetRaw(registers, kRegisters)) return false;
      for (uint32_t i = 0; i < kRegisters; ++i) {
        if (!add(i, registers[i])) return false;
      }
      return true;
    }
    if (!in.GetCount(used) || used > kRegisters) return false;
    for (uint64_t i = 0; i < used; ++i) {
      uint32_t slot = 0;
      if (!in.GetValue(slot_type, slot) || !add(slot >> 8, slot & 0xff)) return false;
    }
    return true;
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, int64_t& out) {
    out = std::llround(Estimate(state));
    return true;
  }
  template <typename StateOf>
  static void AddAll(const AggregateCall& call, const Vector& argument, size_t count,
                     const StateOf& state_of) {
    uint64_t hashes[kVectorSize];
    HashVector(argument, count, hashes);
    const VectorView view = argument.View();
    AddUntilRefused(call, count, [&](size_t row) {
      return !view.IsValid(row) || AddHash(call.arena, *state_of(row), hashes[row]);
    });
  }
  static void Update(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                     uint8_t* const* states) {
    AddAll(call, arguments[0], count,
           [&](size_t row) { return reinterpret_cast<State*>(states[row]); });
  }
  static void UpdateSingle(const AggregateCall& call, std::span<const Vector> arguments,
                           size_t count, uint8_t* state) {
    AddAll(call, arguments[0], count, [&](size_t) { return reinterpret_cast<State*>(state); });
  }
};

}  // namespace

void RegisterApproximateDistinct(FunctionRegistry& registry) {
  AggregateFunction function;
  function.name = "approx_count_distinct";
  function.description = "Number of different values, within a few per cent";
  function.parameters = {Parameter::Kind::kAny};
  function.return_type = TypeId::kInt64;
  FillState<ApproximateDistinct, int64_t>(function);
  function.update = ApproximateDistinct::Update;
  function.update_single = ApproximateDistinct::UpdateSingle;
  function.ignores_duplicates = true;
  function.empty_is_zero = true;
  registry.AddAggregate(std::move(function));
}

}  // namespace trivet
