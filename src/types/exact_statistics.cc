#include "types/exact_statistics.h"

#include <limits>

#include "base/assert.h"

namespace trivet {

namespace {

double Moment(const ExactSum& x, const ExactSum& y, const ExactProductSum& products, uint64_t count,
              uint64_t divisor) {
  TRIVET_ASSERT(count > 0 && divisor > 0);
  if (!x.IsFinite() || !y.IsFinite() || !products.IsFinite())
    return std::numeric_limits<double>::quiet_NaN();
  ScaledInteger moment = products.Exact();
  moment.MultiplyBy(count);
  return (moment - x.Exact() * y.Exact()).RoundedQuotient(count, divisor);
}

}  // namespace

double PopulationVariance(const ExactSum& sum, const ExactProductSum& squares, uint64_t count) {
  return Moment(sum, sum, squares, count, count);
}
double SampleVariance(const ExactSum& sum, const ExactProductSum& squares, uint64_t count) {
  return Moment(sum, sum, squares, count, count - 1);
}
double PopulationCovariance(const ExactSum& x, const ExactSum& y, const ExactProductSum& products,
                            uint64_t count) {
  return Moment(x, y, products, count, count);
}
double SampleCovariance(const ExactSum& x, const ExactSum& y, const ExactProductSum& products,
                        uint64_t count) {
  return Moment(x, y, products, count, count - 1);
}

}  // namespace trivet
