// sum and avg of integers and decimals: exact, so independent of order; ranges are checked at the
// end.
#include "base/string_concat.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/rounded_ratio.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/variants.h"
#include "types/decimal.h"
#include "types/int256.h"

namespace trivet {

namespace {

// Sum and average share their states, so a query that asks for both keeps one. States are small,
// and aligned to words: where there are many groups, their cache lines are what an update costs.

// Integers of up to 32 bits: their sum in the lower 80 bits of one integer, their number above, for
// less than 2^47 of them. One addition does both.
class ShortState {
 public:
  static constexpr uint64_t kMaxCount = (uint64_t{1} << 47) - 1;

  ShortState() = default;
  ShortState(int128_t sum, int64_t count)
      : low_(Int128Low(sum)), high_(Int128High(sum) + count * kOne) {}

  void Add(int64_t value) {
    const uint64_t low = low_ + static_cast<uint64_t>(value);
    high_ += (value >> 63) + (low < low_) + kOne;
    low_ = low;
  }
  void Add(const ShortState& other) {
    const auto total = static_cast<uint128_t>(MakeInt128(high_, low_)) +
                       static_cast<uint128_t>(MakeInt128(other.high_, other.low_));
    low_ = static_cast<uint64_t>(total);
    high_ = static_cast<int64_t>(total >> 64);
  }
  int128_t sum() const { return MakeInt128(static_cast<int16_t>(high_ & (kOne - 1)), low_); }
  int64_t count() const { return (high_ - Int128High(sum())) / kOne; }

 private:
  static constexpr int64_t kOne = int64_t{1} << 16;  // of the count, in the upper half

  uint64_t low_ = 0;
  int64_t high_ = 0;
};

// Integers of up to 64 bits: 2^64 of them fit 128 bits.
class LongState {
 public:
  LongState() = default;
  LongState(int128_t sum, int64_t count)
      : low_(Int128Low(sum)), high_(Int128High(sum)), count_(count) {}

  template <typename T>
  void Add(T value) {
    AddSum(value);
    ++count_;
  }
  void Add(const LongState& other) {
    AddSum(other.sum());
    count_ += other.count_;
  }
  int128_t sum() const { return MakeInt128(high_, low_); }
  int64_t count() const { return count_; }

 private:
  void AddSum(int128_t addend) {
    const int128_t total = sum() + addend;
    low_ = Int128Low(total);
    high_ = Int128High(total);
  }

  uint64_t low_ = 0;
  int64_t high_ = 0;
  int64_t count_ = 0;
};

template <typename AnyState>
struct MachineSum {
  using State = AnyState;
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State(); }
  template <typename T>
  static void Add(const AggregateCall&, State& state, T value, size_t) {
    state.Add(value);
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.Add(source);
  }
  static int64_t Count(const State& state) { return state.count(); }
  static Int256 Total(const State& state) { return Int256::From(state.sum()); }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(static_cast<uint128_t>(state.count()));
    out.PutSigned(state.sum());
  }
  static bool Absorb(const AggregateCall&, StateReader& in, State& target) {
    constexpr bool kShort = std::is_same_v<State, ShortState>;
    uint64_t count = 0;
    int128_t sum = 0;
    if (!in.GetCount(count) || !in.GetSum(count, kShort ? 32 : 64, sum)) return false;
    if (kShort && count > ShortState::kMaxCount) return false;
    target.Add(State(sum, static_cast<int64_t>(count)));
    return true;
  }
};

// What an integer of up to 64 bits is added to.
template <typename T>
using NarrowSum = MachineSum<std::conditional_t<(sizeof(T) < 8), ShortState, LongState>>;

// 128-bit integers.
struct WideSum {
  struct State {
    Int256 sum;
    int64_t count;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = {{}, 0}; }
  static void Add(const AggregateCall&, State& state, int128_t value, size_t) {
    state.sum.Add(value);
    ++state.count;
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.sum.Add(source.sum);
    target.count += source.count;
  }
  static int64_t Count(const State& state) { return state.count; }
  static Int256 Total(const State& state) { return state.sum; }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(static_cast<uint128_t>(state.count));
    out.PutUnsigned(state.sum.low);
    out.PutSigned(state.sum.high);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    State source{};
    if (!in.GetCount(source.count) || !in.GetUnsigned(source.sum.low)) return false;
    // Above the low half there is no more than a carry of each value.
    if (!in.GetSum(static_cast<uint64_t>(source.count), 1, source.sum.high)) return false;
    Combine(call, source, target);
    return true;
  }
};

template <typename Sum>
struct Total : Sum {
  static bool Finalize(const AggregateCall& call, typename Sum::State& state, size_t row,
                       int128_t& out) {
    if (Sum::Count(state) == 0) return false;
    const Int256 total = Sum::Total(state);
    const bool decimal = call.bound.return_type.id() == TypeId::kDecimal;
    if (!total.FitsInt128() ||
        (decimal && !FitsPrecision(total.ToInt128(), kMaxDecimalPrecision))) {
      call.errors.Add(
          row, Status::InvalidInput(StrCat("Overflow in SUM of ", decimal ? "DECIMAL" : "HUGEINT",
                                           ": the result does not fit in ",
                                           decimal ? "DECIMAL(38)" : "HUGEINT")));
      return false;
    }
    out = total.ToInt128();
    return true;
  }
};

template <typename Sum>
struct Average : Sum {
  static bool Finalize(const AggregateCall& call, typename Sum::State& state, size_t, double& out) {
    if (Sum::Count(state) == 0) return false;
    const LogicalType& type = call.bound.argument_types[0];
    const int scale = type.id() == TypeId::kDecimal ? type.scale() : 0;
    out = RoundedRatio(Sum::Total(state), static_cast<uint64_t>(Sum::Count(state)), scale);
    return true;
  }
};

// Sums of narrow integers run in a register each; 2048 values of 32 bits fit 64.
template <typename T>
void AddNarrowSingle(const AggregateCall&, std::span<const Vector> arguments, size_t count,
                     uint8_t* state) {
  using Accumulator = std::conditional_t<sizeof(T) < 8, int64_t, int128_t>;
  const VectorView view = arguments[0].View();
  const auto* values = reinterpret_cast<const T*>(view.data);
  auto& target = *reinterpret_cast<typename NarrowSum<T>::State*>(state);
  Accumulator sum = 0;
  int64_t valid = 0;
  if (view.validity == nullptr) {
    valid = static_cast<int64_t>(count);
    if (view.selection == nullptr) {
      for (size_t i = 0; i < count; ++i) sum += values[i];
    } else {
      for (size_t i = 0; i < count; ++i) sum += values[view.selection[i]];
    }
  } else {
    ForEachValid(view, count, [&](size_t, size_t index) {
      sum += values[index];
      ++valid;
    });
  }
  target.Add(typename NarrowSum<T>::State(sum, valid));
}

template <template <typename> typename Finish, typename Out>
AggregateVariants MakeVariants(const std::string& name) {
  AggregateVariants variants;
  const auto add = [&]<typename T>(PhysicalType type, T) {
    auto function = MakeUnaryAggregate<Finish<NarrowSum<T>>, T, Out>(name, "");
    // All share the functions of the state's own struct, by which equal states are recognised.
    function.initialize = InitializeState<NarrowSum<T>>;
    function.combine = CombineStates<NarrowSum<T>>;
    function.update = UpdateUnary<NarrowSum<T>, T>;
    function.update_single = AddNarrowSingle<T>;
    function.update_runs = UpdateUnaryRuns<NarrowSum<T>, T>;
    variants.Set(type, std::move(function));
  };
  add(PhysicalType::kBool, uint8_t{});
  add(PhysicalType::kInt8, int8_t{});
  add(PhysicalType::kInt16, int16_t{});
  add(PhysicalType::kInt32, int32_t{});
  add(PhysicalType::kInt64, int64_t{});
  add(PhysicalType::kUInt8, uint8_t{});
  add(PhysicalType::kUInt16, uint16_t{});
  add(PhysicalType::kUInt32, uint32_t{});
  add(PhysicalType::kUInt64, uint64_t{});
  auto wide = MakeUnaryAggregate<Finish<WideSum>, int128_t, Out>(name, "");
  wide.initialize = InitializeState<WideSum>;
  wide.combine = CombineStates<WideSum>;
  wide.update = UpdateUnary<WideSum, int128_t>;
  wide.update_single = UpdateUnarySingle<WideSum, int128_t>;
  wide.update_runs = UpdateUnaryRuns<WideSum, int128_t>;
  variants.Set(PhysicalType::kInt128, std::move(wide));
  return variants;
}

// Registers name(parameter) -> return_type, where a decimal's result keeps its scale.
void AddOverload(FunctionRegistry& registry, const std::string& name, Parameter parameter,
                 LogicalType return_type, std::string description,
                 std::shared_ptr<const AggregateVariants> variants) {
  AggregateFunction overload;
  overload.name = name;
  overload.description = std::move(description);
  overload.parameters = {std::move(parameter)};
  overload.return_type = std::move(return_type);
  overload.bind = [variants](std::span<const ExpressionPtr>, BoundAggregateFunction& bound) {
    const LogicalType argument = bound.argument_types[0];
    if (bound.return_type.id() == TypeId::kDecimal) {
      bound.return_type = LogicalType::Decimal(kMaxDecimalPrecision, argument.scale());
    }
    return BindVariant(*variants, 0, bound);
  };
  registry.AddAggregate(std::move(overload));
}

}  // namespace

void RegisterSum(FunctionRegistry& registry) {
  const LogicalType decimal = LogicalType::Decimal(kMaxDecimalPrecision, 0);
  for (const std::string name : {"sum", "sum_no_overflow"}) {
    auto sums = std::make_shared<const AggregateVariants>(MakeVariants<Total, int128_t>(name));
    const std::string description = "Sum of the values that are not NULL, exact";
    AddOverload(registry, name, Parameter::Kind::kAnyInteger, TypeId::kInt128, description, sums);
    AddOverload(registry, name, Parameter::Kind::kAnyDecimal, decimal, description, sums);
    if (name == "sum") {
      AddOverload(registry, name, TypeId::kBoolean, TypeId::kInt128, description, sums);
    }
  }
  auto averages = std::make_shared<const AggregateVariants>(MakeVariants<Average, double>("avg"));
  const std::string description = "Mean of the values that are not NULL, rounded once";
  AddOverload(registry, "avg", Parameter::Kind::kAnyInteger, TypeId::kDouble, description,
              averages);
  AddOverload(registry, "avg", Parameter::Kind::kAnyDecimal, TypeId::kDouble, description,
              averages);
}

}  // namespace trivet
