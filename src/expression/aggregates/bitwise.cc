// bool_and, bool_or, bit_and, bit_or, bit_xor.
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/variants.h"

namespace trivet {

namespace {

struct And {
  template <typename T>
  static T Fold(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <typename T>
  static T Fold(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <typename T>
  static T Fold(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

template <typename Fold, typename T>
struct Folded {
  struct State {
    T value;
    bool seen;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = {T{0}, false}; }
  static void Add(const AggregateCall&, State& state, T value, size_t) {
    state.value = state.seen ? Fold::Fold(state.value, value) : value;
    state.seen = true;
  }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    if (source.seen) Add(call, target, source.value, 0);
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, T& out) {
    out = state.value;
    return state.seen;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutFlag(state.seen);
    if (state.seen) out.PutValue(state.value);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    State source{};
    if (!in.GetFlag(source.seen)) return false;
    if (source.seen && !in.GetValue(call.bound.argument_types[0], source.value)) return false;
    Combine(call, source, target);
    return true;
  }
};

template <typename Fold>
void AddBits(FunctionRegistry& registry, const std::string& name, const std::string& description) {
  auto variants = std::make_shared<AggregateVariants>();
  const auto add = [&]<typename T>(PhysicalType type, T) {
    variants->Set(type, MakeUnaryAggregate<Folded<Fold, T>, T, T>(name, description));
  };
  add(PhysicalType::kInt8, int8_t{});
  add(PhysicalType::kInt16, int16_t{});
  add(PhysicalType::kInt32, int32_t{});
  add(PhysicalType::kInt64, int64_t{});
  add(PhysicalType::kUInt8, uint8_t{});
  add(PhysicalType::kUInt16, uint16_t{});
  add(PhysicalType::kUInt32, uint32_t{});
  add(PhysicalType::kUInt64, uint64_t{});
  add(PhysicalType::kInt128, int128_t{});
  AggregateFunction overload;
  overload.name = name;
  overload.description = description;
  overload.parameters = {Parameter::Kind::kAnyInteger};
  overload.bind = [variants](std::span<const ExpressionPtr>, BoundAggregateFunction& bound) {
    bound.return_type = bound.argument_types[0];
    return BindVariant(*variants, 0, bound);
  };
  overload.ignores_duplicates = !std::is_same_v<Fold, Xor>;
  registry.AddAggregate(std::move(overload));
}

template <typename Fold>
void AddBoolean(FunctionRegistry& registry, const std::string& name,
                const std::string& description) {
  auto function = MakeUnaryAggregate<Folded<Fold, uint8_t>, uint8_t, uint8_t>(name, description);
  function.parameters = {TypeId::kBoolean};
  function.return_type = TypeId::kBoolean;
  function.ignores_duplicates = true;
  registry.AddAggregate(std::move(function));
}

}  // namespace

void RegisterBitwise(FunctionRegistry& registry) {
  AddBoolean<And>(registry, "bool_and", "TRUE where every value that is not NULL is TRUE");
  AddBoolean<Or>(registry, "bool_or", "TRUE where some value is TRUE");
  AddBits<And>(registry, "bit_and", "Bitwise AND of the values that are not NULL");
  AddBits<Or>(registry, "bit_or", "Bitwise OR of the values that are not NULL");
  AddBits<Xor>(registry, "bit_xor", "Bitwise XOR of the values that are not NULL");
}

}  // namespace trivet
