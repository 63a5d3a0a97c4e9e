// greatest and least over any number of arguments of any type.
#include "base/string_concat.h"
#include "expression/argument_types.h"
#include "expression/compare_loops.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

template <typename T, bool greatest>
void PickTyped(const KernelCall& call, Vector& result) {
  std::vector<VectorView> views;
  for (const Vector& argument : call.arguments) {
    views.push_back(argument.View());
    if constexpr (std::is_same_v<T, StringView>) result.ShareOwners(argument);
  }
  T* out = result.mutable_data<T>();
  for (size_t row = 0; row < call.count; ++row) {
    bool found = false;
    for (const VectorView& view : views) {
      if (!view.IsValid(row)) continue;
      const T& value = view.Get<T>(row);
      const bool better = !found || (greatest ? Ordering<T>::Less(out[row], value)
                                              : Ordering<T>::Less(value, out[row]));
      if (better) out[row] = value;
      found = true;
    }
    if (!found) result.SetNull(row);
  }
}

// NULLs are passed over; NULL where there is nothing else.
template <bool greatest>
void Pick(const KernelCall& call, Vector& result) {
  DispatchPhysical(call.result_type.physical(),
                   [&]<typename T>() { PickTyped<T, greatest>(call, result); });
}

Status BindPick(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const std::optional<LogicalType> common = CommonArgumentType(input.arguments);
  if (!common) {
    return Status::InvalidInput(StrCat("Cannot mix the types of the arguments of ",
                                       input.function.name, "; an explicit cast is required"));
  }
  if (common->IsNested()) {
    return Status::NotImplemented(
        StrCat(input.function.name, " of lists and structs is not supported yet"));
  }
  for (LogicalType& type : bound.argument_types) type = *common;
  bound.return_type = *common;
  return Status::OK();
}

void Add(FunctionRegistry& registry, const char* name, ScalarKernel kernel,
         const char* description) {
  ScalarFunction function =
      Signature(name, {Parameter::Kind::kAny}, LogicalType(), kernel, description);
  function.variadic = Parameter::Kind::kAny;
  function.nulls = NullBehaviour::kSpecial;
  function.bind = BindPick;
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterExtremes(FunctionRegistry& registry) {
  Add(registry, "greatest", Pick<true>, "The greatest argument that is not NULL");
  Add(registry, "least", Pick<false>, "The least argument that is not NULL");
}

}  // namespace trivet
