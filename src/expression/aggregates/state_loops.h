#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "expression/aggregate_function.h"
#include "expression/aggregates/state_bytes.h"

namespace trivet {

// Loops for the authors of aggregates. An aggregate over one argument is a struct:
//
//   struct Sum {
//     struct State { ... };                                         // trivially copyable
//     static void Initialize(const BoundAggregateFunction&, State&);
//     static void Add(const AggregateCall&, State&, const In& value, size_t row);  // not NULL
//     static void Combine(const AggregateCall&, const State& source, State& target);
//     // False for NULL.
//     static bool Finalize(const AggregateCall&, State&, size_t row, Out& out);
//   };
//
// and the functions of state_bytes.h, by which states travel. Where Add takes memory of the arena,
// it answers whether it got that, and kIsRefusable is set (state_bytes.h). A state may point into
// the arena; Combine may take such pointers over.

// Calls body(row, index) for rows that are not NULL; index is the row's place in data.
template <typename Body>
void ForEachValid(const VectorView& view, size_t count, const Body& body) {
  if (!view.validity && !view.selection) {
    for (size_t row = 0; row < count; ++row) body(row, row);
  } else if (!view.validity) {
    for (size_t row = 0; row < count; ++row) body(row, view.selection[row]);
  } else {
    for (size_t row = 0; row < count; ++row) {
      const size_t index = view.Index(row);
      if (BitIsSet(view.validity, index)) body(row, index);
    }
  }
}

// The same for a body that answers false where the arena has refused.
template <typename Body>
void ForEachValidUntilRefused(const AggregateCall& call, const VectorView& view, size_t count,
                              const Body& body) {
  if (!view.validity && !view.selection) {
    AddUntilRefused(call, count, [&](size_t row) { return body(row, row); });
  } else if (!view.validity) {
    AddUntilRefused(call, count, [&](size_t row) { return body(row, view.selection[row]); });
  } else {
    AddUntilRefused(call, count, [&](size_t row) {
      const size_t index = view.Index(row);
      return !BitIsSet(view.validity, index) || body(row, index);
    });
  }
}

// Stores a result; strings are copied into the vector's own heap, for the arena ends before it.
template <typename T>
void StoreResult(Vector& result, size_t row, const T& value) {
  result.mutable_data<T>()[row] = value;
}
inline void StoreResult(Vector& result, size_t row, const StringView& value) {
  result.SetString(row, value.view());
}

template <typename Op>
void InitializeState(const BoundAggregateFunction& bound, uint8_t* state) {
  Op::Initialize(bound, *reinterpret_cast<typename Op::State*>(state));
}

template <typename Op>
void CombineStates(const AggregateCall& call, uint8_t* const* sources, uint8_t* const* targets,
                   size_t count) {
  using State = typename Op::State;
  for (size_t i = 0; i < count; ++i) {
    Op::Combine(call, *reinterpret_cast<const State*>(sources[i]),
                *reinterpret_cast<State*>(targets[i]));
  }
}

template <typename Op, typename Out>
void FinalizeStates(const AggregateCall& call, uint8_t* const* states, size_t count,
                    Vector& result) {
  for (size_t row = 0; row < count; ++row) {
    Out out{};
    if (Op::Finalize(call, *reinterpret_cast<typename Op::State*>(states[row]), row, out)) {
      StoreResult(result, row, out);
    } else {
      StoreResult(result, row, Out{});
      result.SetNull(row);
    }
  }
}

template <typename Op, typename In>
void UpdateUnary(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                 uint8_t* const* states) {
  const VectorView view = arguments[0].View();
  const auto* values = reinterpret_cast<const In*>(view.data);
  const auto add = [&](size_t row, size_t index) {
    return Op::Add(call, *reinterpret_cast<typename Op::State*>(states[row]), values[index], row);
  };
  if constexpr (Refusable<Op>) {
    ForEachValidUntilRefused(call, view, count, add);
  } else {
    ForEachValid(view, count, add);
  }
}

template <typename Op, typename In>
void UpdateUnarySingle(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                       uint8_t* state) {
  using State = typename Op::State;
  const VectorView view = arguments[0].View();
  const auto* values = reinterpret_cast<const In*>(view.data);
  // A copy of a small state stays in registers.
  std::conditional_t<sizeof(State) <= 64, State, State&> local = *reinterpret_cast<State*>(state);
  const auto add = [&](size_t row, size_t index) {
    return Op::Add(call, local, values[index], row);
  };
  if constexpr (Refusable<Op>) {
    ForEachValidUntilRefused(call, view, count, add);
  } else {
    ForEachValid(view, count, add);
  }
  if constexpr (sizeof(State) <= 64) *reinterpret_cast<State*>(state) = local;
}

template <typename Op, typename In>
void UpdateUnaryRuns(const AggregateCall& call, std::span<const Vector> arguments,
                     const uint32_t* selection, const uint32_t* ends, size_t run_count,
                     uint8_t* const* states) {
  using State = typename Op::State;
  const VectorView view = arguments[0].View();
  const auto* values = reinterpret_cast<const In*>(view.data);
  uint32_t next = 0;
  for (size_t run = 0; run < run_count; ++run) {
    State& state = *reinterpret_cast<State*>(states[run]);
    std::conditional_t<sizeof(State) <= 64, State, State&> local = state;
    if constexpr (Refusable<Op>) {
      for (; next < ends[run]; ++next) {
        const size_t index = view.Index(selection[next]);
        if (view.validity && !BitIsSet(view.validity, index)) continue;
        if (!Op::Add(call, local, values[index], selection[next])) {
          call.errors.Add(selection[next], call.arena.status());
        }
      }
    } else if (!view.validity && !view.selection) {
      for (; next < ends[run]; ++next) {
        Op::Add(call, local, values[selection[next]], selection[next]);
      }
    } else {
      for (; next < ends[run]; ++next) {
        const size_t index = view.Index(selection[next]);
        if (view.validity && !BitIsSet(view.validity, index)) continue;
        Op::Add(call, local, values[index], selection[next]);
      }
    }
    if constexpr (sizeof(State) <= 64) state = local;
  }
}

// The pointers common to all aggregates of a struct as above.
template <typename Op, typename Out>
void FillState(AggregateFunction& function) {
  static_assert(std::is_trivially_copyable_v<typename Op::State>);
  static_assert(alignof(typename Op::State) <= 16);
  function.state_size = sizeof(typename Op::State);
  function.initialize = InitializeState<Op>;
  function.combine = CombineStates<Op>;
  function.finalize = FinalizeStates<Op, Out>;
  FillSerialization<Op>(function);
}

template <typename Op, typename In, typename Out>
AggregateFunction MakeUnaryAggregate(std::string name, std::string description) {
  AggregateFunction function;
  function.name = std::move(name);
  function.description = std::move(description);
  FillState<Op, Out>(function);
  function.update = UpdateUnary<Op, In>;
  function.update_single = UpdateUnarySingle<Op, In>;
  function.update_runs = UpdateUnaryRuns<Op, In>;
  return function;
}

}  // namespace trivet
