#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/large_memory.h"
#include "expression/function.h"
#include "vector/batch.h"

namespace trivet {

// Memory of aggregate states that do not fit their fixed size (strings, sets, exact sums' rare
// parts). Bump-allocated, reserved against the query's budget, freed as a whole; a combined-away
// arena is adopted by its survivor, so pointers stay valid. Not synchronised.
class AggregateArena {
 public:
  explicit AggregateArena(Reservation reservation) : reservation_(std::move(reservation)) {}
  // 16-byte aligned bytes, or null after an OutOfMemory, which status() then tells.
  void* Allocate(size_t bytes);
  void Adopt(AggregateArena&& other);
  const Status& status() const { return status_; }
  size_t bytes() const { return reservation_.bytes(); }

 private:
  Reservation reservation_;
  struct FreeBlock {
    size_t bytes = 0;
    void operator()(uint8_t* block) const noexcept { FreeLarge(block, bytes); }
  };
  std::vector<std::unique_ptr<uint8_t, FreeBlock>> blocks_;
  uint8_t* next_ = nullptr;
  size_t left_ = 0;
  Status status_;
  std::vector<Reservation> adopted_;
};

struct AggregateFunction;

struct BoundAggregateFunction {
  const AggregateFunction* function = nullptr;
  std::vector<LogicalType> argument_types;
  LogicalType return_type;
  std::shared_ptr<const FunctionState> state;
  std::shared_ptr<const BindRecord> binding;  // null where no bind function was called
};

// What every call on aggregate states knows.
struct AggregateCall {
  const BoundAggregateFunction& bound;
  AggregateArena& arena;
  const EvaluationContext& context;
  LaneErrors& errors;
  // Place in the input of the batch being added; row i follows row i-1. Used by aggregates that
  // depend on order (first, last, list, string_agg).
  BatchOrder order;
};

// One overload of an aggregate. States are fixed-size, trivially relocatable bytes; anything else
// lives in the arena. All functions must be independent of how rows were split and combined, except
// where `order_dependent` is set, when (order, row) decides. Immutable once registered.
struct AggregateFunction {
  std::string name;
  std::vector<Parameter> parameters;
  std::optional<Parameter> variadic;
  LogicalType return_type;
  size_t state_size = 0;  // aligned to 16 where a multiple of it, else to 8
  void (*initialize)(const BoundAggregateFunction& bound, uint8_t* state) = nullptr;
  // Adds row i of the arguments to states[i].
  void (*update)(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                 uint8_t* const* states) = nullptr;
  // Adds all rows to one state.
  void (*update_single)(const AggregateCall& call, std::span<const Vector> arguments, size_t count,
                        uint8_t* state) = nullptr;
  // Adds the rows selection[ends[r - 1]..ends[r]) (ends[-1] being 0) to states[r], for every r
  // below run_count: for few groups in a batch. May be null.
  void (*update_runs)(const AggregateCall& call, std::span<const Vector> arguments,
                      const uint32_t* selection, const uint32_t* ends, size_t run_count,
                      uint8_t* const* states) = nullptr;
  // Adds sources[i] into targets[i]; the arena of the sources is adopted by that of the targets.
  void (*combine)(const AggregateCall& call, uint8_t* const* sources, uint8_t* const* targets,
                  size_t count) = nullptr;
  // Writes the value of states[i] into row i of the flat `result`.
  void (*finalize)(const AggregateCall& call, uint8_t* const* states, size_t count,
                   Vector& result) = nullptr;
  // Both or neither: whether a state can be sent elsewhere and go on there.
  // Writes states[i] as bytes into row i of the flat `blobs` (BLOB): all that the state holds, with
  // no addresses, the same on every machine.
  void (*serialize)(const AggregateCall& call, uint8_t* const* states, size_t count,
                    Vector& blobs) = nullptr;
  // Adds the state written in row i of `blobs` into states[i], which keeps nothing of the blobs.
  // Bytes that `serialize` did not write are a Corruption of the row.
  void (*deserialize_combine)(const AggregateCall& call, const Vector& blobs, size_t count,
                              uint8_t* const* states) = nullptr;
  bool order_dependent = false;
  bool ignores_duplicates = false;  // DISTINCT changes nothing (min, max, bool_and)
  // Where the aggregate over no rows gives this instead of NULL (count: 0).
  bool empty_is_zero = false;
  std::function<Status(std::span<const ExpressionPtr> arguments, BoundAggregateFunction& bound)>
      bind;
  std::string description;
};

}  // namespace trivet
