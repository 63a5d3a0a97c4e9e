// count(*), count(x), count_if(x).
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/function_registry.h"

namespace trivet {

namespace {

struct Count {
  struct State {
    int64_t count;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state.count = 0; }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.count += source.count;
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, int64_t& out) {
    out = state.count;
    return true;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(static_cast<uint128_t>(state.count));
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    State source{};
    if (!in.GetCount(source.count)) return false;
    Combine(call, source, target);
    return true;
  }
};

int64_t& CountOf(uint8_t* state) { return reinterpret_cast<Count::State*>(state)->count; }

void CountAllRows(const AggregateCall&, std::span<const Vector>, size_t count,
                  uint8_t* const* states) {
  for (size_t row = 0; row < count; ++row) ++CountOf(states[row]);
}

void CountAllRowsSingle(const AggregateCall&, std::span<const Vector>, size_t count,
                        uint8_t* state) {
  CountOf(state) += static_cast<int64_t>(count);
}

void CountAllRowsOfRuns(const AggregateCall&, std::span<const Vector>, const uint32_t*,
                        const uint32_t* ends, size_t run_count, uint8_t* const* states) {
  for (size_t run = 0; run < run_count; ++run) {
    CountOf(states[run]) += ends[run] - (run == 0 ? 0 : ends[run - 1]);
  }
}

void CountValidRowsOfRuns(const AggregateCall& call, std::span<const Vector> arguments,
                          const uint32_t* selection, const uint32_t* ends, size_t run_count,
                          uint8_t* const* states) {
  const VectorView view = arguments[0].View();
  if (view.validity == nullptr) {
    CountAllRowsOfRuns(call, arguments, selection, ends, run_count, states);
    return;
  }
  uint32_t next = 0;
  for (size_t run = 0; run < run_count; ++run) {
    int64_t valid = 0;
    for (; next < ends[run]; ++next) valid += BitIsSet(view.validity, view.Index(selection[next]));
    CountOf(states[run]) += valid;
  }
}

void CountValidRows(const AggregateCall&, std::span<const Vector> arguments, size_t count,
                    uint8_t* const* states) {
  ForEachValid(arguments[0].View(), count, [&](size_t row, size_t) { ++CountOf(states[row]); });
}

void CountValidRowsSingle(const AggregateCall&, std::span<const Vector> arguments, size_t count,
                          uint8_t* state) {
  const VectorView view = arguments[0].View();
  if (view.validity == nullptr) {
    CountOf(state) += static_cast<int64_t>(count);
    return;
  }
  int64_t valid = 0;
  for (size_t row = 0; row < count; ++row) valid += BitIsSet(view.validity, view.Index(row));
  CountOf(state) += valid;
}

AggregateFunction MakeCountStar(std::string name) {
  AggregateFunction function;
  function.name = std::move(name);
  function.description = "Number of rows";
  FillState<Count, int64_t>(function);
  function.return_type = TypeId::kInt64;
  function.update = CountAllRows;
  function.update_single = CountAllRowsSingle;
  function.update_runs = CountAllRowsOfRuns;
  function.empty_is_zero = true;
  return function;
}

struct CountIf {
  struct State {
    int64_t count;
    int64_t seen;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = {0, 0}; }
  static void Add(const AggregateCall&, State& state, uint8_t value, size_t) {
    state.count += value;
    ++state.seen;
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.count += source.count;
    target.seen += source.seen;
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, int128_t& out) {
    out = state.count;
    return state.seen != 0;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(static_cast<uint128_t>(state.count));
    out.PutUnsigned(static_cast<uint128_t>(state.seen));
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    State source{};
    if (!in.GetCount(source.count) || !in.GetCount(source.seen)) return false;
    if (source.count > source.seen) return false;
    Combine(call, source, target);
    return true;
  }
};

}  // namespace

void RegisterCount(FunctionRegistry& registry) {
  registry.AddAggregate(MakeCountStar("count"));
  AggregateFunction valid = MakeCountStar("count");
  valid.description = "Number of rows in which the argument is not NULL";
  valid.parameters = {Parameter::Kind::kAny};
  valid.update = CountValidRows;
  valid.update_single = CountValidRowsSingle;
  valid.update_runs = CountValidRowsOfRuns;
  registry.AddAggregate(std::move(valid));
  registry.AddAggregate(MakeCountStar("count_star"));

  auto count_if = MakeUnaryAggregate<CountIf, uint8_t, int128_t>(
      "count_if", "Number of rows in which the argument is TRUE");
  count_if.parameters = {TypeId::kBoolean};
  count_if.return_type = TypeId::kInt128;
  registry.AddAggregate(std::move(count_if));
  registry.AddAlias("countif", "count_if");
}

}  // namespace trivet
