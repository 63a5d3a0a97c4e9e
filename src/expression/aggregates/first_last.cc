// first, last, any_value: by the input's order.
#include "base/string_concat.h"
#include "expression/aggregates/kept_value.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/function_registry.h"

namespace trivet {

namespace {

template <bool kIsLast, bool kSkipsNull>
struct Positional {
  struct State {
    KeptAny value;
    RowPosition position;
    bool seen;
  };
  static bool Beats(const RowPosition& next, const State& kept) {
    return !kept.seen || (kIsLast ? kept.position < next : next < kept.position);
  }
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }
  static constexpr bool kIsRefusable = true;
  static bool AddRow(const AggregateCall& call, const LogicalType& type, const VectorView& view,
                     size_t row, State& state) {
    const bool valid = view.IsValid(row);
    if (kSkipsNull && !valid) return true;
    const RowPosition position = RowPosition::Of(call.order, row);
    if (!Beats(position, state)) return true;
    if (valid) {
      const size_t width = TypeSize(type);
      const uint8_t* value = view.data + view.Index(row) * width;
      const bool is_string = type.physical() == PhysicalType::kString;
      if (!state.value.MakeRoom(call.arena, value, is_string)) return false;
      state.value.Keep(call.arena, value, width, is_string);
    } else {
      state.value.is_null = true;
    }
    state.seen = true;
    state.position = position;
    return true;
  }
  static void Update(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                     uint8_t* const* states) {
    const VectorView view = arguments[0].View();
    AddUntilRefused(call, count, [&](size_t row) {
      return AddRow(call, arguments[0].type(), view, row, *reinterpret_cast<State*>(states[row]));
    });
  }
  static void UpdateSingle(const AggregateCall& call, std::span<const Vector> arguments,
                           size_t count, uint8_t* state) {
    const VectorView view = arguments[0].View();
    AddUntilRefused(call, count, [&](size_t row) {
      return AddRow(call, arguments[0].type(), view, row, *reinterpret_cast<State*>(state));
    });
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    if (source.seen && Beats(source.position, target)) target = source;
  }
  static void Write(const AggregateCall& call, const State& state, StateWriter& out) {
    out.PutFlag(state.seen);
    if (!state.seen) return;
    out.PutPosition(state.position);
    out.PutKept(call.bound.argument_types[0], state.value);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    const LogicalType& type = call.bound.argument_types[0];
    bool seen = false;
    RowPosition position{};
    KeptAny value{};
    if (!in.GetFlag(seen)) return false;
    if (!seen) return true;
    if (!in.GetPosition(position) || !in.GetKept(type, value)) return false;
    if (!Beats(position, target)) return true;
    if (!target.value.MakeRoom(call.arena, type, value)) return true;
    target.seen = true;
    target.position = position;
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

template <bool kIsLast, bool kSkipsNull>
void AddPositional(FunctionRegistry& registry, const std::string& name,
                   const std::string& description) {
  using Op = Positional<kIsLast, kSkipsNull>;
  AggregateFunction function;
  function.name = name;
  function.description = description;
  function.parameters = {Parameter::Kind::kAny};
  function.state_size = sizeof(typename Op::State);
  function.initialize = InitializeState<Op>;
  function.update = Op::Update;
  function.update_single = Op::UpdateSingle;
  function.combine = CombineStates<Op>;
  function.finalize = Op::Finalize;
  FillSerialization<Op>(function);
  function.order_dependent = true;
  function.bind = [](std::span<const ExpressionPtr>, BoundAggregateFunction& bound) -> Status {
    bound.return_type = bound.argument_types[0];
    if (!bound.return_type.IsNested()) return Status::OK();
    return Status::NotImplemented(
        StrCat("aggregate ", bound.function->name, " over type ", bound.return_type.ToString()));
  };
  registry.AddAggregate(std::move(function));
}

}  // namespace

void RegisterFirstLast(FunctionRegistry& registry) {
  AddPositional<false, false>(registry, "first", "Value of the first row, NULL included");
  AddPositional<true, false>(registry, "last", "Value of the last row, NULL included");
  AddPositional<false, true>(registry, "any_value", "First value that is not NULL");
  registry.AddAlias("arbitrary", "first");
}

}  // namespace trivet
