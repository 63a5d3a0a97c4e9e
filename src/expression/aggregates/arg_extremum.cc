// arg_min, arg_max and their aliases: the first argument in the row where the second is least or
// greatest; among equals the first row in the input's order.
#include "base/string_concat.h"
#include "expression/aggregates/kept_value.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/variants.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

// kKeepsNull: rows whose first argument is NULL take part.
template <typename T, bool kIsMax, bool kKeepsNull>
struct ArgExtremum {
  struct State {
    KeptValue<T> by;
    KeptAny value;
    RowPosition position;
    bool seen;
  };
  // Whether `next` at its position replaces what is kept.
  static bool Beats(const T& next, const RowPosition& next_position, const State& kept) {
    if (!kept.seen) return true;
    if (Ordering<T>::Equal(next, kept.by.value)) return next_position < kept.position;
    return Ordering<T>::Less(next, kept.by.value) != kIsMax;
  }
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }

  static constexpr bool kIsRefusable = true;
  static bool AddRow(const AggregateCall& call, std::span<const Vector> arguments,
                     const VectorView& values, const VectorView& keys, size_t row, State& state) {
    if (!keys.IsValid(row)) return true;
    const bool value_valid = values.IsValid(row);
    if (!kKeepsNull && !value_valid) return true;
    const T& key = keys.Get<T>(row);
    const RowPosition position = RowPosition::Of(call.order, row);
    if (!Beats(key, position, state)) return true;
    const LogicalType& type = arguments[0].type();
    const size_t width = TypeSize(type);
    const bool is_string = type.physical() == PhysicalType::kString;
    const uint8_t* value = values.data + values.Index(row) * width;
    // Room for both before either changes.
    if (!state.by.MakeRoom(call.arena, key)) return false;
    if (value_valid && !state.value.MakeRoom(call.arena, value, is_string)) return false;
    state.by.Keep(call.arena, key);
    state.position = position;
    state.seen = true;
    if (value_valid) {
      state.value.Keep(call.arena, value, width, is_string);
    } else {
      state.value.is_null = true;
    }
    return true;
  }
  static void Update(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                     uint8_t* const* states) {
    const VectorView values = arguments[0].View();
    const VectorView keys = arguments[1].View();
    AddUntilRefused(call, count, [&](size_t row) {
      return AddRow(call, arguments, values, keys, row, *reinterpret_cast<State*>(states[row]));
    });
  }
  static void UpdateSingle(const AggregateCall& call, std::span<const Vector> arguments,
                           size_t count, uint8_t* state) {
    const VectorView values = arguments[0].View();
    const VectorView keys = arguments[1].View();
    AddUntilRefused(call, count, [&](size_t row) {
      return AddRow(call, arguments, values, keys, row, *reinterpret_cast<State*>(state));
    });
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    if (source.seen && Beats(source.by.value, source.position, target)) target = source;
  }
  static void Write(const AggregateCall& call, const State& state, StateWriter& out) {
    out.PutFlag(state.seen);
    if (!state.seen) return;
    out.PutValue(state.by.value);
    out.PutPosition(state.position);
    out.PutKept(call.bound.argument_types[0], state.value);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    const LogicalType& type = call.bound.argument_types[0];
    bool seen = false;
    if (!in.GetFlag(seen)) return false;
    if (!seen) return true;
    T key{};
    RowPosition position{};
    KeptAny value{};
    if (!in.GetValue(call.bound.argument_types[1], key) || !in.GetPosition(position) ||
        !in.GetKept(type, value)) {
      return false;
    }
    if (!Beats(key, position, target)) return true;
    if (!target.by.MakeRoom(call.arena, key)) return true;
    if (!target.value.MakeRoom(call.arena, type, value)) return true;
    target.by.Keep(call.arena, key);
    target.position = position;
    target.seen = true;
    target.value.Keep(call.arena, type, value);
    return true;
  }
  static void Finalize(const AggregateCall&, uint8_t* const* states, size_t count, Vector& result) {
    for (size_t row = 0; row < count; ++row) {
      State& state = *reinterpret_cast<State*>(states[row]);
      if (!state.seen) state.value.is_null = true;
      state.value.Store(result, row);
    }
  }
};

template <bool kIsMax, bool kKeepsNull>
void AddArgExtremum(FunctionRegistry& registry, const std::string& name,
                    const std::string& description) {
  auto variants = std::make_shared<AggregateVariants>();
  for (int type = 0; type <= static_cast<int>(PhysicalType::kInterval); ++type) {
    DispatchPhysical(static_cast<PhysicalType>(type), [&]<typename T>() {
      using Op = ArgExtremum<T, kIsMax, kKeepsNull>;
      AggregateFunction form;
      form.name = name;
      form.description = description;
      form.state_size = sizeof(typename Op::State);
      form.initialize = InitializeState<Op>;
      form.update = Op::Update;
      form.update_single = Op::UpdateSingle;
      form.combine = CombineStates<Op>;
      form.finalize = Op::Finalize;
      FillSerialization<Op>(form);
      form.order_dependent = true;
      variants->Set(static_cast<PhysicalType>(type), std::move(form));
    });
  }
  AggregateFunction overload;
  overload.name = name;
  overload.description = description;
  overload.parameters = {Parameter::Kind::kAny, Parameter::Kind::kAny};
  overload.order_dependent = true;
  overload.bind = [variants](std::span<const ExpressionPtr>,
                             BoundAggregateFunction& bound) -> Status {
    bound.return_type = bound.argument_types[0];
    if (bound.return_type.IsNested()) {
      return Status::NotImplemented(
          StrCat("aggregate ", bound.function->name, " over type ", bound.return_type.ToString()));
    }
    return BindVariant(*variants, 1, bound);
  };
  registry.AddAggregate(std::move(overload));
}

}  // namespace

void RegisterArgExtremum(FunctionRegistry& registry) {
  AddArgExtremum<false, false>(registry, "arg_min",
                               "Value where the second argument is least; no NULLs");
  AddArgExtremum<true, false>(registry, "arg_max",
                              "Value where the second argument is greatest; no NULLs");
  AddArgExtremum<false, true>(registry, "arg_min_null",
                              "Value, or NULL, where the second argument is least");
  AddArgExtremum<true, true>(registry, "arg_max_null",
                             "Value, or NULL, where the second argument is greatest");
  for (const std::string alias : {"argmin", "min_by"}) registry.AddAlias(alias, "arg_min");
  for (const std::string alias : {"argmax", "max_by"}) registry.AddAlias(alias, "arg_max");
}

}  // namespace trivet
