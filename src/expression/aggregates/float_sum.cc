// sum and avg of doubles: exact before the final rounding, so independent of order.
#include <new>

#include "expression/aggregates/exact_arena.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/function_registry.h"
#include "types/exact_sum.h"

namespace trivet {

namespace {

// Sum and average share this state, so a query that asks for both keeps one.
struct DoubleSum {
  struct State {
    ExactSum sum;
    uint64_t count = 0;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { new (&state) State(); }
  static void Add(const AggregateCall& call, State& state, double value, size_t) {
    state.sum.Add(value, ExactArena(call.arena));
    ++state.count;
  }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    target.sum.Merge(source.sum, ExactArena(call.arena));
    target.count += source.count;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(state.count);
    state.sum.Serialize(out.bytes());
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    uint64_t count = 0;
    if (!in.GetCount(count) || !AbsorbExact(call.arena, in, target.sum)) return false;
    target.count += count;
    return true;
  }
};

struct Total : DoubleSum {
  static bool Finalize(const AggregateCall&, State& state, size_t, double& out) {
    if (state.count == 0) return false;
    out = state.sum.Rounded();
    return true;
  }
};

struct Mean : DoubleSum {
  static bool Finalize(const AggregateCall&, State& state, size_t, double& out) {
    if (state.count == 0) return false;
    out = state.sum.RoundedMean(state.count);
    return true;
  }
};

void AddSingle(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
               uint8_t* state) {
  const VectorView view = arguments[0].View();
  auto& target = *reinterpret_cast<DoubleSum::State*>(state);
  const auto* values = reinterpret_cast<const double*>(view.data);
  const ExactSumArena arena = ExactArena(call.arena);
  if (view.selection == nullptr && view.validity == nullptr) {
    target.sum.AddBlock(values, count, arena);
    target.count += count;
  } else {
    target.count += target.sum.AddRows(values, view.selection, view.validity, count, arena);
  }
}

template <typename Finish>
void AddFunction(FunctionRegistry& registry, const std::string& name,
                 const std::string& description) {
  auto function = MakeUnaryAggregate<Finish, double, double>(name, description);
  function.parameters = {TypeId::kDouble};
  function.return_type = TypeId::kDouble;
  function.initialize = InitializeState<DoubleSum>;
  function.combine = CombineStates<DoubleSum>;
  function.update = UpdateUnary<DoubleSum, double>;
  function.update_single = AddSingle;
  function.update_runs = UpdateUnaryRuns<DoubleSum, double>;
  registry.AddAggregate(std::move(function));
}

}  // namespace

void RegisterFloatSum(FunctionRegistry& registry) {
  AddFunction<Total>(registry, "sum", "Sum of the values that are not NULL, rounded once");
  AddFunction<Mean>(registry, "avg", "Mean of the values that are not NULL, rounded once");
  AddFunction<Total>(registry, "kahan_sum", "Sum, as sum(DOUBLE), which is exact already");
  AddFunction<Mean>(registry, "favg", "Mean, as avg(DOUBLE), which is exact already");
  registry.AddAlias("fsum", "kahan_sum");
  registry.AddAlias("sumkahan", "kahan_sum");
  // All overloads of avg are complete by now.
  registry.AddAlias("mean", "avg");
}

}  // namespace trivet
