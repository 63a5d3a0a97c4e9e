#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "expression/evaluation_context.h"
#include "expression/lane_errors.h"
#include "types/type.h"
#include "vector/vector.h"

namespace trivet {

class Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

// What a function learned when it was bound (a compiled pattern, a scale). Immutable, shared by all
// threads.
class FunctionState {
 public:
  virtual ~FunctionState() = default;
};

// One call of a scalar kernel on rows [0, count). Arguments come in any encoding, read through
// View().
struct KernelCall {
  std::span<const Vector> arguments;
  size_t count;
  const LogicalType& result_type;
  const FunctionState* state;  // as made by the bind function; may be null
  const EvaluationContext& context;
  LaneErrors& errors;
};

// Fills `result`, which arrives flat, of result_type, all valid, with room for `count` rows. A
// kernel may replace it by a constant or dictionary vector. With NullBehaviour::kPropagate the
// evaluator has already handled constant NULL arguments; in other vectors the kernel must give NULL
// for rows with a NULL argument and must not read their values as meaningful (they are initialised
// memory, though).
using ScalarKernel = void (*)(const KernelCall& call, Vector& result);

enum class NullBehaviour : uint8_t {
  kPropagate,  // NULL in, NULL out
  kSpecial,    // the kernel decides
};

enum class Volatility : uint8_t {
  kImmutable,  // same arguments, same answer, always: may be folded
  kStable,     // the same within a query (now()): folded when the query starts
  kVolatile,   // differs from row to row (random()): never folded, moved or shared
};

// A parameter of a signature: a concrete type, or a family that the bind function narrows.
struct Parameter {
  enum class Kind : uint8_t { kExact, kAny, kAnyDecimal, kAnyInteger, kAnyNumeric, kAnyTimestamp };
  Parameter(TypeId id) : type(id) {}                        // NOLINT: signatures read as lists
  Parameter(LogicalType exact) : type(std::move(exact)) {}  // NOLINT
  Parameter(Kind family) : kind(family) {}                  // NOLINT
  Kind kind = Kind::kExact;
  LogicalType type;
};

struct ScalarFunction;

// What a bind function sees: the types of the actual arguments, and which of them are constants.
struct ScalarBindInput {
  const ScalarFunction& function;
  std::span<const ExpressionPtr> arguments;  // constants are folded already
  const EvaluationContext* context;          // null when only types are wanted
};

// What a bind function was given, so that another process can bind the same way, whatever has
// become of the call's arguments since. Immutable.
struct BindRecord {
  std::string signature;  // of the overload, as FunctionRegistry writes it
  // Constants as they were; of other arguments the type alone, as inputs.
  std::vector<ExpressionPtr> arguments;
};

// A signature resolved for actual arguments: the binder casts them to argument_types.
struct BoundScalarFunction {
  const ScalarFunction* function = nullptr;
  std::vector<LogicalType> argument_types;
  LogicalType return_type;
  ScalarKernel kernel = nullptr;
  std::shared_ptr<const FunctionState> state;
  bool can_fail = false;
  std::shared_ptr<const BindRecord> binding;  // null where no bind function was called
};

// One overload of a scalar function. Immutable once registered.
struct ScalarFunction {
  std::string name;  // lower case
  std::vector<Parameter> parameters;
  std::optional<Parameter> variadic;  // any number more of this type
  LogicalType return_type;            // where no bind function decides it
  ScalarKernel kernel = nullptr;
  NullBehaviour nulls = NullBehaviour::kPropagate;
  Volatility volatility = Volatility::kImmutable;
  bool can_fail = false;  // may record lane errors
  // Called after overload resolution; adjusts what is prefilled from the signature.
  std::function<Status(const ScalarBindInput& input, BoundScalarFunction& bound)> bind;
  std::string description;  // one line for duckdb_functions()-like listings and docs/sql.md
};

}  // namespace trivet
