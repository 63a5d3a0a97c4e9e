// median, quantile_disc, quantile_cont: all values of a group are kept, and one or two selected.
#include <algorithm>
#include <cmath>

#include "base/branchless_select.h"
#include "base/interruptible_sort.h"
#include "base/string_concat.h"
#include "expression/aggregates/kept_value.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/value_list.h"
#include "expression/aggregates/variants.h"
#include "types/interval.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

// A negative fraction counts from the greatest value down.
struct Fraction final : FunctionState {
  double value = 0.5;
};

template <typename T>
struct Values {
  struct State {
    ValueList<T> values;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }
  static constexpr bool kIsRefusable = true;
  static bool Add(const AggregateCall& call, State& state, const T& value, size_t) {
    T copy;
    return CopyToArena(call.arena, value, copy) && state.values.Add(call.arena, copy);
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
};

// Values of a group, of which some are asked for by their rank: from the front, or from the back
// where `descending`. Of a cancelled query any value will do.
template <typename T>
class Ranks {
 public:
  Ranks(const AggregateCall& call, T* values, uint64_t count, bool descending)
      : call_(call), values_(values, count), descending_(descending) {}

  const T& At(uint64_t rank) {
    const uint64_t place = Place(rank);
    const CancellationToken& cancellation = call_.context.cancellation();
    const auto less = [](const T& a, const T& b) { return ComesBefore(a, b); };
    Status status;
    if constexpr (kIsNumber) {
      status = SelectBranchless<T>(values_, place, less, cancellation);
    } else {
      status = SelectInterruptibly<T>(values_, place, less, cancellation);
    }
    if (!status.ok()) call_.errors.Add(0, status);
    return values_[place];
  }
  // The one at `rank`, after the one before it was asked for: what lies beyond that is no nearer to
  // it than the nearest.
  const T& Following(uint64_t rank) {
    const uint64_t place = Place(rank);
    const std::span<T> beyond = descending_ ? values_.first(place + 1) : values_.subspan(place);
    const T* nearest = beyond.data();
    for (size_t from = 0; from < beyond.size(); from += kSortPiece) {
      if (call_.context.cancellation().IsCancelled()) break;
      for (const T& value : beyond.subspan(from, std::min(kSortPiece, beyond.size() - from))) {
        const bool is_nearer =
            descending_ ? ComesBefore(*nearest, value) : ComesBefore(value, *nearest);
        nearest = is_nearer ? &value : nearest;
      }
    }
    return *nearest;
  }

 private:
  static constexpr bool kIsNumber = std::is_arithmetic_v<T> || std::is_same_v<T, int128_t>;

  uint64_t Place(uint64_t rank) const { return descending_ ? values_.size() - 1 - rank : rank; }

  const AggregateCall& call_;
  std::span<T> values_;
  const bool descending_;
};

// The value itself that stands at the fraction.
template <typename T>
struct Discrete : Values<T> {
  using State = typename Values<T>::State;
  static bool Finalize(const AggregateCall& call, State& state, size_t, T& out) {
    const uint64_t count = state.values.count();
    if (count == 0) return false;
    T* values = state.values.Gather(call);
    if (values == nullptr) return false;
    const double fraction = static_cast<const Fraction&>(*call.bound.state).value;
    const auto total = static_cast<double>(count);
    const auto behind = static_cast<uint64_t>(std::floor(total - total * std::fabs(fraction)));
    const uint64_t rank = std::max<uint64_t>(1, count - behind) - 1;
    out = Canonical(Ranks<T>(call, values, count, std::signbit(fraction)).At(rank));
    return true;
  }
};

double Interpolate(double low, double share, double high) {
  return low * (1.0 - share) + high * share;
}
float Interpolate(float low, double share, float high) {
  return static_cast<float>(low * (1.0 - share) + high * share);
}
Interval Interpolate(const Interval& low, double share, const Interval& high) {
  Interval delta;
  Interval part;
  Interval result;
  if (!SubtractIntervals(high, low, &delta) || !MultiplyInterval(delta, share, &part) ||
      !AddIntervals(low, part, &result)) {
    return low;
  }
  return result;
}
// Integers (ticks, unscaled decimals) are truncated toward zero.
template <typename T>
T Interpolate(T low, double share, T high) {
  const int128_t delta = int128_t{high} - int128_t{low};
  constexpr int128_t kExact = int128_t{1} << 51;
  if (low > -kExact && low < kExact && high > -kExact && high < kExact) {
    return static_cast<T>(static_cast<double>(low) + static_cast<double>(delta) * share);
  }
  return static_cast<T>(low + static_cast<int128_t>(static_cast<double>(delta) * share));
}

// The value at the fraction of the way, between two neighbours where need be.
template <typename T, typename Out>
struct Continuous : Values<T> {
  using State = typename Values<T>::State;
  static bool Finalize(const AggregateCall& call, State& state, size_t, Out& out) {
    const uint64_t count = state.values.count();
    if (count == 0) return false;
    T* values = state.values.Gather(call);
    if (values == nullptr) return false;
    const double fraction = static_cast<const Fraction&>(*call.bound.state).value;
    Ranks<T> ranks(call, values, count, std::signbit(fraction));
    const double place = static_cast<double>(count - 1) * std::fabs(fraction);
    const double floor = std::floor(place);
    const auto rank = static_cast<uint64_t>(floor);
    const auto first = static_cast<Out>(ranks.At(rank));
    if (place == floor) {
      out = Canonical(first);
      return true;
    }
    const auto second = static_cast<Out>(ranks.Following(rank + 1));
    out = Canonical(Interpolate(first, place - floor, second));
    return true;
  }
};

template <typename T, typename Out>
void AddContinuous(AggregateVariants& variants, PhysicalType type, const std::string& name,
                   const std::string& description) {
  variants.Set(type, MakeUnaryAggregate<Continuous<T, Out>, T, Out>(name, description));
}

// Values that keep their type, interpolated between: decimals, ticks, floats, intervals.
AggregateVariants MakeKeeping(const std::string& name, const std::string& description) {
  AggregateVariants variants;
  AddContinuous<int16_t, int16_t>(variants, PhysicalType::kInt16, name, description);
  AddContinuous<int32_t, int32_t>(variants, PhysicalType::kInt32, name, description);
  AddContinuous<int64_t, int64_t>(variants, PhysicalType::kInt64, name, description);
  AddContinuous<int128_t, int128_t>(variants, PhysicalType::kInt128, name, description);
  AddContinuous<float, float>(variants, PhysicalType::kFloat, name, description);
  AddContinuous<double, double>(variants, PhysicalType::kDouble, name, description);
  AddContinuous<Interval, Interval>(variants, PhysicalType::kInterval, name, description);
  return variants;
}

// Integers, whose quantile is a double.
AggregateVariants MakeIntegers(const std::string& name, const std::string& description) {
  AggregateVariants variants;
  AddContinuous<int8_t, double>(variants, PhysicalType::kInt8, name, description);
  AddContinuous<int16_t, double>(variants, PhysicalType::kInt16, name, description);
  AddContinuous<int32_t, double>(variants, PhysicalType::kInt32, name, description);
  AddContinuous<int64_t, double>(variants, PhysicalType::kInt64, name, description);
  AddContinuous<uint8_t, double>(variants, PhysicalType::kUInt8, name, description);
  AddContinuous<uint16_t, double>(variants, PhysicalType::kUInt16, name, description);
  AddContinuous<uint32_t, double>(variants, PhysicalType::kUInt32, name, description);
  AddContinuous<uint64_t, double>(variants, PhysicalType::kUInt64, name, description);
  AddContinuous<int128_t, double>(variants, PhysicalType::kInt128, name, description);
  return variants;
}

AggregateVariants MakeDiscrete(const std::string& name, const std::string& description) {
  AggregateVariants variants;
  for (int i = 0; i <= static_cast<int>(PhysicalType::kInterval); ++i) {
    const auto type = static_cast<PhysicalType>(i);
    DispatchPhysical(type, [&]<typename T>() {
      variants.Set(type, MakeUnaryAggregate<Discrete<T>, T, T>(name, description));
    });
  }
  return variants;
}

struct Forms {
  AggregateVariants discrete;
  AggregateVariants keeping;
  AggregateVariants integers;
};

Status BindDiscrete(const Forms& forms, BoundAggregateFunction& bound) {
  bound.return_type = bound.argument_types[0];
  return BindVariant(forms.discrete, 0, bound);
}

Status BindContinuous(const Forms& forms, BoundAggregateFunction& bound) {
  LogicalType& type = bound.argument_types[0];
  if (type.id() == TypeId::kDate) type = LogicalType::Timestamp();
  if (type.IsNull()) type = TypeId::kDouble;
  bound.return_type = type.IsInteger() ? LogicalType(TypeId::kDouble) : type;
  return BindVariant(type.IsInteger() ? forms.integers : forms.keeping, 0, bound);
}

// Timestamps of other units become microseconds, as the reference dialect has it.
Status BindQuantileCont(const Forms& forms, BoundAggregateFunction& bound) {
  LogicalType& type = bound.argument_types[0];
  if (type.id() == TypeId::kTimestamp) {
    type = LogicalType::Timestamp(TimeUnit::kMicro, type.with_time_zone());
  }
  return BindContinuous(forms, bound);
}

// Median interpolates where the type has something in between.
Status BindMedian(const Forms& forms, BoundAggregateFunction& bound) {
  const LogicalType& type = bound.argument_types[0];
  const bool interpolates = type.IsNumeric() || type.IsTemporal() || type.IsNull();
  return interpolates ? BindContinuous(forms, bound) : BindDiscrete(forms, bound);
}

Result<std::shared_ptr<const FunctionState>> BindFraction(const ExpressionPtr& argument,
                                                          const std::string& name) {
  TRIVET_ASSIGN_OR_RETURN(const Value value, ConstantArgument(*argument, name, "quantile"));
  if (value.is_null()) {
    return Status::InvalidInput(
        StrCat("The \"quantile\" argument in function \"", name, "\" must not be NULL"));
  }
  auto fraction = std::make_shared<Fraction>();
  fraction->value = value.floating();
  if (!(fraction->value >= -1.0 && fraction->value <= 1.0)) {
    return Status::InvalidInput("QUANTILE can only take parameters in the range [-1, 1]");
  }
  return std::shared_ptr<const FunctionState>(std::move(fraction));
}

using BindForm = Status (*)(const Forms& forms, BoundAggregateFunction& bound);

void AddQuantile(FunctionRegistry& registry, const std::string& name,
                 std::vector<Parameter> parameters, const std::string& description,
                 BindForm bind_form) {
  AggregateFunction overload;
  overload.name = name;
  overload.description = description;
  overload.parameters = std::move(parameters);
  auto forms = std::make_shared<const Forms>(Forms{MakeDiscrete(name, description),
                                                   MakeKeeping(name, description),
                                                   MakeIntegers(name, description)});
  overload.bind = [forms, bind_form, name](std::span<const ExpressionPtr> arguments,
                                           BoundAggregateFunction& bound) -> Status {
    bound.state = std::make_shared<Fraction>();
    if (arguments.size() == 2) {
      const ExpressionPtr fraction = Expression::Cast(arguments[1], TypeId::kDouble);
      TRIVET_ASSIGN_OR_RETURN(bound.state, BindFraction(fraction, name));
    }
    return bind_form(*forms, bound);
  };
  registry.AddAggregate(std::move(overload));
}

}  // namespace

void RegisterQuantile(FunctionRegistry& registry) {
  AddQuantile(registry, "median", {Parameter::Kind::kAny}, "Middle value", BindMedian);
  AddQuantile(registry, "quantile_disc", {Parameter::Kind::kAny, TypeId::kDouble},
              "Value at a fraction of the sorted values", BindDiscrete);
  registry.AddAlias("quantile", "quantile_disc");
  const std::string description = "Value at a fraction of the sorted values, interpolated";
  const Parameter parameters[] = {Parameter::Kind::kAnyNumeric, Parameter::Kind::kAnyTimestamp,
                                  TypeId::kTime};
  for (const Parameter& parameter : parameters) {
    AddQuantile(registry, "quantile_cont", {parameter, TypeId::kDouble}, description,
                BindQuantileCont);
  }
}

}  // namespace trivet
