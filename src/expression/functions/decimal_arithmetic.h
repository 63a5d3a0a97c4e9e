#pragma once

namespace trivet {

class FunctionRegistry;

// + - * % and the unary signs on decimals, exact. Division gives DOUBLE and belongs to the
// floating-point overloads.
void RegisterDecimalArithmetic(FunctionRegistry& registry);

}  // namespace trivet
