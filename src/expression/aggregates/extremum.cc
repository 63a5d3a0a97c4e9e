// min and max of any type that is not nested.
#include "expression/aggregates/kept_value.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/variants.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

template <typename T, bool kIsMax>
struct Extremum {
  struct State {
    KeptValue<T> kept;
    bool seen;
  };
  static bool Beats(const T& next, const T& kept) {
    // Equal intervals of different parts: both functions settle for the same one.
    if constexpr (std::is_same_v<T, Interval>) {
      if (kIsMax && Ordering<T>::Equal(next, kept)) return ComesBefore(next, kept);
    }
    return kIsMax ? ComesBefore(kept, next) : ComesBefore(next, kept);
  }
  // Numbers take no room, and their loops no look at whether there was some.
  static constexpr bool kIsRefusable = std::is_same_v<T, StringView>;
  using Added = std::conditional_t<kIsRefusable, bool, void>;
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }
  static Added Add(const AggregateCall& call, State& state, const T& value, size_t) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, int128_t>) {
      // Without branches: what comes next is hard to guess, and cheap to compute.
      state.kept.value = !state.seen || Beats(value, state.kept.value) ? value : state.kept.value;
      state.seen = true;
    } else if constexpr (kIsRefusable) {
      if (state.seen && !Beats(value, state.kept.value)) return true;
      if (!state.kept.MakeRoom(call.arena, value)) return false;
      state.kept.Keep(call.arena, value);
      state.seen = true;
      return true;
    } else {
      if (state.seen && !Beats(value, state.kept.value)) return;
      state.kept.value = value;
      state.seen = true;
    }
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    if (!source.seen) return;
    if (!target.seen || Beats(source.kept.value, target.kept.value)) target = source;
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, T& out) {
    out = Canonical(state.kept.value);
    return state.seen;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutFlag(state.seen);
    if (state.seen) out.PutValue(state.kept.value);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    bool seen = false;
    T value{};
    if (!in.GetFlag(seen)) return false;
    if (!seen) return true;
    if (!in.GetValue(call.bound.argument_types[0], value)) return false;
    Add(call, target, value, 0);
    return true;
  }
};

template <bool kIsMax>
void AddExtremum(FunctionRegistry& registry, const std::string& name,
                 const std::string& description) {
  auto variants = std::make_shared<AggregateVariants>();
  for (int type = 0; type <= static_cast<int>(PhysicalType::kInterval); ++type) {
    DispatchPhysical(static_cast<PhysicalType>(type), [&]<typename T>() {
      auto form = MakeUnaryAggregate<Extremum<T, kIsMax>, T, T>(name, description);
      form.ignores_duplicates = true;
      variants->Set(static_cast<PhysicalType>(type), std::move(form));
    });
  }
  AggregateFunction overload;
  overload.name = name;
  overload.description = description;
  overload.parameters = {Parameter::Kind::kAny};
  overload.ignores_duplicates = true;
  overload.bind = [variants](std::span<const ExpressionPtr>, BoundAggregateFunction& bound) {
    bound.return_type = bound.argument_types[0];
    return BindVariant(*variants, 0, bound);
  };
  registry.AddAggregate(std::move(overload));
}

}  // namespace

void RegisterExtremum(FunctionRegistry& registry) {
  AddExtremum<false>(registry, "min", "Least value that is not NULL");
  AddExtremum<true>(registry, "max", "Greatest value that is not NULL");
}

}  // namespace trivet
