#include "expression/custom_function.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

class CustomFunctionState final : public FunctionState {
 public:
  CustomFunctionState(CustomFunctionPtr function, std::shared_ptr<const ScalarFunction> registered)
      : function_(std::move(function)), registered_(std::move(registered)) {}
  const CustomFunction& function() const { return *function_; }

 private:
  CustomFunctionPtr function_;
  // Bound calls name the registered function by a plain pointer.
  std::shared_ptr<const ScalarFunction> registered_;
};

class DeclaredFunction final : public CustomFunction {
 public:
  using CustomFunction::CustomFunction;
  Status Evaluate(std::span<const Vector>, size_t, const EvaluationContext&, Vector&,
                  LaneErrors&) const override {
    return Status::NotFound(
               StrCat("the code of function '", declaration().capability(), "' is not here"))
        .WithHint("it runs on the workers that have it, in queries over tables");
  }
};

// What concerns the query ends the call; anything else is the rows' error, which counts only where
// one of them is live.
bool ConcernsQuery(const Status& status) {
  return status.code() == StatusCode::kCancelled || status.code() == StatusCode::kTimeout ||
         status.code() == StatusCode::kOutOfMemory;
}

void FailAll(const KernelCall& call, const Status& status, Vector& result) {
  for (size_t row = 0; row < call.count; ++row) {
    call.errors.Add(row, status);
    result.SetNull(row);
  }
}

// The rows whose arguments are all valid.
size_t SelectValid(const KernelCall& call, uint32_t* rows) {
  size_t valid = 0;
  for (size_t row = 0; row < call.count; ++row) {
    const bool keep = std::ranges::all_of(
        call.arguments, [&](const Vector& argument) { return argument.IsValid(row); });
    rows[valid] = static_cast<uint32_t>(row);
    valid += keep;
  }
  return valid;
}

// Long texts that other code has made count against the query's budget from here on.
Status CountTexts(const KernelCall& call, const CustomFunction& function, const Vector& values,
                  size_t count, Vector& result) {
  constexpr size_t kFreeBytes = size_t{64} << 10;
  const size_t bytes = values.StringBytes(count);
  if (bytes <= kFreeBytes) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(
      Reservation reservation,
      call.context.memory().TryReserve(bytes, StrCat("function ", function.declaration().name)));
  result.AddOwner(std::make_shared<const Reservation>(std::move(reservation)));
  return Status::OK();
}

Status EvaluateSome(const KernelCall& call, const CustomFunction& function, const Indices& rows,
                    size_t count, Vector& result) {
  std::vector<Vector> arguments;
  for (const Vector& argument : call.arguments) {
    arguments.push_back(argument);
    arguments.back().Slice(rows, count);
    arguments.back().Flatten(count);
  }
  Vector values = Vector::MakeFlat(call.result_type, std::max<size_t>(count, 1));
  values.ReserveStrings(call.context.memory(), call.context.cancellation());
  LaneErrors errors;
  TRIVET_RETURN_IF_ERROR(function.Evaluate(arguments, count, call.context, values, errors));
  TRIVET_RETURN_IF_ERROR(values.string_status());
  TRIVET_RETURN_IF_ERROR(CountTexts(call, function, values, count, result));
  for (const LaneErrors::Entry& error : errors.entries()) {
    call.errors.Add(rows[error.row], error.status);
    values.SetNull(error.row);
  }
  ScatterRows(values, count, rows.get(), result);
  return Status::OK();
}

void EvaluateCustom(const KernelCall& call, Vector& result) {
  const CustomFunction& function = static_cast<const CustomFunctionState*>(call.state)->function();
  const bool propagate = function.declaration().nulls == NullBehaviour::kPropagate;
  const auto rows = MakeIndices(std::max<size_t>(call.count, 1));
  size_t count = call.count;
  if (propagate) {
    count = SelectValid(call, rows.get());
  } else {
    for (size_t row = 0; row < count; ++row) rows[row] = static_cast<uint32_t>(row);
  }
  if (count < call.count) {
    uint64_t* validity = result.MutableValidity();
    std::fill_n(validity, BitWords(call.count), uint64_t{0});
    for (size_t i = 0; i < count; ++i) validity[rows[i] >> 6] |= uint64_t{1} << (rows[i] & 63);
  }
  if (count == 0) return;
  Status status = call.context.cancellation().Check();
  if (status.ok()) status = EvaluateSome(call, function, rows, count, result);
  if (status.ok()) return;
  if (ConcernsQuery(status)) return call.errors.Abandon(std::move(status));
  FailAll(call, status, result);
}

}  // namespace

std::string CapabilityName(const std::string& name, uint32_t version) {
  return StrCat(name, "@", version);
}

CustomFunctionPtr DeclareFunction(CustomFunctionDeclaration declaration) {
  return std::make_shared<DeclaredFunction>(std::move(declaration));
}

std::shared_ptr<const ScalarFunction> MakeScalarFunction(CustomFunctionPtr function) {
  const CustomFunctionDeclaration& declaration = function->declaration();
  auto scalar = std::make_shared<ScalarFunction>();
  scalar->name = declaration.name;
  for (const LogicalType& type : declaration.parameters) scalar->parameters.emplace_back(type);
  scalar->return_type = declaration.return_type;
  scalar->kernel = EvaluateCustom;
  scalar->nulls = declaration.nulls;
  scalar->volatility = declaration.deterministic ? Volatility::kImmutable : Volatility::kVolatile;
  scalar->can_fail = true;
  scalar->description = StrCat("custom function ", declaration.capability());
  scalar->bind = [function, self = std::weak_ptr<const ScalarFunction>(scalar)](
                     const ScalarBindInput&, BoundScalarFunction& bound) {
    // The version is part of what another process must know the function by.
    auto record = std::make_shared<BindRecord>(*bound.binding);
    record->signature += StrCat("@", function->declaration().version);
    bound.binding = std::move(record);
    bound.state = std::make_shared<CustomFunctionState>(function, self.lock());
    return Status::OK();
  };
  return scalar;
}

const CustomFunction* CustomFunctionOf(const BoundScalarFunction& bound) {
  if (bound.kernel != EvaluateCustom) return nullptr;
  return &static_cast<const CustomFunctionState*>(bound.state.get())->function();
}

}  // namespace trivet
