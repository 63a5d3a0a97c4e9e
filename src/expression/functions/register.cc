#include "expression/functions/register.h"

#include "expression/function_registry.h"

namespace trivet {

void RegisterBuiltinFunctions(FunctionRegistry& registry) {
  RegisterArithmetic(registry);
  RegisterTemporalArithmetic(registry);
  RegisterDateParts(registry);
}

}  // namespace trivet
