#pragma once

namespace trivet::math {

// Elementary functions of doubles, one implementation for all processors: the host's library picks
// variants at run time, and their last bits differ. Errors stay below 0.55 units in the last place;
// special values are those of IEEE 754 and C, NaNs come out as the one positive quiet NaN. Square
// roots and the rounding functions may use the processor's, which are exact.

double Exp(double x);
double Expm1(double x);
double Log(double x);  // natural; -infinity at 0, NaN below
double Log2(double x);
double Log10(double x);
double Log1p(double x);
double Pow(double base, double exponent);
double Cbrt(double x);

double Sin(double x);
double Cos(double x);
double Tan(double x);
double Cot(double x);
double Asin(double x);
double Acos(double x);
double Atan(double x);
double Atan2(double y, double x);

double Sinh(double x);
double Cosh(double x);
double Tanh(double x);
double Asinh(double x);
double Acosh(double x);
double Atanh(double x);

// Γ and ln |Γ|. Gamma is exact where the result is a factorial that a double holds; NaN at 0 and
// the negative integers for Gamma, infinity for LogGamma. Errors stay below 1 unit.
double Gamma(double x);
double LogGamma(double x);

}  // namespace trivet::math
