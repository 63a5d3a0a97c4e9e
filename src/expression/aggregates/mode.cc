// mode and entropy: by how often each value occurs.
#include <functional>
#include <span>

#include "base/interruptible_sort.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/value_counts.h"
#include "expression/aggregates/variants.h"
#include "types/math.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {

template <typename T>
struct Counts {
  struct State {
    ValueCounts<T> counts;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }
  static constexpr bool kIsRefusable = true;
  static bool Add(const AggregateCall& call, State& state, const T& value, size_t row) {
    return state.counts.Add(call, value, 1, RowPosition::Of(call.order, row), false);
  }
  static void Combine(const AggregateCall& call, const State& source, State& target) {
    target.counts.Append(call, source.counts);
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    state.counts.Write(out);
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    return target.counts.Absorb(call, call.bound.argument_types[0], in);
  }
};

// Among equally frequent values the one that came first.
template <typename T>
struct Mode : Counts<T> {
  using State = typename Counts<T>::State;
  static bool Finalize(const AggregateCall& call, State& state, size_t, T& out) {
    const typename ValueCounts<T>::Entry* best = nullptr;
    state.counts.ForEachUntilCancelled(call, [&](const auto& entry) {
      if (best == nullptr || entry.count > best->count ||
          (entry.count == best->count && entry.first < best->first)) {
        best = &entry;
      }
    });
    if (best == nullptr) return false;
    out = Canonical(best->value);
    return true;
  }
};

// In bits; of no values, zero. Terms are added by rising frequency, so that the sum's bits do not
// depend on where the values lie in the table.
template <typename T>
struct Entropy : Counts<T> {
  using State = typename Counts<T>::State;
  static bool Finalize(const AggregateCall& call, State& state, size_t row, double& out) {
    const uint64_t size = state.counts.size();
    out = 0.0;
    if (size == 0) return true;
    auto* memory = static_cast<uint64_t*>(call.arena.Allocate(2 * size * sizeof(uint64_t)));
    if (memory == nullptr) return false;
    uint64_t found = 0;
    uint64_t total = 0;
    state.counts.ForEachUntilCancelled(call, [&](const auto& entry) {
      memory[found++] = entry.count;
      total += entry.count;
    });
    const std::span<uint64_t> counts(memory, found);
    const Status sorted = SortInterruptibly<uint64_t>(counts, {memory + size, found}, std::less<>(),
                                                      call.context.cancellation());
    if (!sorted.ok()) {
      call.errors.Add(row, sorted);
      return false;
    }
    for (const uint64_t count : counts) {
      const double share = static_cast<double>(count) / static_cast<double>(total);
      out += share * math::Log2(static_cast<double>(total) / static_cast<double>(count));
    }
    return true;
  }
};

template <template <typename> typename Op, typename Out>
std::shared_ptr<const AggregateVariants> MakeVariants(const std::string& name,
                                                      const std::string& description,
                                                      bool order_dependent) {
  auto variants = std::make_shared<AggregateVariants>();
  for (int i = 0; i <= static_cast<int>(PhysicalType::kInterval); ++i) {
    const auto type = static_cast<PhysicalType>(i);
    DispatchPhysical(type, [&]<typename T>() {
      using Result = std::conditional_t<std::is_void_v<Out>, T, Out>;
      auto form = MakeUnaryAggregate<Op<T>, T, Result>(name, description);
      form.order_dependent = order_dependent;
      // Rows that are refused must be behind all that were not.
      if (order_dependent) form.update_runs = nullptr;
      variants->Set(type, std::move(form));
    });
  }
  return variants;
}

}  // namespace

void RegisterMode(FunctionRegistry& registry) {
  AggregateFunction mode;
  mode.name = "mode";
  mode.description = "Most frequent value; the first such one";
  mode.parameters = {Parameter::Kind::kAny};
  mode.order_dependent = true;
  mode.bind = [variants = MakeVariants<Mode, void>(mode.name, mode.description, true)](
                  std::span<const ExpressionPtr>, BoundAggregateFunction& bound) {
    bound.return_type = bound.argument_types[0];
    return BindVariant(*variants, 0, bound);
  };
  registry.AddAggregate(std::move(mode));

  AggregateFunction entropy;
  entropy.name = "entropy";
  entropy.description = "Entropy of the values in bits";
  entropy.parameters = {Parameter::Kind::kAny};
  entropy.return_type = TypeId::kDouble;
  entropy.empty_is_zero = true;
  entropy.bind = [variants =
                      MakeVariants<Entropy, double>(entropy.name, entropy.description, false)](
                     std::span<const ExpressionPtr>, BoundAggregateFunction& bound) {
    return BindVariant(*variants, 0, bound);
  };
  registry.AddAggregate(std::move(entropy));
}

}  // namespace trivet
