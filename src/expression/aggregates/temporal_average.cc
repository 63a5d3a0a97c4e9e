// avg of timestamps, times and intervals, truncated toward zero as in the reference dialect.
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/function_registry.h"

namespace trivet {

namespace {

struct TickAverage {
  struct State {
    int128_t sum;
    int64_t count;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = {0, 0}; }
  static void Add(const AggregateCall&, State& state, int64_t value, size_t) {
    state.sum += value;
    ++state.count;
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.sum += source.sum;
    target.count += source.count;
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, int64_t& out) {
    if (state.count == 0) return false;
    out = static_cast<int64_t>(state.sum / state.count);
    return true;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(static_cast<uint128_t>(state.count));
    out.PutSigned(state.sum);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    State source{};
    if (!in.GetCount(source.count)) return false;
    if (!in.GetSum(static_cast<uint64_t>(source.count), 63, source.sum)) return false;
    Combine(call, source, target);
    return true;
  }
};

// Parts are summed apart; what a part leaves over goes down to the next smaller one.
struct IntervalAverage {
  struct State {
    int128_t micros;
    int64_t months;
    int64_t days;
    int64_t count;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = {0, 0, 0, 0}; }
  static void Add(const AggregateCall&, State& state, const Interval& value, size_t) {
    state.micros += value.micros;
    state.months += value.months;
    state.days += value.days;
    ++state.count;
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.micros += source.micros;
    target.months += source.months;
    target.days += source.days;
    target.count += source.count;
  }
  static bool Finalize(const AggregateCall&, State& state, size_t, Interval& out) {
    if (state.count == 0) return false;
    constexpr int64_t kDaysPerMonth = 30;
    constexpr int128_t kMicrosPerDay = int128_t{86400} * 1'000'000;
    const int128_t days = state.days + int128_t{state.months % state.count} * kDaysPerMonth;
    const int128_t micros = state.micros + days % state.count * kMicrosPerDay;
    out.months = static_cast<int32_t>(state.months / state.count);
    out.days = static_cast<int32_t>(days / state.count);
    out.micros = static_cast<int64_t>(micros / state.count);
    return true;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(static_cast<uint128_t>(state.count));
    out.PutSigned(state.months);
    out.PutSigned(state.days);
    out.PutSigned(state.micros);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    State source{};
    if (!in.GetCount(source.count)) return false;
    const auto count = static_cast<uint64_t>(source.count);
    int128_t months = 0;
    int128_t days = 0;
    if (!in.GetSum(count, 31, months) || !in.GetSum(count, 31, days)) return false;
    if (!in.GetSum(count, 63, source.micros)) return false;
    source.months = static_cast<int64_t>(months);
    source.days = static_cast<int64_t>(days);
    if (source.months != months || source.days != days) return false;
    Combine(call, source, target);
    return true;
  }
};

}  // namespace

void RegisterTemporalAverage(FunctionRegistry& registry) {
  const LogicalType ticks[] = {LogicalType::Timestamp(),
                               LogicalType::Timestamp(TimeUnit::kMicro, true), TypeId::kTime};
  for (const LogicalType& type : ticks) {
    auto average = MakeUnaryAggregate<TickAverage, int64_t, int64_t>(
        "avg", "Mean of the values that are not NULL");
    average.parameters = {type};
    average.return_type = type;
    registry.AddAggregate(std::move(average));
  }
  auto average = MakeUnaryAggregate<IntervalAverage, Interval, Interval>(
      "avg", "Mean of the values that are not NULL");
  average.parameters = {TypeId::kInterval};
  average.return_type = TypeId::kInterval;
  registry.AddAggregate(std::move(average));
}

}  // namespace trivet
