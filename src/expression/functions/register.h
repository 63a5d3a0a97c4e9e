#pragma once

namespace trivet {

class FunctionRegistry;

// One function per family, each in the file of its name.
void RegisterArithmetic(FunctionRegistry& registry);
void RegisterTemporalArithmetic(FunctionRegistry& registry);
void RegisterDateParts(FunctionRegistry& registry);

// Everything built in.
void RegisterBuiltinFunctions(FunctionRegistry& registry);

}  // namespace trivet
