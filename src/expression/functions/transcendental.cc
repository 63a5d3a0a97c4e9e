// Powers, logarithms and trigonometry on DOUBLE, by the engine's own functions: the same bits on
// every processor.
#include <cmath>
#include <limits>

#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/math.h"

namespace trivet {

namespace {

constexpr double kPi = 3.14159265358979323846;

template <double (*function)(double)>
void OfOne(const KernelCall& call, Vector& result) {
  // Not over the rows under NULL: these functions cost more than a test of a bit.
  const Argument<double> in(call, 0);
  auto* out = result.mutable_data<double>();
  ForEachRow(call, result, [&](size_t row) { out[row] = function(in[row]); });
}

template <double (*function)(double, double)>
void OfTwo(const KernelCall& call, Vector& result) {
  const Argument<double> first(call, 0);
  const Argument<double> second(call, 1);
  auto* out = result.mutable_data<double>();
  ForEachRow(call, result, [&](size_t row) { out[row] = function(first[row], second[row]); });
}

double SquareRoot(double x) { return std::sqrt(x); }
double LogOfBase(double base, double x) { return math::Log(x) / math::Log(base); }
double Degrees(double x) { return x * (180 / kPi); }
double Radians(double x) { return x * (kPi / 180); }
// Γ has a pole at 0 whose sides differ: the sign of the zero tells which.
double Gamma(double x) {
  return x == 0 ? std::copysign(std::numeric_limits<double>::infinity(), x) : math::Gamma(x);
}

void Pi(const KernelCall&, Vector& result) { result = Vector::MakeConstant(Value::Double(kPi)); }

struct Entry {
  const char* name;
  ScalarKernel kernel;
  const char* description;
};

constexpr Entry kOfOne[] = {
    {"sqrt", OfOne<SquareRoot>, "Square root; NaN below zero"},
    {"cbrt", OfOne<math::Cbrt>, "Cube root"},
    {"exp", OfOne<math::Exp>, "e to the power of x"},
    {"ln", OfOne<math::Log>, "Natural logarithm"},
    {"log", OfOne<math::Log10>, "Decimal logarithm"},
    {"log10", OfOne<math::Log10>, "Decimal logarithm"},
    {"log2", OfOne<math::Log2>, "Binary logarithm"},
    {"sin", OfOne<math::Sin>, "Sine"},
    {"cos", OfOne<math::Cos>, "Cosine"},
    {"tan", OfOne<math::Tan>, "Tangent"},
    {"cot", OfOne<math::Cot>, "Cotangent"},
    {"asin", OfOne<math::Asin>, "Arc sine"},
    {"acos", OfOne<math::Acos>, "Arc cosine"},
    {"atan", OfOne<math::Atan>, "Arc tangent"},
    {"sinh", OfOne<math::Sinh>, "Hyperbolic sine"},
    {"cosh", OfOne<math::Cosh>, "Hyperbolic cosine"},
    {"tanh", OfOne<math::Tanh>, "Hyperbolic tangent"},
    {"asinh", OfOne<math::Asinh>, "Inverse hyperbolic sine"},
    {"acosh", OfOne<math::Acosh>, "Inverse hyperbolic cosine"},
    {"atanh", OfOne<math::Atanh>, "Inverse hyperbolic tangent"},
    {"degrees", OfOne<Degrees>, "Degrees of radians"},
    {"radians", OfOne<Radians>, "Radians of degrees"},
    {"gamma", OfOne<Gamma>, "The gamma function"},
    {"lgamma", OfOne<math::LogGamma>, "Logarithm of the gamma function's absolute value"},
};

constexpr Entry kOfTwo[] = {
    {"pow", OfTwo<math::Pow>, "x to the power of y"},
    {"log", OfTwo<LogOfBase>, "Logarithm of y to the base x"},
    {"atan2", OfTwo<math::Atan2>, "The angle of the point (y, x)"},
};

}  // namespace

void RegisterTranscendental(FunctionRegistry& registry) {
  const TypeId real = TypeId::kDouble;
  for (const Entry& entry : kOfOne) {
    registry.AddScalar(Signature(entry.name, {real}, real, entry.kernel, entry.description));
  }
  for (const Entry& entry : kOfTwo) {
    registry.AddScalar(Signature(entry.name, {real, real}, real, entry.kernel, entry.description));
  }
  for (const char* alias : {"power", "^", "**"}) registry.AddAlias(alias, "pow");
  registry.AddScalar(Signature("pi", {}, real, Pi, "The number pi"));
}

}  // namespace trivet
