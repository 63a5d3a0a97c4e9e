#pragma once

#include <utility>
#include <vector>

#include "expression/function_registry.h"

namespace trivet {

// A function whose overload needs no bind function, as most registrations write it.
inline ScalarFunction Signature(const char* name, std::vector<Parameter> parameters,
                                LogicalType return_type, ScalarKernel kernel,
                                const char* description) {
  ScalarFunction function;
  function.name = name;
  function.parameters = std::move(parameters);
  function.return_type = std::move(return_type);
  function.kernel = kernel;
  function.description = description;
  return function;
}

inline ScalarFunction FailingSignature(const char* name, std::vector<Parameter> parameters,
                                       LogicalType return_type, ScalarKernel kernel,
                                       const char* description) {
  ScalarFunction function =
      Signature(name, std::move(parameters), std::move(return_type), kernel, description);
  function.can_fail = true;
  return function;
}

}  // namespace trivet
