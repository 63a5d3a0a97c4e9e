// product of doubles. A product's roundings depend on the order of its factors, so these are kept
// and multiplied in ascending order, mantissas and exponents apart: nothing overflows on the way.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/interruptible_sort.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/value_list.h"
#include "expression/function_registry.h"

namespace trivet {

namespace {

struct Product {
  struct State {
    ValueList<double> values;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }
  static constexpr bool kIsRefusable = true;
  static bool Add(const AggregateCall& call, State& state, double value, size_t) {
    return state.values.Add(call.arena, value);
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.values.Append(source.values);
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    state.values.Write(out);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    return target.values.Absorb(call.arena, call.bound.argument_types[0], in);
  }
  static bool Finalize(const AggregateCall& call, State& state, size_t row, double& out) {
    const uint64_t count = state.values.count();
    if (count == 0) return false;
    double* values = state.values.Gather(call);
    if (values == nullptr) return false;
    bool negative = false;
    bool has_zero = false;
    bool has_infinity = false;
    for (uint64_t i = 0; i < count; ++i) {
      if (std::isnan(values[i])) {
        out = std::numeric_limits<double>::quiet_NaN();
        return true;
      }
      negative ^= std::signbit(values[i]);
      has_zero |= values[i] == 0.0;
      has_infinity |= std::isinf(values[i]);
      values[i] = std::fabs(values[i]);
    }
    auto* scratch = static_cast<double*>(call.arena.Allocate(count * sizeof(double)));
    if (scratch == nullptr) return false;
    const Status sorted = SortInterruptibly<double>({values, count}, {scratch, count},
                                                    std::less<>(), call.context.cancellation());
    if (!sorted.ok()) {
      call.errors.Add(row, sorted);
      return false;
    }
    out = Magnitude(values, count, has_zero, has_infinity);
    if (negative) out = -out;
    return true;
  }

 private:
  // Of sorted values.
  static double Magnitude(double* values, uint64_t count, bool has_zero, bool has_infinity) {
    if (has_zero && has_infinity) return std::numeric_limits<double>::quiet_NaN();
    if (has_zero) return 0.0;
    if (has_infinity) return std::numeric_limits<double>::infinity();
    double mantissa = 1.0;
    int64_t exponent = 0;
    for (uint64_t i = 0; i < count; ++i) {
      int own = 0;
      int renormalised = 0;
      const double factor = std::frexp(values[i], &own);
      mantissa = std::frexp(mantissa * factor, &renormalised);
      exponent += own + renormalised;
    }
    const int64_t limited = std::clamp<int64_t>(exponent, -5000, 5000);
    return std::ldexp(mantissa, static_cast<int>(limited));
  }
};

}  // namespace

void RegisterProduct(FunctionRegistry& registry) {
  auto function = MakeUnaryAggregate<Product, double, double>(
      "product", "Product of the values that are not NULL");
  function.parameters = {TypeId::kDouble};
  function.return_type = TypeId::kDouble;
  registry.AddAggregate(std::move(function));
}

}  // namespace trivet
