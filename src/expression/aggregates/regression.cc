// Covariance, correlation and linear regression over pairs, from exact sums. As in SQL, the first
// argument is the dependent variable y, the second the independent x; pairs with a NULL do not
// count.
#include <cmath>
#include <new>

#include "expression/aggregates/exact_arena.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/whole_numbers.h"
#include "expression/function_registry.h"
#include "types/exact_statistics.h"

namespace trivet {

namespace {

// Sums over pairs of small whole numbers, not yet in the exact ones.
struct WholePairs {
  int64_t x = 0;
  int64_t y = 0;
  int64_t xy = 0;
  int64_t xx = 0;
  int64_t yy = 0;
  uint32_t count = 0;

  void Add(const WholePairs& other) {
    x += other.x;
    y += other.y;
    xy += other.xy;
    xx += other.xx;
    yy += other.yy;
    count += other.count;
  }
};

struct PairState {
  WholePairs whole;
  ExactProductSum xy;
  ExactProductSum xx;  // this and the next only where squares are wanted
  ExactProductSum yy;
  ExactSum x;
  ExactSum y;
  uint64_t count = 0;
};

// Where only covariances are wanted, the squares need no work.
template <bool kWithSquares>
struct Pairs {
  using State = PairState;
  static void Initialize(const BoundAggregateFunction&, State& state) { new (&state) State(); }
  // Carries the whole numbers over to the exact sums.
  static void Settle(const AggregateCall& call, State& state) {
    if (state.whole.count == 0) return;
    const ExactSumArena arena = ExactArena(call.arena);
    AddWhole(state.whole.x, state.x, arena);
    AddWhole(state.whole.y, state.y, arena);
    AddWholeProducts(state.whole.xy, state.xy, arena);
    if constexpr (kWithSquares) {
      AddWholeProducts(state.whole.xx, state.xx, arena);
      AddWholeProducts(state.whole.yy, state.yy, arena);
    }
    state.whole = WholePairs();
  }
  static void AddWholePairs(const AggregateCall& call, const WholePairs& whole, State& state) {
    if (state.whole.count + whole.count > kMostWholePairs) Settle(call, state);
    state.whole.Add(whole);
  }
  static void AddPair(const AggregateCall& call, State& state, double y, double x) {
    int64_t whole_x = 0;
    int64_t whole_y = 0;
    if (AsSmallWhole(x, whole_x) && AsSmallWhole(y, whole_y)) {
      ++state.count;
      const WholePairs pair{.x = whole_x,
                            .y = whole_y,
                            .xy = whole_x * whole_y,
                            .xx = kWithSquares ? whole_x * whole_x : 0,
                            .yy = kWithSquares ? whole_y * whole_y : 0,
                            .count = 1};
      return AddWholePairs(call, pair, state);
    }
    const ExactSumArena arena = ExactArena(call.arena);
    state.x.Add(x, arena);
    state.y.Add(y, arena);
    state.xy.Add(x, y, arena);
    if constexpr (kWithSquares) {
      state.xx.AddSquare(x, arena);
      state.yy.AddSquare(y, arena);
    }
    ++state.count;
  }
  template <typename StateOf>
  static void AddRows(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                      const StateOf& state_of) {
    const VectorView y = arguments[0].View();
    const VectorView x = arguments[1].View();
    for (size_t row = 0; row < count; ++row) {
      if (!x.IsValid(row) || !y.IsValid(row)) continue;
      AddPair(call, *reinterpret_cast<State*>(state_of(row)), y.Get<double>(row),
              x.Get<double>(row));
    }
  }
  static void Update(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                     uint8_t* const* states) {
    AddRows(call, arguments, count, [&](size_t row) { return states[row]; });
  }
  static void UpdateSingle(const AggregateCall& call, std::span<const Vector> arguments,
                           size_t count, uint8_t* state) {
    AddRows(call, arguments, count, [&](size_t) { return state; });
  }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    const ExactSumArena arena = ExactArena(call.arena);
    target.x.Merge(source.x, arena);
    target.y.Merge(source.y, arena);
    target.xy.Merge(source.xy, arena);
    if constexpr (kWithSquares) {
      target.xx.Merge(source.xx, arena);
      target.yy.Merge(source.yy, arena);
    }
    target.count += source.count;
    AddWholePairs(call, source.whole, target);
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(state.count);
    out.PutUnsigned(state.whole.count);
    for (const int64_t sum : {state.whole.x, state.whole.y, state.whole.xy}) out.PutSigned(sum);
    if constexpr (kWithSquares) {
      out.PutSigned(state.whole.xx);
      out.PutSigned(state.whole.yy);
    }
    state.x.Serialize(out.bytes());
    state.y.Serialize(out.bytes());
    state.xy.Serialize(out.bytes());
    if constexpr (kWithSquares) {
      state.xx.Serialize(out.bytes());
      state.yy.Serialize(out.bytes());
    }
  }
  static bool GetWhole(StateReader& in, WholePairs& whole) {
    if (!GetWholeCount(in, whole.count) || !GetWholeSum(in, whole.count, 24, whole.x) ||
        !GetWholeSum(in, whole.count, 24, whole.y) || !GetWholeSum(in, whole.count, 48, whole.xy)) {
      return false;
    }
    return !kWithSquares || (GetWholeSum(in, whole.count, 48, whole.xx) &&
                             GetWholeSum(in, whole.count, 48, whole.yy));
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    uint64_t count = 0;
    WholePairs whole;
    if (!in.GetCount(count) || !GetWhole(in, whole) || !AbsorbExact(call.arena, in, target.x) ||
        !AbsorbExact(call.arena, in, target.y) || !AbsorbExact(call.arena, in, target.xy)) {
      return false;
    }
    if constexpr (kWithSquares) {
      if (!AbsorbExact(call.arena, in, target.xx) || !AbsorbExact(call.arena, in, target.yy)) {
        return false;
      }
    }
    target.count += count;
    AddWholePairs(call, whole, target);
    return true;
  }
};

double VarianceX(const PairState& state) {
  return PopulationVariance(state.x, state.xx, state.count);
}
double VarianceY(const PairState& state) {
  return PopulationVariance(state.y, state.yy, state.count);
}
double Covariance(const PairState& state) {
  return PopulationCovariance(state.x, state.y, state.xy, state.count);
}
// Σ(a - mean)(b - mean): (nΣab - ΣaΣb) / n.
double Deviations(const ExactSum& a, const ExactSum& b, const ExactProductSum& products,
                  uint64_t count) {
  if (!a.IsFinite() || !b.IsFinite() || !products.IsFinite()) return __builtin_nan("");
  ScaledInteger numerator = products.Exact();
  numerator.MultiplyBy(count);
  return (numerator - a.Exact() * b.Exact()).RoundedQuotient(count, 1);
}

// What is made of the sums; false for NULL. Called for at least one pair.
using FinishPairs = bool (*)(const PairState& state, double& out);

bool CovarianceOfPopulation(const PairState& state, double& out) {
  out = Covariance(state);
  return true;
}
bool CovarianceOfSample(const PairState& state, double& out) {
  if (state.count < 2) return false;
  out = SampleCovariance(state.x, state.y, state.xy, state.count);
  return true;
}
bool Correlation(const PairState& state, double& out) {
  out = Covariance(state) / (std::sqrt(VarianceX(state)) * std::sqrt(VarianceY(state)));
  return true;
}
bool Slope(const PairState& state, double& out) {
  out = Covariance(state) / VarianceX(state);
  return true;
}
bool Intercept(const PairState& state, double& out) {
  if (VarianceX(state) == 0) return false;
  Slope(state, out);
  out = state.y.RoundedMean(state.count) - out * state.x.RoundedMean(state.count);
  return true;
}
bool Determination(const PairState& state, double& out) {
  if (VarianceX(state) == 0) return false;
  if (VarianceY(state) == 0) {
    out = 1.0;
    return true;
  }
  Correlation(state, out);
  out *= out;
  return true;
}
bool MeanX(const PairState& state, double& out) {
  out = state.x.RoundedMean(state.count);
  return true;
}
bool MeanY(const PairState& state, double& out) {
  out = state.y.RoundedMean(state.count);
  return true;
}
bool DeviationsXX(const PairState& state, double& out) {
  out = Deviations(state.x, state.x, state.xx, state.count);
  return true;
}
bool DeviationsYY(const PairState& state, double& out) {
  out = Deviations(state.y, state.y, state.yy, state.count);
  return true;
}
bool DeviationsXY(const PairState& state, double& out) {
  out = Deviations(state.x, state.y, state.xy, state.count);
  return true;
}

template <FinishPairs kFinish, bool kWithSquares>
struct OfPairs : Pairs<kWithSquares> {
  static bool Finalize(const AggregateCall& call, PairState& state, size_t, double& out) {
    Pairs<kWithSquares>::Settle(call, state);
    return state.count != 0 && kFinish(state, out);
  }
};

struct CountOfPairs : Pairs<false> {
  static bool Finalize(const AggregateCall&, PairState& state, size_t, uint32_t& out) {
    out = static_cast<uint32_t>(state.count);
    return true;
  }
};

template <typename Op, typename Out, bool kWithSquares>
AggregateFunction MakeFunction(const std::string& name, const std::string& description) {
  AggregateFunction function;
  function.name = name;
  function.description = description;
  function.parameters = {TypeId::kDouble, TypeId::kDouble};
  function.return_type = TypeId::kDouble;
  FillState<Op, Out>(function);
  // The functions of the state's own struct, by which equal states are recognised.
  function.initialize = InitializeState<Pairs<kWithSquares>>;
  function.combine = CombineStates<Pairs<kWithSquares>>;
  function.update = Pairs<kWithSquares>::Update;
  function.update_single = Pairs<kWithSquares>::UpdateSingle;
  return function;
}

template <FinishPairs kFinish, bool kWithSquares>
void AddOfPairs(FunctionRegistry& registry, const std::string& name,
                const std::string& description) {
  registry.AddAggregate(
      MakeFunction<OfPairs<kFinish, kWithSquares>, double, kWithSquares>(name, description));
}

}  // namespace

void RegisterRegression(FunctionRegistry& registry) {
  AddOfPairs<CovarianceOfPopulation, false>(registry, "covar_pop", "Covariance of a population");
  AddOfPairs<CovarianceOfSample, false>(registry, "covar_samp", "Covariance of a sample");
  AddOfPairs<Correlation, true>(registry, "corr", "Coefficient of correlation");
  AddOfPairs<Slope, true>(registry, "regr_slope", "Slope of the regression line of y over x");
  AddOfPairs<Intercept, true>(registry, "regr_intercept",
                              "Where the regression line crosses x = 0");
  AddOfPairs<Determination, true>(registry, "regr_r2", "Coefficient of determination");
  AddOfPairs<MeanX, false>(registry, "regr_avgx", "Mean of x over the pairs");
  AddOfPairs<MeanY, false>(registry, "regr_avgy", "Mean of y over the pairs");
  AddOfPairs<DeviationsXX, true>(registry, "regr_sxx", "Sum of squared deviations of x");
  AddOfPairs<DeviationsYY, true>(registry, "regr_syy", "Sum of squared deviations of y");
  AddOfPairs<DeviationsXY, false>(registry, "regr_sxy", "Sum of products of deviations");
  AggregateFunction count =
      MakeFunction<CountOfPairs, uint32_t, false>("regr_count", "Number of pairs without NULL");
  count.return_type = TypeId::kUInt32;
  count.empty_is_zero = true;
  registry.AddAggregate(std::move(count));
}

}  // namespace trivet
