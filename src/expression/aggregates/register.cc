#include "expression/aggregates/register.h"

namespace trivet {

void RegisterAggregates(FunctionRegistry& registry) {
  RegisterCount(registry);
  RegisterSum(registry);
  RegisterTemporalAverage(registry);
  RegisterFloatSum(registry);
  RegisterMoments(registry);
  RegisterRegression(registry);
  RegisterExtremum(registry);
  RegisterArgExtremum(registry);
  RegisterBitwise(registry);
  RegisterFirstLast(registry);
  RegisterStringAggregate(registry);
  RegisterQuantile(registry);
  RegisterMode(registry);
  RegisterProduct(registry);
  RegisterApproximateDistinct(registry);
}

}  // namespace trivet
