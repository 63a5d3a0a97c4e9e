#pragma once

#include "extension/extensions.h"
#include "trivet/plugin.h"

namespace trivet {

// The functions and operators that a plugin describes, as the engine calls them. The descriptions
// are copied; `state` is released with the last use.
Result<CustomFunctionPtr> MakePluginFunction(const trivet_function& described);
Result<CustomOperatorPtr> MakePluginOperator(const trivet_operator& described);

}  // namespace trivet
