// Variance, standard deviation, standard error, skewness and kurtosis, from exact sums of powers.
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

struct Squares {
  // Sums over small whole numbers, not yet in the exact ones.
  struct Whole {
    int64_t sum = 0;
    int64_t squares = 0;
    uint32_t count = 0;
  };
  struct State {
    Whole whole;
    uint64_t count = 0;
    ExactProductSum squares;
    ExactSum sum;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { new (&state) State(); }
  static void Settle(const AggregateCall& call, State& state) {
    if (state.whole.count == 0) return;
    const ExactSumArena arena = ExactArena(call.arena);
    AddWhole(state.whole.sum, state.sum, arena);
    AddWholeProducts(state.whole.squares, state.squares, arena);
    state.whole = Whole();
  }
  static void AddWholeNumbers(const AggregateCall& call, const Whole& whole, State& state) {
    if (state.whole.count + whole.count > kMostWholePairs) Settle(call, state);
    state.whole.sum += whole.sum;
    state.whole.squares += whole.squares;
    state.whole.count += whole.count;
  }
  static void Add(const AggregateCall& call, State& state, double value, size_t) {
    int64_t whole = 0;
    if (AsSmallWhole(value, whole)) {
      ++state.count;
      return AddWholeNumbers(call, {whole, whole * whole, 1}, state);
    }
    const ExactSumArena arena = ExactArena(call.arena);
    state.sum.Add(value, arena);
    state.squares.AddSquare(value, arena);
    ++state.count;
  }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    const ExactSumArena arena = ExactArena(call.arena);
    target.sum.Merge(source.sum, arena);
    target.squares.Merge(source.squares, arena);
    target.count += source.count;
    AddWholeNumbers(call, source.whole, target);
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(state.count);
    out.PutUnsigned(state.whole.count);
    out.PutSigned(state.whole.sum);
    out.PutSigned(state.whole.squares);
    state.sum.Serialize(out.bytes());
    state.squares.Serialize(out.bytes());
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    uint64_t count = 0;
    Whole whole;
    if (!in.GetCount(count) || !GetWholeCount(in, whole.count) ||
        !GetWholeSum(in, whole.count, 24, whole.sum) ||
        !GetWholeSum(in, whole.count, 48, whole.squares) ||
        !AbsorbExact(call.arena, in, target.sum) || !AbsorbExact(call.arena, in, target.squares)) {
      return false;
    }
    target.count += count;
    AddWholeNumbers(call, whole, target);
    return true;
  }
};

// What is made of count, sum and sum of squares; false for NULL.
using FinishSquares = bool (*)(const Squares::State& state, double& out);

bool VariancePopulation(const Squares::State& state, double& out) {
  if (state.count == 0) return false;
  out = PopulationVariance(state.sum, state.squares, state.count);
  return true;
}
bool VarianceSample(const Squares::State& state, double& out) {
  if (state.count < 2) return false;
  out = SampleVariance(state.sum, state.squares, state.count);
  return true;
}
bool DeviationPopulation(const Squares::State& state, double& out) {
  if (!VariancePopulation(state, out)) return false;
  out = std::sqrt(out);
  return true;
}
bool DeviationSample(const Squares::State& state, double& out) {
  if (!VarianceSample(state, out)) return false;
  out = std::sqrt(out);
  return true;
}
bool StandardError(const Squares::State& state, double& out) {
  if (!DeviationPopulation(state, out)) return false;
  out /= std::sqrt(static_cast<double>(state.count));
  return true;
}

template <FinishSquares kFinish>
struct OfSquares : Squares {
  static bool Finalize(const AggregateCall& call, State& state, size_t, double& out) {
    Settle(call, state);
    return kFinish(state, out);
  }
};

template <FinishSquares kFinish>
void AddOfSquares(FunctionRegistry& registry, const std::string& name,
                  const std::string& description) {
  auto function = MakeUnaryAggregate<OfSquares<kFinish>, double, double>(name, description);
  function.parameters = {TypeId::kDouble};
  function.return_type = TypeId::kDouble;
  function.initialize = InitializeState<Squares>;
  function.combine = CombineStates<Squares>;
  function.update = UpdateUnary<Squares, double>;
  function.update_single = UpdateUnarySingle<Squares, double>;
  function.update_runs = UpdateUnaryRuns<Squares, double>;
  registry.AddAggregate(std::move(function));
}

// A square is high + low without error; so are the terms of third and fourth powers.
struct Powers {
  struct State {
    ExactProductSum squares;
    ExactProductSum cubes;
    ExactProductSum fourths;
    ExactSum sum;
    uint64_t count = 0;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { new (&state) State(); }
  static void Add(const AggregateCall& call, State& state, double value, size_t) {
    const ExactSumArena arena = ExactArena(call.arena);
    const double high = value * value;
    const double low = std::fma(value, value, -high);
    state.sum.Add(value, arena);
    state.squares.AddSquare(value, arena);
    state.cubes.Add(high, value, arena);
    state.cubes.Add(low, value, arena);
    state.fourths.AddSquare(high, arena);
    state.fourths.Add(high, 2 * low, arena);
    state.fourths.AddSquare(low, arena);
    ++state.count;
  }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    const ExactSumArena arena = ExactArena(call.arena);
    target.sum.Merge(source.sum, arena);
    target.squares.Merge(source.squares, arena);
    target.cubes.Merge(source.cubes, arena);
    target.fourths.Merge(source.fourths, arena);
    target.count += source.count;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(state.count);
    state.sum.Serialize(out.bytes());
    for (const ExactProductSum* sum : {&state.squares, &state.cubes, &state.fourths}) {
      sum->Serialize(out.bytes());
    }
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    uint64_t count = 0;
    if (!in.GetCount(count) || !AbsorbExact(call.arena, in, target.sum)) return false;
    for (ExactProductSum* sum : {&target.squares, &target.cubes, &target.fourths}) {
      if (!AbsorbExact(call.arena, in, *sum)) return false;
    }
    target.count += count;
    return true;
  }

  static bool IsFinite(const State& state) {
    return state.sum.IsFinite() && state.squares.IsFinite() && state.cubes.IsFinite() &&
           state.fourths.IsFinite();
  }
  static ScaledInteger Times(ScaledInteger value, uint64_t factor) {
    value.MultiplyBy(factor);
    return value;
  }
  // Mean of (x - mean)^3: (n²Σx³ - 3nΣxΣx² + 2(Σx)³) / n³.
  static double ThirdMoment(const State& state) {
    const uint64_t n = state.count;
    const ScaledInteger sum = state.sum.Exact();
    const ScaledInteger numerator = Times(Times(state.cubes.Exact(), n), n) -
                                    Times(Times(sum * state.squares.Exact(), n), 3) +
                                    Times(sum * sum * sum, 2);
    return numerator.RoundedQuotient(n, n) / static_cast<double>(n);
  }
  // Mean of (x - mean)^4: (n³Σx⁴ - 4n²ΣxΣx³ + 6n(Σx)²Σx² - 3(Σx)⁴) / n⁴.
  static double FourthMoment(const State& state) {
    const uint64_t n = state.count;
    const ScaledInteger sum = state.sum.Exact();
    const ScaledInteger square = sum * sum;
    const ScaledInteger numerator = Times(Times(Times(state.fourths.Exact(), n), n), n) -
                                    Times(Times(Times(sum * state.cubes.Exact(), n), n), 4) +
                                    Times(Times(square * state.squares.Exact(), n), 6) -
                                    Times(square * square, 3);
    return numerator.RoundedQuotient(n, n) / static_cast<double>(n) / static_cast<double>(n);
  }
};

bool ReportRange(const AggregateCall& call, size_t row, const char* name, double value) {
  if (std::isfinite(value)) return true;
  call.errors.Add(row, Status::InvalidInput(std::string(name) + " is out of range!"));
  return false;
}

struct Skewness : Powers {
  static bool Finalize(const AggregateCall& call, State& state, size_t row, double& out) {
    const auto n = static_cast<double>(state.count);
    if (state.count <= 2) return false;
    if (!IsFinite(state)) return ReportRange(call, row, "SKEW", HUGE_VAL);
    const double variance = PopulationVariance(state.sum, state.squares, state.count);
    if (variance == 0) return false;
    out =
        std::sqrt(n * (n - 1)) / (n - 2) * (ThirdMoment(state) / (variance * std::sqrt(variance)));
    return ReportRange(call, row, "SKEW", out);
  }
};

template <bool kIsSample>
struct Kurtosis : Powers {
  static bool Finalize(const AggregateCall& call, State& state, size_t row, double& out) {
    const auto n = static_cast<double>(state.count);
    if (state.count <= (kIsSample ? 3 : 1)) return false;
    if (!IsFinite(state)) return ReportRange(call, row, "Kurtosis", HUGE_VAL);
    const double variance = PopulationVariance(state.sum, state.squares, state.count);
    if (variance == 0) return false;
    const double ratio = FourthMoment(state) / variance / variance;
    out = kIsSample ? (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * ratio - 3 * (n - 1)) : ratio - 3;
    return ReportRange(call, row, "Kurtosis", out);
  }
};

template <typename Op>
void AddOfPowers(FunctionRegistry& registry, const std::string& name,
                 const std::string& description) {
  auto function = MakeUnaryAggregate<Op, double, double>(name, description);
  function.parameters = {TypeId::kDouble};
  function.return_type = TypeId::kDouble;
  registry.AddAggregate(std::move(function));
}

}  // namespace

void RegisterMoments(FunctionRegistry& registry) {
  AddOfSquares<VariancePopulation>(registry, "var_pop", "Variance of a population, exact");
  AddOfSquares<VarianceSample>(registry, "var_samp", "Variance of a sample, exact");
  AddOfSquares<DeviationPopulation>(registry, "stddev_pop", "Standard deviation of a population");
  AddOfSquares<DeviationSample>(registry, "stddev_samp", "Standard deviation of a sample");
  AddOfSquares<StandardError>(registry, "sem", "Standard error of the mean");
  registry.AddAlias("variance", "var_samp");
  registry.AddAlias("stddev", "stddev_samp");
  AddOfPowers<Skewness>(registry, "skewness", "Skewness of a sample");
  AddOfPowers<Kurtosis<true>>(registry, "kurtosis", "Excess kurtosis of a sample");
  AddOfPowers<Kurtosis<false>>(registry, "kurtosis_pop", "Excess kurtosis of a population");
}

}  // namespace trivet
