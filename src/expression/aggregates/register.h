#pragma once

namespace trivet {

class FunctionRegistry;

// One function per family of aggregates, each in the file of its name.
void RegisterCount(FunctionRegistry& registry);
void RegisterSum(FunctionRegistry& registry);
void RegisterTemporalAverage(FunctionRegistry& registry);
void RegisterFloatSum(FunctionRegistry& registry);
void RegisterMoments(FunctionRegistry& registry);
void RegisterRegression(FunctionRegistry& registry);
void RegisterExtremum(FunctionRegistry& registry);
void RegisterArgExtremum(FunctionRegistry& registry);
void RegisterBitwise(FunctionRegistry& registry);
void RegisterFirstLast(FunctionRegistry& registry);
void RegisterStringAggregate(FunctionRegistry& registry);
void RegisterQuantile(FunctionRegistry& registry);
void RegisterMode(FunctionRegistry& registry);
void RegisterProduct(FunctionRegistry& registry);
void RegisterApproximateDistinct(FunctionRegistry& registry);

// All of them.
void RegisterAggregates(FunctionRegistry& registry);

}  // namespace trivet
